/**
 * BIRD 2 behind another router: `multihop 2` there, `multihop: 2` here.
 *
 *   router ══ far6 ══ hop ── bird   one session over IPv6, both families
 *          ══ far4 ══  │            one over IPv4, with ttl security on both ends
 *                      └ forwards, speaks no BGP
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bird, makeWireguardKeys, startBird } from '../lab/daemons.ts';
import { type Lab, startLab } from '../lab/network.ts';
import { type Daemon, eventually } from '../lab/process.ts';
import { type OurRouter, startOurRouter } from '../lab/router.ts';
import { NODE } from './pair.ts';
import { BIRD_COMMON } from './peer-texts.ts';
import { startTunnels } from './tunnels.ts';

const ASN = 4242426001;
const OURS = '172.21.128.0/27';
const OURS_V6 = 'fdb0:6000:100::/48';
const OF_BIRD = '172.21.129.0/27';
const OF_BIRD_V6 = 'fdb1:6000:101::/48';
/** BIRD tells a next hop that nothing leads to. */
const LOST = 'fdb1:6000:102::/48';
const BIRD_V4 = '172.21.129.1';
const BIRD_V6 = 'fdb1:6000:101::1';
const [OUR_V4, OUR_V6] = NODE.addresses as [string, string];

const PEERINGS = {
  far6: { linkLocal: 'fe80::6001', addresses: { ipv6: BIRD_V6 }, policy: 'accept-all' },
  far4: {
    linkLocal: 'fe80::6002',
    addresses: { ipv4: BIRD_V4 },
    sessions: 'ipv4-only',
    ttlSecurity: true,
    policy: 'accept-all',
  },
} as const;
const NAMES = ['far6', 'far4'] as const;

let lab: Lab;
let router: OurRouter;
let bird: Bird;
let tunnels: Daemon[] = [];

beforeAll(async () => {
  lab = await startLab(['router', 'hop', 'bird']);
  const [hop, end] = [lab.host('hop'), lab.host('bird')];
  const keys = await Promise.all(NAMES.map(() => makeWireguardKeys()));
  router = await startOurRouter(lab, lab.host('router'), {
    node: NODE,
    peerings: NAMES.map((name, i) => ({
      name,
      asn: ASN,
      multihop: 2,
      publicKey: keys[i]?.publicKey,
      endpoint: `${hop.ipv4}:${26001 + i}`,
      ...PEERINGS[name],
    })),
  });
  const ends = NAMES.map((name, i) => ({
    host: hop,
    device: `wgm${process.pid % 100_000}${i}`,
    privateKey: keys[i]?.privateKey ?? '',
    listenPort: 26001 + i,
    addresses: [`${PEERINGS[name].linkLocal}/64`],
    node: name === 'far6' ? OUR_V6 : OUR_V4,
  }));
  tunnels = await startTunnels(
    lab,
    router,
    ends.map(({ node: _node, ...end }) => end),
  );
  for (const { node, device } of ends) await hop.must('ip', 'route', 'add', node, 'dev', device);
  await hop.must('ip', 'route', 'add', BIRD_V6, 'via', end.ipv6);
  await hop.must('ip', 'route', 'add', BIRD_V4, 'via', end.ipv4);
  await end.must('ip', 'address', 'add', `${BIRD_V6}/128`, 'dev', 'lo', 'nodad');
  await end.must('ip', 'address', 'add', `${BIRD_V4}/32`, 'dev', 'lo');
  await end.must('ip', 'route', 'add', OUR_V6, 'via', hop.ipv6);
  await end.must('ip', 'route', 'add', OUR_V4, 'via', hop.ipv4);
  bird = await startBird(lab, end, birdText(hop.ipv4, hop.ipv6));
});

afterAll(async () => {
  await bird?.stop();
  await router?.daemon.stop();
  for (const tunnel of tunnels) await tunnel.stop();
  await lab?.stop();
});

const birdText = (hopV4: string, hopV6: string): string => {
  const session = (name: string, local: string, remote: string, rest: string): string =>
    `protocol bgp ${name} { local ${local} as ${ASN}; neighbor ${remote} as ${NODE.asn}; multihop 2; connect retry time 2; error wait time 1, 2; ${rest} }`;
  return `${BIRD_COMMON}
router id ${BIRD_V4};
protocol static own4 { route ${OF_BIRD} reject; ipv4; }
protocol static own6 { route ${OF_BIRD_V6} reject; route ${LOST} reject; ipv6; }
protocol static way4 { route ${OUR_V4}/32 via ${hopV4}; ipv4; }
protocol static way6 { route ${OUR_V6}/128 via ${hopV6}; ipv6; }
filter own { if proto !~ "own*" then reject; if net = ${LOST} then bgp_next_hop = fdb9::1; accept; }
${session('far6', BIRD_V6, OUR_V6, 'ipv4 { import all; export filter own; extended next hop on; }; ipv6 { import all; export filter own; };')}
${session('far4', BIRD_V4, OUR_V4, 'ttl security on; ipv4 { import all; export filter own; };')}
`;
};

test('over IPv6: both families, the node’s address as next hop, which BIRD resolves', async () => {
  await bird.established('far6');
  expect(await bird.hasRouteOf('far6', OURS_V6)).toContain(`BGP.next_hop: ${OUR_V6}`);
  expect(await bird.hasRouteOf('far6', OURS)).toContain(`BGP.next_hop: ${OUR_V6}`);
  expect(await bird.hasRouteOf('far6', OURS_V6)).toMatch(/unicast/);
  const route = await eventually(
    'the route of BIRD',
    () => router.cli('lg', 'route', OF_BIRD_V6),
    (text) => text.includes(String(ASN)),
  );
  expect(route).not.toContain('next-hop-unresolved');
});

test('over IPv4 with ttl security on both ends', async () => {
  await bird.established('far4');
  expect(await bird.ask('show', 'protocols', 'all', 'far4')).toContain('multihop');
  expect(await bird.hasRouteOf('far4', OURS)).toContain(`BGP.next_hop: ${OUR_V4}`);
  const { peerings } = await router.reaches('both sessions', (snapshot) =>
    snapshot.peerings.every(({ sessions }) => sessions[0]?.state === 'established'),
  );
  expect(peerings.map(({ sessions }) => sessions[0]?.options?.multihop)).toEqual([2, 2]);
  expect(peerings.map(({ sessions }) => sessions[0]?.remoteAddress).sort()).toEqual(
    [BIRD_V4, BIRD_V6].sort(),
  );
});

test('a next hop that nothing leads to makes a route unusable, and says so', async () => {
  const rejected = await eventually(
    'the rejected route',
    () => router.cli('lg', 'why', LOST),
    (text) => text.includes(LOST),
  );
  expect(rejected).toContain('next hop');
  expect(await router.cli('lg', 'rejected', 'far6')).toContain('next-hop-unresolved');
  const tested = await router.cli('policy', 'test', LOST, '--peering', 'far6', '--direction', 'in');
  expect(tested).toContain('rejected: next-hop-unresolved');
});
