/**
 * As a route server (RFC 7947) beside BIRD 2: what one client tells reaches the other without our AS.
 *
 *   BIRD AS4242426001 ══ router AS4242426000 ══ FRR AS4242426002
 */
import { existsSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { type Bird, type Frr, makeWireguardKeys, startBird, startFrr } from '../lab/daemons.ts';
import { startLab } from '../lab/network.ts';
import { eventually } from '../lab/process.ts';
import { type OurRouter, startOurRouter } from '../lab/router.ts';
import { NODE } from './pair.ts';
import { birdConfig, frrConfig } from './peer-texts.ts';
import { startTunnels } from './tunnels.ts';

const OF_BIRD = '172.21.129.0/27';
const OF_FRR = '172.21.130.0/27';
/** Both announce it. */
const OF_BOTH = '172.22.129.53/32';
const hasFrr = existsSync('/usr/lib/frr/bgpd');

let stop: (() => Promise<void>) | undefined;
afterEach(async () => {
  await stop?.();
  stop = undefined;
});

async function startPlace(): Promise<{ router: OurRouter; bird: Bird; frr: Frr }> {
  const lab = await startLab(['router', 'bird', 'frr']);
  const suffix = `${process.pid % 100_000}`;
  const ends = [
    { name: 'bird', device: `wgsb${suffix}`, asn: 4242426001, linkLocal: 'fe80::6001' },
    { name: 'frr', device: `wgsf${suffix}`, asn: 4242426002, linkLocal: 'fe80::6002' },
  ] as const;
  const keys = [await makeWireguardKeys(), await makeWireguardKeys()] as const;
  const router = await startOurRouter(lab, lab.host('router'), {
    node: NODE,
    peerings: ends.map(({ name, asn, linkLocal }, i) => ({
      name,
      asn,
      linkLocal,
      publicKey: keys[i]?.publicKey,
      endpoint: `${lab.host(name).ipv4}:26001`,
      policy: 'accept-all',
      routeServerClient: true,
      ...(name === 'bird' ? { role: 'rs-server', strictRole: true } : {}),
    })),
  });
  const tunnels = await startTunnels(
    lab,
    router,
    ends.map(({ name, device, linkLocal }, i) => ({
      host: lab.host(name),
      device,
      privateKey: keys[i]?.privateKey ?? '',
      addresses: [`${linkLocal}/64`],
    })),
  );
  const bird = await startBird(
    lab,
    lab.host('bird'),
    birdConfig({
      asn: ends[0].asn,
      routerId: '172.21.129.1',
      ipv4: [OF_BIRD, OF_BOTH],
      ipv6: ['fdb1:6000:101::/48'],
      sessions: `protocol bgp server from peers { neighbor fe80::6000%'${ends[0].device}' as ${NODE.asn}; local role rs_client; enforce first as off; }`,
    }),
  );
  const frr = await startFrr(
    lab,
    lab.host('frr'),
    frrConfig({
      asn: ends[1].asn,
      routerId: '172.21.130.1',
      device: ends[1].device,
      neighbor: 'fe80::6000',
      neighborAsn: NODE.asn,
      ipv4: [OF_FRR, OF_BOTH],
      ipv6: ['fdb1:6000:102::/48'],
      lines: ['no neighbor fe80::6000 enforce-first-as'],
    }),
  );
  stop = async () => {
    await bird.stop();
    await frr.stop();
    await router.daemon.stop();
    for (const tunnel of tunnels) await tunnel.stop();
    await lab.stop();
  };
  return { router, bird, frr };
}

test.skipIf(!hasFrr)('clients hear each other without our AS in between', async () => {
  const { bird, frr } = await startPlace();
  expect(await bird.hasRoute(OF_FRR, 40_000)).toMatch(/as_path: 4242426002\s/);
  await bird.hasRoute('fdb1:6000:102::/48');
  const text = await frr.hasRoute('ipv4', OF_BIRD, 40_000);
  expect(text).toMatch(/^ {2}4242426001$/m);
  expect(text).not.toContain('4242426000');
});

test.skipIf(!hasFrr)(
  'each of two clients with one prefix is told the path of the other',
  async () => {
    const { router, bird, frr } = await startPlace();
    // Its own best path does not hide from it what the other says (RFC 7947 §2.3).
    expect(await bird.hasRouteOf('server', OF_BOTH)).toMatch(/as_path: 4242426002\s/);
    await eventually(
      'FRR has the path of BIRD',
      () => frr.ask(`show bgp ipv4 unicast ${OF_BOTH}`),
      (text) => /^ {2}4242426001$/m.test(text),
    );
    const why = await router.cli('lg', 'why', OF_BOTH);
    expect(why).toMatch(
      /told +\S+ +\S+: announced, the best of those it may have; not the best of all, from \S+: the path comes from this neighbor/,
    );
    // What BIRD says no more FRR has no more; BIRD keeps what FRR says.
    await bird.ask('disable', 'own4');
    await eventually(
      'FRR has its own path alone',
      () => frr.ask(`show bgp ipv4 unicast ${OF_BOTH}`),
      (text) => !text.includes('4242426001') && text.includes('best'),
    );
    expect(await bird.hasRouteOf('server', OF_BOTH)).toMatch(/as_path: 4242426002\s/);
  },
);
