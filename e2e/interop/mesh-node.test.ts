/**
 * A whole node, as nobody and without a kernel interface, in a mesh with two taps: it relays their frames, and its own IP
 * stack speaks BGP with the BIRD behind each and routes between them.
 *
 *   a (tap 10.77.0.1, BIRD AS4242426001) ═ node 2 (10.77.0.2, AS4242426000) ═ b (tap 10.77.0.3, BIRD AS4242426003)
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bird, startBird } from '../lab/daemons.ts';
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
} from '../lab/mesh.ts';
import { type Lab, startLab } from '../lab/network.ts';
import { must } from '../lab/process.ts';
import { type OurRouter, startOurRouter } from '../lab/router.ts';

const ASN = 4242426000;
const VIA_NODE = { 1: { 2: 2, 3: 2 }, 2: { 1: 1, 3: 3 }, 3: { 1: 2, 2: 2 } };
/** What each BIRD announces, with an address of the host in it. */
const BEHIND = {
  a: { asn: 4242426001, prefix: '172.21.129.0/27', address: '172.21.129.1' },
  b: { asn: 4242426003, prefix: '172.21.130.0/27', address: '172.21.130.1' },
} as const;

let lab: Lab;
let a: MeshMember;
let node: MeshMember;
let b: MeshMember;
let router: OurRouter;
const edges: MeshNode[] = [];
const birds = new Map<MeshMember, Bird>();

beforeAll(async () => {
  lab = await startLab(['a', 'node', 'b']);
  [a, node, b] = (await meshMembers(lab, ['a', 'node', 'b'])) as [
    MeshMember,
    MeshMember,
    MeshMember,
  ];
  const path = join(lab.folder, 'node-edge.yaml');
  writeFileSync(path, fileOf(node, { 'Interface.IType': 'router' }), { mode: 0o600 });
  await must('chown', ['nobody:nogroup', path]);
  router = await startOurRouter(lab, node.host, {
    node: {
      name: 'tokyo',
      asn: ASN,
      addresses: ['172.21.128.1'],
      announce: ['172.21.128.0/27'],
      listen: { port: 51820, host: '::' },
    },
    mesh: { edge: path },
    peerings: [peering('a', a), peering('b', b)],
  });
  for (const [member, behind] of [
    [a, BEHIND.a],
    [b, BEHIND.b],
  ] as const) {
    edges.push(await startMeshNode(lab, member.host, 'edge', fileOf(member, {})));
    await member.host.ip(`addr add ${behind.address}/32 dev lo`);
    birds.set(member, await startBird(lab, member.host, birdOf(member, behind)));
  }
});
afterAll(async () => {
  for (const bird of birds.values()) await bird.stop();
  for (const edge of edges) await edge.stop();
  await router?.daemon.stop();
  await lab?.stop();
});

const fileOf = (member: MeshMember, places: Places): string =>
  edgeFile(member, {
    NextHopTable: VIA_NODE,
    Peers: edgePeers([a, node, b].filter((other) => other !== member)),
    ...places,
  });

const peering = (name: 'a' | 'b', member: MeshMember) => ({
  name,
  transport: 'mesh',
  asn: BEHIND[name].asn,
  address: meshAddress(member),
  families: ['ipv4'],
  policy: 'accept-all',
});

const birdOf = (member: MeshMember, { asn, prefix, address }: (typeof BEHIND)['a' | 'b']) =>
  `log stderr all;
router id ${address};
protocol device { scan time 2; }
protocol kernel { ipv4 { export where source = RTS_BGP; }; }
protocol static own { route ${prefix} reject; ipv4; }
protocol bgp tokyo {
  local ${meshAddress(member)} as ${asn};
  neighbor ${meshAddress(node)} as ${ASN};
  direct;
  connect retry time 2; connect delay time 1; error wait time 1, 4;
  ipv4 { import all; export where source = RTS_STATIC; };
}
`;

test('frames between two taps pass the node, which counts them by its link', async () => {
  await reaches(a, b);
  expect(await ping(b, a, '-c', '20', '-i', '0.02')).toContain(' 0% packet loss');
  expect(await a.host.must('ip', 'neigh', 'show', meshAddress(b), 'dev', TAP)).toContain(
    'lladdr 02:42:ac:10:00:03',
  );
  const { mesh } = await router.snapshot();
  const links = mesh?.edge?.status?.links ?? [];
  for (const link of links) expect(link.relayedFrames, JSON.stringify(link)).toBeGreaterThan(20);
  expect(links.map((link) => link.node)).toEqual([1, 3]);
});

test('its own IP stack answers, with the MAC address of its number', async () => {
  await reaches(a, node);
  expect(await ping(a, node, '-c', '20', '-i', '0.02')).toContain(' 0% packet loss');
  expect(await a.host.must('ip', 'neigh', 'show', meshAddress(node), 'dev', TAP)).toContain(
    'lladdr 02:42:ac:10:00:02',
  );
});

test('BGP with two BIRDs over the mesh; packets of their routes pass the IP stack', async () => {
  for (const bird of birds.values()) await bird.established('tokyo');
  const text = await birds.get(a)?.hasRoute(BEHIND.b.prefix);
  expect(text).toContain(`BGP.as_path: ${ASN} ${BEHIND.b.asn}`);
  expect(text).toContain(`BGP.next_hop: ${meshAddress(node)}`);
  await birds.get(b)?.hasRoute(BEHIND.a.prefix);
  const words = ['-c', '20', '-i', '0.02', '-I', BEHIND.a.address, BEHIND.b.address];
  const out = await a.host.must('ping', ...words);
  expect(out).toContain(' 0% packet loss');
  // One hop less than on the wire between the taps.
  expect(out).toContain('ttl=63');
});
