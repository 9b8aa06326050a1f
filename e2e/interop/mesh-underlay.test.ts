/**
 * What carries a mesh of ours: IPv6 alone, both families with a preference, and TLS before the supernode's API.
 *
 *   a (tap) ═══ b (tap)      supernode, and on its host a proxy that terminates TLS
 *      all on one switch; a family dies when frames to the other's address go to a card that nobody has
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { makeWireguardKeys } from '../lab/daemons.ts';
import {
  EDGE_PORT,
  edgeFile,
  edgePeers,
  type MeshMember,
  type MeshNode,
  meshAddress,
  meshMembers,
  OURS,
  type Places,
  ping,
  reaches,
  SUPER_PORT,
  type SupernodeKeys,
  startMeshNode,
  superFile,
  superPlaces,
  superPlacesV6,
  wgEndpoint,
} from '../lab/mesh.ts';
import { type Lab, startLab } from '../lab/network.ts';
import { type Daemon, eventually, run } from '../lab/process.ts';
import { startTlsProxy } from '../lab/tls-proxy.ts';

const ALIVE_SECONDS = 3;
const TLS_PORT = 3443;
const API_URL = 'DynamicRoute.SuperNode.EndpointEdgeAPIUrl';
/** A card that nobody has. */
const NOBODY = '02:00:00:00:00:99';
const FAMILIES = [4, 6] as const;
type Family = (typeof FAMILIES)[number];
const otherThan = (family: Family): Family => (family === 4 ? 6 : 4);

let lab: Lab;
let a: MeshMember;
let b: MeshMember;
let keys: SupernodeKeys;
let superName: string;
const nodes: Daemon[] = [];

beforeAll(async () => {
  lab = await startLab(['a', 'b', 'super']);
  [a, b] = (await meshMembers(lab, ['a', 'b'])) as [MeshMember, MeshMember];
  keys = { keys: await makeWireguardKeys(), presharedKey: (await makeWireguardKeys()).privateKey };
  superName = `s${process.pid % 100_000}`;
});
afterEach(async ({ task }) => {
  for (const node of nodes.splice(0)) {
    await node.stop();
    if (task.result?.state === 'fail') process.stderr.write(`--- ${node.name}\n${node.output}\n`);
  }
});
afterAll(() => lab?.stop());

test('IPv6 alone carries supernode, API and frames', async () => {
  await withoutIpv4(async () => {
    await startSupernode();
    for (const member of [a, b])
      await startEdge(member, {
        'DynamicRoute.SuperNode.EndpointV4': '',
        'DynamicRoute.SuperNode.PubKeyV4': '',
        [API_URL]: `http://[${lab.host('super').ipv6}]:${SUPER_PORT}/eg_api`,
      });
    await reaches(a, b);
    await settlesOn(6);
    expect(await ping(b, a, '-c', '10', '-i', '0.02')).toContain(' 0% packet loss');
    for (const { keys: edge, host } of [a, b])
      expect(await wgEndpoint(`${superName}_v6`, edge.publicKey)).toContain(`[${host.ipv6}]:`);
  });
});

describe.each(FAMILIES)('AfPrefer: %s', (family) => {
  test('of the addresses a supernode tells it takes that family, and the other when it dies', async () => {
    await startSupernode();
    for (const member of [a, b]) await startEdge(member, { AfPrefer: family });
    await reaches(a, b);
    await settlesOn(family);
    await dies(family, async () => {
      await settlesOn(otherThan(family));
      await reaches(a, b);
    });
  });

  test('of the addresses of a name it takes that family', async () => {
    for (const member of [a, b]) await startNamed(member, family);
    await reaches(a, b);
    await settlesOn(family);
  });
});

test('of the addresses of a name the preferred family is none where no route leads to it', async () => {
  await withoutIpv4(async () => {
    for (const member of [a, b]) await startNamed(member, 4);
    await reaches(a, b);
    await settlesOn(6);
  });
});

describe('TLS before the EdgeAPI', () => {
  test('an edge that trusts its certificate joins; another says what it misses', async () => {
    await startSupernode();
    const host = lab.host('super');
    const proxy = await startTlsProxy(lab, host, { port: TLS_PORT, target: SUPER_PORT });
    nodes.push(proxy.daemon);
    const trusting = { NODE_EXTRA_CA_CERTS: proxy.certificate };
    const places = { [API_URL]: `https://${host.ipv4}:${TLS_PORT}/eg_api` };
    await startEdge(a, places, trusting);
    const stranger = await startEdge(b, places, { NODE_EXTRA_CA_CERTS: '' });
    await stranger.printed(/"code":"MESH_CERTIFICATE"/);
    expect(stranger.output).toMatch(/self-signed certificate/);
    expect((await run(...b.host.inside('ping', '-c', '1', '-W', '1', meshAddress(a)))).code).toBe(
      1,
    );
    await stranger.stop();
    const friend = await startEdge(b, places, trusting);
    await reaches(a, b);
    expect(friend.output).not.toContain('MESH_CERTIFICATE');
  });
});

async function startSupernode(): Promise<void> {
  const places = {
    'DisabledAf.IPv6': false,
    PrivKeyV6: keys.keys.privateKey,
    PeerAliveTimeout: ALIVE_SECONDS,
  };
  const text = superFile(superName, keys, [a, b], places);
  nodes.push(await startMeshNode(lab, lab.host('super'), 'super', text));
}

async function startEdge(
  member: MeshMember,
  places: Places,
  env: Readonly<Record<string, string>> = {},
): Promise<MeshNode> {
  const text = edgeFile(member, {
    'DisabledAf.IPv6': false,
    'Interface.IType': 'tap',
    'DynamicRoute.PeerAliveTimeout': ALIVE_SECONDS,
    ...superPlaces(lab.host('super'), keys),
    ...superPlacesV6(lab.host('super'), keys),
    ...places,
  });
  const node = await startMeshNode(lab, member.host, 'edge', text, OURS, {
    ...process.env,
    ...env,
  });
  nodes.push(node);
  return node;
}

/** In static mode, with a peer whose name has an address of each family. */
async function startNamed(member: MeshMember, family: Family): Promise<void> {
  const peer = member === a ? b : a;
  const names = join(lab.folder, 'hosts');
  const lines = [a, b].flatMap(({ host }) =>
    [host.ipv4, host.ipv6].map((ip) => `${ip} ${host.name}.mesh`),
  );
  writeFileSync(names, `${lines.join('\n')}\n`);
  const text = edgeFile(member, {
    'DisabledAf.IPv6': false,
    'Interface.IType': 'tap',
    AfPrefer: family,
    NextHopTable: { 1: { 2: 2 }, 2: { 1: 1 } },
    Peers: edgePeers([peer]).map((entry) => ({
      ...entry,
      EndPoint: `${peer.host.name}.mesh:${EDGE_PORT}`,
    })),
  });
  // The mount is the process's own: `ip netns exec` gives it a mount namespace.
  const script = `mount --bind '${names}' /etc/hosts && exec "$0" "$@"`;
  const node = await startMeshNode(lab, member.host, 'edge', text, (mode) => [
    'sh',
    '-c',
    script,
    ...OURS(mode),
  ]);
  nodes.push(node);
  await node.printed(/"READY"/);
}

const endpointOf = (member: MeshMember, family: Family): string =>
  family === 4 ? `${member.host.ipv4}:${EDGE_PORT}` : `[${member.host.ipv6}]:${EDGE_PORT}`;

/** Each of two edges finds the other at its address of this family. */
const settlesOn = (family: Family): Promise<unknown> =>
  eventually(
    `endpoints of IPv${family}`,
    () => Promise.all([wgEndpoint(a.name, b.keys.publicKey), wgEndpoint(b.name, a.keys.publicKey)]),
    ([there, back]) => there === endpointOf(b, family) && back === endpointOf(a, family),
  );

/** Frames of a family between a and b are for nobody while something is done. */
async function dies(family: Family, doing: () => Promise<void>): Promise<void> {
  const address = ({ host }: MeshMember) => (family === 4 ? host.ipv4 : host.ipv6);
  await a.host.ip(`neigh replace ${address(b)} lladdr ${NOBODY} dev eth0 nud permanent`);
  await b.host.ip(`neigh replace ${address(a)} lladdr ${NOBODY} dev eth0 nud permanent`);
  await doing().finally(async () => {
    await a.host.ip(`neigh del ${address(b)} dev eth0`);
    await b.host.ip(`neigh del ${address(a)} dev eth0`);
  });
}

/** The machines have no IPv4 while something is done. */
async function withoutIpv4(doing: () => Promise<void>): Promise<void> {
  const hosts = [a.host, b.host, lab.host('super')];
  await Promise.all(hosts.map((host) => host.ip(`addr del ${host.ipv4}/24 dev eth0`)));
  await doing().finally(() =>
    Promise.all(hosts.map((host) => host.ip(`addr add ${host.ipv4}/24 dev eth0`))),
  );
}
