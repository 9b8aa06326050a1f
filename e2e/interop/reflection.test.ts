/**
 * Several routers of one AS: route reflection (RFC 4456) with BIRD 2 and FRR, either way round.
 *
 *   BIRD 172.21.129.0/27 ══ router ══ FRR 172.21.130.0/27      tunnels
 *     └─────────────── underlay ───────────┘                   where one of them is the reflector
 *
 * All sessions are internal; those to us go over link-local addresses with extended next hops.
 */
import { existsSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import type { Snapshot } from '../../router-core/index.ts';
import { type Bird, type Frr, makeWireguardKeys, startBird, startFrr } from '../lab/daemons.ts';
import { type Lab, startLab } from '../lab/network.ts';
import { eventually } from '../lab/process.ts';
import { type OurRouter, startOurRouter } from '../lab/router.ts';
import { NODE } from './pair.ts';
import { birdConfig } from './peer-texts.ts';
import { startTunnels } from './tunnels.ts';

const ASN = NODE.asn;
const OURS = '172.21.128.0/27';
const OF_BIRD = '172.21.129.0/27';
const OF_FRR = '172.21.130.0/27';
const hasFrr = existsSync('/usr/lib/frr/bgpd');

type Place = {
  readonly router: OurRouter;
  readonly bird: Bird;
  readonly frr: Frr;
  stop(): Promise<void>;
};
type Wish = {
  /** Which of them are our clients. */
  readonly clients: readonly ('bird' | 'frr')[];
  /** Who has a session with us. */
  readonly sessions: readonly ('bird' | 'frr')[];
  /** Who reflects between us and the other, over the underlay. */
  readonly reflector?: 'bird' | 'frr';
};

let place: Place | undefined;
let places = 0;
afterEach(async () => {
  await place?.stop();
  place = undefined;
});

async function startPlace(wish: Wish): Promise<Place> {
  const lab = await startLab(['router', 'bird', 'frr']);
  const suffix = `${process.pid % 100_000}${places++}`;
  const ends = {
    bird: { device: `wgrb${suffix}`, keys: await makeWireguardKeys(), linkLocal: 'fe80::6001' },
    frr: { device: `wgrf${suffix}`, keys: await makeWireguardKeys(), linkLocal: 'fe80::6002' },
  };
  const router = await startOurRouter(lab, lab.host('router'), {
    node: { ...NODE, bgp: { clusterId: '10.99.187.187' } },
    peerings: wish.sessions.map((name) => ({
      name,
      asn: ASN,
      publicKey: ends[name].keys.publicKey,
      linkLocal: ends[name].linkLocal,
      endpoint: `${lab.host(name).ipv4}:26001`,
      routeReflectorClient: wish.clients.includes(name),
    })),
  });
  const tunnels = await startTunnels(
    lab,
    router,
    wish.sessions.map((name) => ({
      host: lab.host(name),
      device: ends[name].device,
      privateKey: ends[name].keys.privateKey,
      addresses: [`${ends[name].linkLocal}/64`],
    })),
  );
  const bird = await startBird(lab, lab.host('bird'), configOfBird(lab, wish, ends.bird.device));
  const frr = await startFrr(lab, lab.host('frr'), configOfFrr(lab, wish, ends.frr.device));
  return {
    router,
    bird,
    frr,
    async stop() {
      await bird.stop();
      await frr.stop();
      await router.daemon.stop();
      for (const tunnel of tunnels) await tunnel.stop();
      await lab.stop();
    },
  };
}

const configOfBird = (lab: Lab, { sessions, reflector }: Wish, device: string): string =>
  birdConfig({
    asn: ASN,
    routerId: '172.21.129.1',
    ipv4: [OF_BIRD],
    ipv6: ['fdb1:6000:101::/48'],
    sessions: [
      sessions.includes('bird')
        ? `protocol bgp tokyo from peers { neighbor fe80::6000%'${device}' as ${ASN}; direct; ${reflector === 'bird' ? 'rr client;' : ''} }`
        : '',
      reflector === undefined
        ? ''
        : `protocol bgp frr { local ${lab.host('bird').ipv4} as ${ASN}; neighbor ${lab.host('frr').ipv4} as ${ASN}; ipv4 { import all; export all; }; }`,
    ].join('\n'),
  });

function configOfFrr(lab: Lab, { sessions, reflector }: Wish, device: string): string {
  const us = sessions.includes('frr');
  const bird = lab.host('bird').ipv4;
  const client = reflector === 'frr' ? '  neighbor fe80::6000 route-reflector-client\n' : '';
  return `router bgp ${ASN}
 bgp router-id 172.21.130.1
 no bgp default ipv4-unicast
 no bgp network import-check
${us ? ` neighbor fe80::6000 remote-as ${ASN}\n neighbor fe80::6000 interface ${device}\n neighbor fe80::6000 capability extended-nexthop\n` : ''}${reflector === undefined ? '' : ` neighbor ${bird} remote-as ${ASN}\n`} address-family ipv4 unicast
  network ${OF_FRR}
${us ? `  neighbor fe80::6000 activate\n${client}` : ''}${reflector === undefined ? '' : `  neighbor ${bird} activate\n`} exit-address-family
 address-family ipv6 unicast
  network fdb1:6000:102::/48
${us ? `  neighbor fe80::6000 activate\n${client}` : ''} exit-address-family
exit
`;
}

const accepted = ({ peerings }: Snapshot, name: string): number =>
  peerings.find((peering) => peering.name === name)?.sessions[0]?.accepted ?? 0;

test.skipIf(!hasFrr)('we reflect between BIRD and FRR, both our clients', async () => {
  place = await startPlace({ clients: ['bird', 'frr'], sessions: ['bird', 'frr'] });
  const { router, bird, frr } = place;
  await router.reaches(
    'routes of both',
    (s) => accepted(s, 'bird') === 2 && accepted(s, 'frr') === 2,
  );
  for (const [prefix, originator] of [
    [OF_FRR, '172.21.130.1'],
    ['fdb1:6000:102::/48', '172.21.130.1'],
  ] as const) {
    const text = await bird.hasRoute(prefix);
    expect(text).toContain(`originator_id: ${originator}`);
    expect(text).toContain('cluster_list: 10.99.187.187');
    expect(text).toContain('local_pref: 100');
  }
  const text = await frr.hasRoute('ipv4', OF_BIRD);
  expect(text).toMatch(/Originator: 172\.21\.129\.1, Cluster list: 10\.99\.187\.187/);
  expect(text).toContain('internal');
  await frr.hasRoute('ipv6', 'fdb1:6000:101::/48');
  expect(await bird.hasRoute(OURS)).not.toContain('originator');
  await bird.stop();
  await frr.hasNoRoute('ipv4', OF_BIRD);
});

test.skipIf(!hasFrr)('without clients nothing is reflected, and `why` says so', async () => {
  place = await startPlace({ clients: [], sessions: ['bird', 'frr'] });
  const { router, bird, frr } = place;
  await router.reaches(
    'routes of both',
    (s) => accepted(s, 'bird') === 2 && accepted(s, 'frr') === 2,
  );
  await bird.hasRoute(OURS);
  await frr.hasRoute('ipv4', OURS);
  await bird.hasNoRoute(OF_FRR, 2000);
  expect(await router.cli('lg', 'why', OF_FRR)).toContain('neither side is a client of ours');
});

test.skipIf(!hasFrr)('BIRD reflects to us what FRR tells it, and ours to FRR', async () => {
  place = await startPlace({ clients: [], sessions: ['bird'], reflector: 'bird' });
  const { router, frr } = place;
  await router.reaches('routes of both', (s) => accepted(s, 'bird') === 3, 40_000);
  const route = await router.cli('lg', 'route', OF_FRR, '--json');
  expect(route).toMatch(/"originatorId": ?"172\.21\.130\.1"/);
  expect(route).toMatch(/"clusterList": ?\[\s*"172\.21\.129\.1"/);
  expect(await frr.hasRoute('ipv4', OURS)).toMatch(/Originator: 172\.21\.128\.1/);
});

test.skipIf(!hasFrr)('FRR reflects to us what BIRD tells it', async () => {
  place = await startPlace({ clients: [], sessions: ['frr'], reflector: 'frr' });
  const { router, bird } = place;
  await router.reaches('routes of both', (s) => accepted(s, 'frr') === 3, 40_000);
  expect(await router.cli('lg', 'route', OF_BIRD, '--json')).toMatch(
    /"originatorId": ?"172\.21\.129\.1"/,
  );
  // FRR tells it when it pleases, and its next hop leads nowhere here.
  await eventually(
    'BIRD has our route by FRR',
    () => bird.ask('show', 'route', OURS, 'all'),
    (text) => text.includes('originator_id: 172.21.128.1'),
  );
});
