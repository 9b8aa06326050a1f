/**
 * A planned end of a session (RFC 8326): traffic has moved before it comes, whoever ends it.
 *
 *   client ══ router ══ left        BIRD on each; left and right are neighbors on the switch
 *                    ══ right ── left
 *
 * Packets between client and left have a long way by right, which nobody takes while the short one is there.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bird, makeWireguardKeys, startBird, type WireguardKeys } from '../lab/daemons.ts';
import { type Lab, startLab } from '../lab/network.ts';
import { type PingFlow, startPings } from '../lab/ping-flow.ts';
import { type Daemon, eventually } from '../lab/process.ts';
import { type OurRouter, startOurRouter } from '../lab/router.ts';
import { NODE } from './pair.ts';
import { BIRD_COMMON } from './peer-texts.ts';
import { startTunnels } from './tunnels.ts';
import { pause } from './visitor-place.ts';

const PEERS = {
  left: { asn: 4242426001, network: '172.21.129' },
  right: { asn: 4242426002, network: '172.21.130' },
  client: { asn: 4242426003, network: '172.21.131' },
} as const;
type Peer = keyof typeof PEERS;
const NAMES = Object.keys(PEERS) as Peer[];
const prefixOf = (peer: Peer): string => `${PEERS[peer].network}.0/27`;
const addressOf = (peer: Peer): string => `${PEERS[peer].network}.1`;
const linkLocalOf = (peer: Peer): string => `fe80::${PEERS[peer].asn % 10_000}`;
const deviceOf = (peer: Peer): string => `wgg${process.pid % 100_000}${NAMES.indexOf(peer)}`;

/** What an operator writes before maintenance: last choice here, and there by the community. */
const MAINTENANCE = {
  policies: {
    'last-choice': { rules: [{ name: 'last', then: { localPref: 0 } }] },
    'please-leave': { rules: [{ name: 'leave', then: { addCommunities: 'graceful-shutdown' } }] },
  },
  groups: {
    maintenance: {
      import: ['accept-all', 'last-choice'],
      export: ['accept-all', 'please-leave'],
    },
  },
};

let lab: Lab;
let router: OurRouter;
let keys: Readonly<Record<Peer, WireguardKeys>>;
const birds = new Map<Peer, Bird>();
let tunnels: Daemon[] = [];

beforeAll(async () => {
  lab = await startLab(['router', ...NAMES]);
  const [left, right, client] = await Promise.all(NAMES.map(() => makeWireguardKeys()));
  keys = { left, right, client } as typeof keys;
  router = await startOurRouter(lab, lab.host('router'), config());
  const ends = NAMES.map((peer) => ({
    host: lab.host(peer),
    device: deviceOf(peer),
    privateKey: keys[peer].privateKey,
    addresses: [`${linkLocalOf(peer)}/64`],
  }));
  tunnels = await startTunnels(lab, router, ends);
  for (const peer of NAMES) {
    const host = lab.host(peer);
    await host.must('ip', 'addr', 'add', `${addressOf(peer)}/32`, 'dev', 'lo');
    birds.set(peer, await startBird(lab, host, birdText(peer, false)));
  }
  await settled('us');
});

afterAll(async () => {
  for (const bird of birds.values()) await bird.stop();
  await router?.daemon.stop();
  for (const tunnel of tunnels) await tunnel.stop();
  await lab?.stop();
});

test('left says that it goes: its traffic has moved when its session ends', async () => {
  const flow = pingsFromClient();
  await configureLeft(true);
  await settled('right');
  await birds.get('left')?.ask('disable', 'tokyo');
  await router.reaches('the end of the session', ({ peerings }) =>
    peerings.some(({ name, operational }) => name === 'left' && operational !== 'established'),
  );
  await expectWhole(flow);
  await configureLeft(false);
  await birds.get('left')?.ask('enable', 'tokyo');
  await settled('us');
});

test('we say that we go: left has moved when our session ends', async () => {
  const flow = pingsFromClient();
  router.reload(config({ groups: ['maintenance'] }));
  await settled('right');
  const route = await birds.get('left')?.hasRouteOf('tokyo', addressOf('client'));
  expect(route).toContain('(65535,0)');
  router.reload(config({ groups: ['maintenance'], shutdown: 'new disks' }));
  await eventually(
    'left hears the end',
    async () => (await birds.get('left')?.ask('show', 'protocols', 'all', 'tokyo')) ?? '',
    (text) => /Administrative shutdown/i.test(text),
  );
  await expectWhole(flow);
});

// ── packets and their ways ──────────────────────────────────────────────────────────────────────

const pingsFromClient = (): PingFlow =>
  startPings(lab.host('client'), addressOf('left'), '-I', addressOf('client'));

async function expectWhole(flow: PingFlow): Promise<void> {
  await pause(500);
  const { sent, received, lost } = await flow.end();
  console.log(`${received} of ${sent} packets came back`);
  expect(sent).toBeGreaterThan(20);
  expect(lost).toBeLessThanOrEqual(1);
}

/** Both directions go this way: ours to left by the session or by right, left's to client likewise. */
async function settled(way: 'us' | 'right'): Promise<void> {
  await eventually(
    `the way to left ${way === 'us' ? 'is its tunnel' : 'leads by right'}`,
    () => router.cli('lg', 'why', addressOf('left'), '--json'),
    (text) => bestOf(text) === (way === 'us' ? 'left' : 'right'),
  );
  await eventually(
    `left's way to client leads by ${way}`,
    () => lab.host('left').must('ip', 'route', 'show', 'match', addressOf('client')),
    (text) => text.includes(way === 'us' ? deviceOf('left') : lab.host('right').ipv4),
  );
  await eventually(
    'client has a way to left',
    () => lab.host('client').must('ip', 'route'),
    (text) => text.includes(prefixOf('left')),
  );
}

/** From whom the best path is. */
function bestOf(text: string): string | undefined {
  const rows = text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { isBest?: boolean; from?: string });
  return rows.find(({ isBest }) => isBest)?.from;
}

// ── how each of them is configured ──────────────────────────────────────────────────────────────

/** Our file, with these keys more in the peering with left. */
function config(ofLeft: object = {}): object {
  return {
    node: NODE,
    policy: MAINTENANCE,
    peerings: NAMES.map((peer) => ({
      name: peer,
      asn: PEERS[peer].asn,
      publicKey: keys[peer].publicKey,
      endpoint: `${lab.host(peer).ipv4}:26001`,
      linkLocal: linkLocalOf(peer),
      policy: 'accept-all',
      connectRetryTime: 2,
      ...(peer === 'left' ? ofLeft : {}),
    })),
  };
}

/** Left as ever, or about to go: its routes carry the community, and ours are its last choice. */
async function configureLeft(isGoing: boolean): Promise<void> {
  const file = join(lab.folder, 'bird-left', `${isGoing ? 'going' : 'staying'}.conf`);
  writeFileSync(file, birdText('left', isGoing));
  expect(await birds.get('left')?.ask('configure', `"${file}"`)).toMatch(/Reconfigur/);
}

/** `isGoing`: as RFC 8326 §4 has it. Everybody obeys the community. */
const birdText = (peer: Peer, isGoing: boolean): string => {
  const { asn } = PEERS[peer];
  const other = peer === 'left' ? 'right' : 'left';
  const channel = (isGoing: boolean): string => `ipv4 {
    import filter { if ${isGoing} || (65535, 0) ~ bgp_community then bgp_local_pref = 0; accept; };
    export filter { if source !~ [RTS_STATIC, RTS_BGP] then reject; ${isGoing ? 'bgp_community.add((65535, 0)); ' : ''}accept; };
    extended next hop on;
  };`;
  const besides = `protocol bgp ${other} { local as ${asn}; neighbor ${lab.host(other).ipv4} as ${PEERS[other].asn}; connect delay time 1; connect retry time 2; error wait time 1, 2; ${channel(false).replace('extended next hop on;', '')} }`;
  return `${BIRD_COMMON}
router id ${addressOf(peer)};
protocol static own4 { route ${prefixOf(peer)} reject; ipv4; }
protocol bgp tokyo { local as ${asn}; neighbor fe80::6000%'${deviceOf(peer)}' as ${NODE.asn}; connect delay time 1; connect retry time 2; error wait time 1, 2; ${channel(isGoing)} }
${peer === 'client' ? '' : besides}
`;
};
