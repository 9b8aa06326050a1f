/**
 * One prefix through two tunnels at once: two BIRDs announce it, a third network sends to it.
 *
 *                                      ╔══ north, BIRD AS4242426001 ─┐
 *   client, BIRD AS4242426003 ══ router                              ├─ 172.22.129.0/27, fdb1:6000:200::/48
 *                                      ╚══ south, BIRD AS4242426002 ─┘
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bird, makeWireguardKeys, startBird } from '../lab/daemons.ts';
import { type Host, type Lab, startLab } from '../lab/network.ts';
import { type Daemon, eventually, run } from '../lab/process.ts';
import { type OurRouter, startOurRouter } from '../lab/router.ts';
import { NODE } from './pair.ts';
import { birdConfig } from './peer-texts.ts';
import { startTunnels } from './tunnels.ts';

const SHARED = '172.22.129.0/27';
const SHARED_V6 = 'fdb1:6000:200::/48';
const CLIENT = '172.21.131.1';
const CLIENT_V6 = 'fdb1:6000:103::1';
/** As many destinations: all by one way would be a chance of one in a billion. */
const HOSTS = 30;
const SUFFIX = `${process.pid % 100_000}`;

const ENDS = [
  { name: 'north', asn: 4242426001, linkLocal: 'fe80::6001', ipv4: SHARED, ipv6: SHARED_V6 },
  { name: 'south', asn: 4242426002, linkLocal: 'fe80::6002', ipv4: SHARED, ipv6: SHARED_V6 },
  {
    name: 'client',
    asn: 4242426003,
    linkLocal: 'fe80::6003',
    ipv4: '172.21.131.0/27',
    ipv6: 'fdb1:6000:103::/48',
  },
] as const;
const deviceOf = (name: string): string => `wgm${name[0]}${SUFFIX}`;

let lab: Lab;
let router: OurRouter;
const birds = new Map<string, Bird>();
let tunnels: Daemon[] = [];

beforeAll(async () => {
  lab = await startLab(['router', ...ENDS.map(({ name }) => name)]);
  const keys = await Promise.all(ENDS.map(() => makeWireguardKeys()));
  router = await startOurRouter(lab, lab.host('router'), {
    node: NODE,
    bgp: { decision: { maxPaths: 2, multipathRelax: true } },
    peerings: ENDS.map(({ name, asn, linkLocal }, i) => ({
      name,
      asn,
      linkLocal,
      publicKey: keys[i]?.publicKey,
      endpoint: `${lab.host(name).ipv4}:26001`,
      policy: 'accept-all',
    })),
  });
  const ends = ENDS.map(({ name, linkLocal }, i) => ({
    host: lab.host(name),
    device: deviceOf(name),
    privateKey: keys[i]?.privateKey ?? '',
    addresses: [`${linkLocal}/64`],
  }));
  tunnels = await startTunnels(lab, router, ends);
  for (const [i, { name, asn, ipv4, ipv6 }] of ENDS.entries()) {
    const host = lab.host(name);
    if (name === 'client') {
      await host.must('ip', 'addr', 'add', `${CLIENT}/32`, 'dev', 'lo');
      await host.must('ip', 'addr', 'add', `${CLIENT_V6}/128`, 'dev', 'lo');
    } else {
      await host.must('ip', 'route', 'add', 'local', SHARED, 'dev', 'lo');
      await host.must('ip', '-6', 'route', 'add', 'local', SHARED_V6, 'dev', 'lo');
    }
    const sessions = `protocol bgp tokyo from peers { neighbor fe80::6000%'${deviceOf(name)}' as ${NODE.asn}; }`;
    const routerId = `172.21.13${i}.1`;
    const text = birdConfig({ asn, routerId, ipv4: [ipv4], ipv6: [ipv6], sessions });
    birds.set(name, await startBird(lab, host, text));
  }
}, 60_000);

afterAll(async () => {
  for (const bird of birds.values()) await bird.stop();
  await router.daemon.stop();
  for (const tunnel of tunnels) await tunnel.stop();
  await lab.stop();
});

const birdOf = (name: string): Bird => birds.get(name) as Bird;

async function receivedBy(host: Host): Promise<number> {
  const text = await host.must('ip', '-j', '-s', 'link', 'show', 'dev', deviceOf(host.name));
  return (JSON.parse(text) as { stats64: { rx: { packets: number } } }[])[0]?.stats64.rx
    .packets as number;
}

/** Sends `count` echo requests to each address, from the client; returns how many were answered, and by which end how many were heard. */
async function ping(
  targets: readonly string[],
  count = 1,
): Promise<{ answered: number; north: number; south: number }> {
  const [north, south] = [lab.host('north'), lab.host('south')];
  const before = [await receivedBy(north), await receivedBy(south)] as const;
  const answers = await Promise.all(
    targets.map((target) =>
      run(
        ...lab
          .host('client')
          .inside(
            'ping',
            ...['-c', `${count}`, '-i', '0.2', '-W', '2'],
            ...['-I', target.includes(':') ? CLIENT_V6 : CLIENT, target],
          ),
      ),
    ),
  );
  const answered = answers.reduce(
    (sum, { stdout }) => sum + Number(/(\d+) received/.exec(stdout)?.[1] ?? 0),
    0,
  );
  return {
    answered,
    north: (await receivedBy(north)) - before[0],
    south: (await receivedBy(south)) - before[1],
  };
}

const hosts = (of: (n: number) => string): string[] =>
  Array.from({ length: HOSTS }, (_, i) => of(i + 1));

test('packets to a prefix that two neighbors announce leave by both tunnels', async () => {
  await birdOf('client').hasRoute(SHARED, 40_000);
  await birdOf('client').hasRoute(SHARED_V6);
  for (const name of ['north', 'south']) {
    await birdOf(name).hasRoute('172.21.131.0/27');
    await birdOf(name).hasRoute('fdb1:6000:103::/48');
  }
  const why = await eventually(
    'both paths are there',
    () => router.cli('lg', 'why', SHARED),
    (text) => /^= /m.test(text),
  );
  expect(why).toMatch(/^\* .*\n.*shares packets with the paths marked =/m);
  for (const targets of [
    hosts((n) => `172.22.129.${n}`),
    hosts((n) => `fdb1:6000:200::${n.toString(16)}`),
  ]) {
    const heard = await ping(targets);
    expect(heard.answered).toBe(HOSTS);
    expect(heard.north).toBeGreaterThan(4);
    expect(heard.south).toBeGreaterThan(4);
  }
  // A flow stays where it is; what else is heard is BGP's.
  const { answered, north, south } = await ping(['172.22.129.9'], 20);
  expect(answered).toBe(20);
  expect(Math.max(north, south)).toBeGreaterThanOrEqual(20);
  expect(Math.min(north, south)).toBeLessThan(10);
});

test('when one of them goes the other carries everything, and only one path was ever announced', async () => {
  const text = await birdOf('client').hasRoute(SHARED);
  expect(text.match(/BGP.as_path/g)).toHaveLength(1);
  await birdOf('north').ask('disable', 'tokyo');
  await eventually(
    'the other path alone',
    () => router.cli('lg', 'why', SHARED),
    (answer) => !answer.includes('north') || !/^= /m.test(answer),
  );
  await birdOf('client').hasRoute(SHARED);
  const heard = await ping(hosts((n) => `172.22.129.${n}`));
  expect(heard.answered).toBe(HOSTS);
  expect(heard.south).toBeGreaterThanOrEqual(HOSTS);
});
