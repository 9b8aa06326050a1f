/**
 * Our supernode and three of our edges; between a and b stands a bad line, between each and the relay none.
 *
 *   a (tap) ── line (shaper: UDP, each direction on its own) ── b (tap)
 *      └────────────── relay (dummy) ──────────────┘             supernode: all speak to it directly
 *
 * a and b have no route to each other; what the supernode tells of them is the line's address (AdditionalLocalIP).
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeWireguardKeys } from '../lab/daemons.ts';
import {
  EDGE_PORT,
  edgeFile,
  type MeshMember,
  type MeshNode,
  meshMembers,
  type Places,
  ping,
  reaches,
  SUPER_PORT,
  type SupernodeKeys,
  startMeshNode,
  superFile,
  superPlaces,
  wgTransfer,
} from '../lab/mesh.ts';
import { type Lab, startLab } from '../lab/network.ts';
import { eventually, run } from '../lab/process.ts';
import { type Shaper, startShaper } from '../lab/shaper.ts';
import type { Impairments } from '../lab/udp-shaper.ts';

const PING_INTERVAL_MS = 1000;
/** What the supernode and the fetching of its table may take beside the pings. */
const SLACK_MS = 500;
const SLOW: Impairments = { delayMs: 120 };
const LOST: Impairments = { lossPercent: 100 };
/** Ports of the line: what comes to them goes to a, to b. */
const LINE_TO_A = 4001;
const LINE_TO_B = 4003;

let lab: Lab;
let a: MeshMember;
let relay: MeshMember;
let b: MeshMember;
let superKeys: SupernodeKeys;
let superName: string;
let supernode: MeshNode;
let line: Shaper;
const nodes: MeshNode[] = [];

beforeAll(async () => {
  lab = await startLab(['a', 'relay', 'b', 'line', 'super']);
  [a, relay, b] = (await meshMembers(lab, ['a', 'relay', 'b'])) as [
    MeshMember,
    MeshMember,
    MeshMember,
  ];
  await a.host.ip(`route add unreachable ${b.host.ipv4}/32`);
  await b.host.ip(`route add unreachable ${a.host.ipv4}/32`);
  const { ipv4 } = lab.host('line');
  line = await startShaper(lab.host('line'), {
    seed: 1,
    relays: [
      {
        listen: { address: ipv4, port: LINE_TO_A },
        target: { address: a.host.ipv4, port: EDGE_PORT },
      },
      {
        listen: { address: ipv4, port: LINE_TO_B },
        target: { address: b.host.ipv4, port: EDGE_PORT },
      },
    ],
  });
  superKeys = {
    keys: await makeWireguardKeys(),
    presharedKey: (await makeWireguardKeys()).privateKey,
  };
  superName = `s${process.pid % 100_000}`;
  supernode = await startMeshNode(
    lab,
    lab.host('super'),
    'super',
    superFile(superName, superKeys, [a, relay, b]),
  );
  for (const member of [a, relay, b])
    nodes.push(await startMeshNode(lab, member.host, 'edge', fileOf(member)));
});
afterAll(async () => {
  for (const node of [...nodes, supernode, line]) await node?.stop();
  await lab?.stop();
});

test('the supernode introduces them, and wg show tells of every session', async () => {
  await reaches(a, b, 30_000);
  const edge = await shown(a.name);
  expect(edge).toContain(`listening port: ${EDGE_PORT}`);
  for (const key of [superKeys.keys.publicKey, relay.keys.publicKey, b.keys.publicKey])
    expect(edge).toContain(`peer: ${key}`);
  expect(edge).toContain('allowed ips: 0.0.0.0/0, ::/0');
  const served = await shown(`${superName}_v4`);
  for (const { keys } of [a, relay, b]) expect(served).toContain(`peer: ${keys.publicKey}`);
  expect(served.match(/latest handshake/g)).toHaveLength(3);
});

test('a good line is taken directly, both ways', async () => {
  await eventually('nothing passes the relay', passesRelay, ({ there, back }) => !there && !back);
});

test('slower in one direction: within two ping intervals that direction passes the relay, and only that', async () => {
  // What a sends: to b by the line's port for b, and back to b's own port when b spoke first.
  await line.change([{ toClient: SLOW }, { toTarget: SLOW }]);
  const changed = await changesWithin(
    () => passesRelay(),
    ({ there }) => there,
  );
  expect(changed).toBeLessThan(2 * PING_INTERVAL_MS + SLACK_MS);
  // One late ping in the other direction is noise, and the next one says so.
  await eventually('only that direction', passesRelay, ({ there, back }) => there && !back, 5000);
  expect(await ping(a, b, '-c', '10', '-i', '0.05')).toContain(' 0% packet loss');
});

test('as good as before, it is taken again', async () => {
  await line.change([{}, {}]);
  await eventually('nothing passes the relay', passesRelay, ({ there, back }) => !there && !back);
});

test('a lost line heals through the relay', async () => {
  await line.change([
    { toClient: LOST, toTarget: LOST },
    { toClient: LOST, toTarget: LOST },
  ]);
  await reaches(a, b, 15_000);
  expect(await passesRelay()).toEqual({ there: true, back: true });
});

test('an edge that is deleted over HTTP ends with code 0', async () => {
  const url = `http://127.0.0.1:${SUPER_PORT}/eg_api/manage/peer/del?Password=delete&NodeID=${relay.number}`;
  const { stdout } = await run(
    ...lab
      .host('super')
      .inside(
        process.execPath,
        '-e',
        `fetch(${JSON.stringify(url)}).then((r) => r.text()).then(console.log)`,
      ),
  );
  expect(stdout).toContain(`NodeID: ${relay.number} deleted.`);
  const node = nodes[1] as MeshNode;
  await node.printed(/ended with 0\]/).catch(() => expect(node.output).toContain('ended with 0]'));
});

type Passing = { readonly there: boolean; readonly back: boolean };

const SAMPLE_FRAMES = 10;
const SAMPLE_OCTETS = 1000;

/** Sends large frames from a to b and back, and looks whose the relay has carried. */
async function passesRelay(): Promise<Passing> {
  const before = [await from(a), await from(b)] as const;
  await ping(
    a,
    b,
    '-c',
    String(SAMPLE_FRAMES),
    '-i',
    '0.01',
    '-s',
    String(SAMPLE_OCTETS),
    '-W',
    '1',
  );
  const after = [await from(a), await from(b)] as const;
  const isMost = (octets: number): boolean => octets > (SAMPLE_FRAMES * SAMPLE_OCTETS) / 2;
  return { there: isMost(after[0] - before[0]), back: isMost(after[1] - before[1]) };
}

const from = async (member: MeshMember): Promise<number> =>
  (await wgTransfer(relay.name, member.keys.publicKey)).received;

/** Returns after how many milliseconds it was so first. */
async function changesWithin<T>(
  ask: () => Promise<T>,
  isRight: (answer: T) => boolean,
): Promise<number> {
  const began = Date.now();
  await eventually('a change', ask, isRight, 10_000, 50);
  return Date.now() - began;
}

const shown = (name: string): Promise<string> =>
  eventually(
    `wg shows ${name}`,
    async () => (await run('wg', ['show', name])).stdout,
    (text) => text.includes('latest handshake'),
  );

function fileOf(member: MeshMember): string {
  const places: Places = {
    ...superPlaces(lab.host('super'), superKeys),
    'Interface.IType': member === relay ? 'dummy' : 'tap',
    'DynamicRoute.SuperNode.AdditionalLocalIP':
      member === relay ? [] : [`${lab.host('line').ipv4}:${member === a ? LINE_TO_A : LINE_TO_B}`],
  };
  return edgeFile(member, places);
}
