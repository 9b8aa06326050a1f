/**
 * Three of our edges without supernode: a and b know the third only, and learn of each other from it.
 *
 *   a (tap) ── c (tap) ── b (tap)          a and b meet by what c tells
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  edgeFile,
  edgePeers,
  MESH_NETWORK,
  type MeshMember,
  type MeshNode,
  meshMembers,
  ping,
  reaches,
  startMeshNode,
  TAP,
  wgTransfer,
} from '../lab/mesh.ts';
import { type Lab, startLab } from '../lab/network.ts';
import { Daemon, eventually } from '../lab/process.ts';

const BROADCASTS = 20;
const PORT = 4242;

let lab: Lab;
let members: MeshMember[];
let a: MeshMember;
let b: MeshMember;
let c: MeshMember;
const nodes: MeshNode[] = [];

beforeAll(async () => {
  lab = await startLab(['a', 'b', 'c']);
  members = await meshMembers(lab, ['a', 'b', 'c']);
  [a, b, c] = members as [MeshMember, MeshMember, MeshMember];
  for (const member of members) {
    const known = member === c ? [] : [c];
    nodes.push(
      await startMeshNode(
        lab,
        member.host,
        'edge',
        edgeFile(member, {
          'Interface.IType': 'tap',
          'DynamicRoute.P2P.UseP2P': true,
          // As gencfg has it: a busy machine makes no detour, so tables that agree stay so.
          'DynamicRoute.AdditionalCost': 1000,
          // c knows their keys; where they are it learns from them.
          Peers: edgePeers(member === c ? [a, b] : known).map((peer) =>
            member === c ? { ...peer, EndPoint: '', Static: false } : peer,
          ),
          'DynamicRoute.SaveNewPeers': member === a,
        }),
      ),
    );
  }
});
afterAll(async () => {
  for (const node of nodes) await node.stop();
  await lab?.stop();
});

test('each reaches each; a and b have a session of their own', async () => {
  await Promise.all([reaches(a, c), reaches(b, c), reaches(a, b)]);
  await eventually(
    'a session of a and b',
    () => wgTransfer(a.name, b.keys.publicKey),
    ({ received, sent }) => received > 0 && sent > 0,
    30_000,
  );
  expect(await ping(a, b, '-c', '10', '-i', '0.05')).toContain(' 0% packet loss');
});

test('whom it met stands in its file, the rest of which is as it was', async () => {
  const text = await eventually(
    'a peer in the file',
    async () => readFileSync(nodes[0]?.file as string, 'utf8'),
    (written) => written.includes(b.keys.publicKey),
  );
  expect(text).toContain(a.keys.privateKey);
  expect(text).toContain('L2HeaderMode: nochg');
});

test('a broadcast arrives exactly once everywhere', async () => {
  const listeners = await Promise.all([b, c].map(listenForBroadcasts));
  const script = `
    const socket = require('node:dgram').createSocket('udp4');
    socket.bind(0, () => {
      socket.setBroadcast(true);
      let n = 0;
      const timer = setInterval(() => {
        socket.send('broadcast ' + n, ${PORT}, '${MESH_NETWORK}.255');
        if (++n === ${BROADCASTS}) { clearInterval(timer); setTimeout(() => socket.close(), 100); }
      }, 50);
    });`;
  await a.host.must(process.execPath, '-e', script);
  const expected = Array.from({ length: BROADCASTS }, (_, i) => `broadcast ${i}`);
  const last = expected.at(-1) ?? '';
  for (const listener of listeners) await listener.printed(new RegExp(`${last}\\b`));
  // A second copy would come now.
  await new Promise((go) => setTimeout(go, 500));
  for (const listener of listeners) {
    expect(listener.output.match(/broadcast \d+/g)).toEqual(expected);
    await listener.stop();
  }
});

test('one that is gone is not missed for long', async () => {
  await nodes[2]?.stop();
  await reaches(a, b, 10_000);
});

async function listenForBroadcasts({ host, name }: MeshMember): Promise<Daemon> {
  const script = `
    const socket = require('node:dgram').createSocket('udp4');
    socket.on('message', (text) => console.log(String(text)));
    socket.bind(${PORT}, () => console.log('LISTENING on ${TAP}'));`;
  const listener = new Daemon(`listener ${name}`, ...host.inside(process.execPath, '-e', script));
  await listener.printed(/LISTENING/);
  return listener;
}
