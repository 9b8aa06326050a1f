/**
 * Three of our edges with fixed tables: two taps, and a relay with no interface between them.
 *
 *   a (tap 10.77.0.1) ═ relay 2 (dummy) ═ b (tap 10.77.0.3)      all on one switch; the table decides who speaks to whom
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  edgeFile,
  edgePeers,
  type MeshMember,
  type MeshNode,
  meshAddress,
  meshMembers,
  type Places,
  ping,
  reaches,
  startMeshNode,
  TAP,
  wgTransfer,
} from '../lab/mesh.ts';
import { type Lab, startLab } from '../lab/network.ts';
import { Daemon, eventually, must, run } from '../lab/process.ts';
import { buildPrograms, programWords } from '../lab/programs.ts';

const MEGABYTE = 1_000_000;
/** CI tastes; `npm run soak` carries the whole gigabyte. */
const OCTETS = process.env.ROOTLESS42_SOAK === undefined ? 20 * MEGABYTE : 1000 * MEGABYTE;
const PORT = 5001;
const VIA_RELAY = { 1: { 2: 2, 3: 2 }, 2: { 1: 1, 3: 3 }, 3: { 1: 2, 2: 2 } };
const DIRECT = { 1: { 2: 2, 3: 3 }, 2: { 1: 1, 3: 3 }, 3: { 1: 1, 2: 2 } };

let lab: Lab;
let a: MeshMember;
let relay: MeshMember;
let b: MeshMember;
const nodes = new Map<MeshMember, MeshNode>();

beforeAll(async () => {
  await buildPrograms('transfer');
  lab = await startLab(['a', 'relay', 'b']);
  [a, relay, b] = (await meshMembers(lab, ['a', 'relay', 'b'])) as [
    MeshMember,
    MeshMember,
    MeshMember,
  ];
  for (const member of [a, relay, b])
    nodes.set(member, await startMeshNode(lab, member.host, 'edge', fileOf(member, VIA_RELAY)));
});
afterAll(async () => {
  for (const node of nodes.values()) await node.stop();
  await lab?.stop();
});

test('addresses come from the numbers; ARP and ping pass the relay', async () => {
  expect(await a.host.must('ip', 'address', 'show', TAP)).toMatch(
    /link\/ether 02:42:ac:10:00:01[\s\S]*inet 10\.77\.0\.1\/24/,
  );
  await reaches(a, b);
  const neighbors = await a.host.must('ip', 'neigh', 'show', meshAddress(b), 'dev', TAP);
  expect(neighbors).toContain('lladdr 02:42:ac:10:00:03');
  expect(await ping(b, a, '-c', '20', '-i', '0.02')).toContain(' 0% packet loss');
  // What the frames of a to b cost between a and b themselves: nothing.
  expect(await wgTransfer(a.name, b.keys.publicKey)).toEqual({ received: 0, sent: 0 });
});

test(`a TCP transfer of ${OCTETS / MEGABYTE} MB arrives whole`, async () => {
  const receiver = new Daemon(
    'receive',
    ...b.host.inside(...programWords('transfer', 'receive', String(PORT))),
  );
  await receiver.printed(/LISTENING/);
  const words = programWords('transfer', 'send', meshAddress(b), String(PORT), String(OCTETS));
  await must(...a.host.inside(...words), { timeoutMs: 900_000 });
  await receiver.printed(new RegExp(`RECEIVED ${OCTETS}\n`));
  const { sent } = await wgTransfer(relay.name, b.keys.publicKey);
  expect(sent).toBeGreaterThan(OCTETS);
  await receiver.stop();
}, 1_000_000);

test('the table decides: with another one frames go directly, with none nowhere', async () => {
  for (const [member, node] of nodes) await node.reload(fileOf(member, DIRECT));
  const before = await wgTransfer(relay.name, a.keys.publicKey);
  await reaches(a, b);
  expect(await ping(a, b, '-c', '20', '-i', '0.02', '-s', '1000')).toContain(' 0% packet loss');
  expect((await wgTransfer(a.name, b.keys.publicKey)).sent).toBeGreaterThan(20_000);
  const after = await wgTransfer(relay.name, a.keys.publicKey);
  expect(after.received - before.received).toBeLessThan(2000);
  await nodes.get(a)?.reload(fileOf(a, { 1: { 2: 2 } }));
  expect(await ping(a, b, '-c', '2', '-W', '1')).toContain('100% packet loss');
  await nodes.get(a)?.reload(fileOf(a, DIRECT));
  await reaches(a, b);
});

test('stopped, it takes its tap and its socket along, and says nothing worse than that', async () => {
  const node = nodes.get(b) as MeshNode;
  expect(await node.stop()).toBe(0);
  expect((await run(...b.host.inside('ip', 'link', 'show', TAP))).code).not.toBe(0);
  await eventually(
    'its socket is gone',
    () => run('wg', ['show', b.name]),
    ({ code }) => code !== 0,
  );
});

function fileOf(member: MeshMember, table: object): string {
  const places: Places = {
    'Interface.IType': member === relay ? 'dummy' : 'tap',
    NextHopTable: table,
    Peers: edgePeers([a, relay, b].filter((other) => other !== member)),
  };
  return edgeFile(member, places);
}
