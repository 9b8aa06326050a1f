/** A node's part in a mesh: what is stored, what the router gets, what is refused, and what nobody sees again. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { MeshView } from '../../../router-core/index.ts';
import { readMeshSettings } from '../../_queries/mesh-settings.ts';
import { HIDDEN_SECRET } from '../peering/options.ts';
import {
  ALDER,
  NODE_FILE,
  newKey,
  OPERATOR,
  startTestPortal,
  type TestPortal,
} from '../testing/test-portal.ts';
import { addMeshEdges, removeMeshEdge } from './edges.ts';
import { leaveMesh } from './leave.ts';
import { type MeshInput, setMesh } from './set.ts';

const PSK = newKey();
const PRIVATE = Buffer.alloc(32, 0x42).toString('base64');

/** An edge's file as gencfg writes it: TAP, private key, comments. */
const edgeFile = (change: Readonly<Record<string, string>> = {}): string => `
# made by the operator of the other network
Interface:
  IType: ${change.IType ?? 'tap'}
  Name: eg_net007
  MacAddrPrefix: 02:42:10:10
  IPv4CIDR: ${change.IPv4CIDR ?? '192.168.76.0/24'}
  IPv6CIDR: fd95:71cb:a3df:e586::/64
  IPv6LLPrefix: fe80::a3df:0/112
  MTU: 1404
NodeID: ${change.NodeID ?? '7'}
NodeName: 007
PostScript: ""
DefaultTTL: 200
L2FIBTimeout: 3600
PrivKey: ${change.PrivKey ?? PRIVATE}
ListenPort: ${change.ListenPort ?? '3001'}
DynamicRoute:
  SendPingInterval: 16
  PeerAliveTimeout: 70
  SuperNode:
    UseSuperNode: true
    PSKey: ${change.PSKey ?? PSK}
    EndpointV4: ${change.EndpointV4 ?? 'super.example.net:3456'}
    PubKeyV4: ${Buffer.alloc(32, 9).toString('base64')}
    EndpointEdgeAPIUrl: http://super.example.net:3456/eg_net/eg_api
`;

const SUPERNODE = {
  NodeName: 'super',
  ListenPort: 3456,
  ListenPort_EdgeAPI: '3456',
  API_Prefix: 'eg_net',
  RePushConfigInterval: 30,
  HttpPostInterval: 50,
  PeerAliveTimeout: 70,
  SendPingInterval: 15,
  Passwords: { ShowState: 'moss and lichen' },
  GraphRecalculateSetting: { TimeoutCheckInterval: 5 },
  UsePSKForInterEdge: true,
};
/** What the router says of it. */
const RUNNING: MeshView = {
  supernode: {
    problem: null,
    status: {
      name: 'super',
      publicKeys: { v4: newKey(), v6: newKey() },
      listenPorts: [{ family: 4, port: 3456 }],
      edges: [],
      ways: [],
      latencies: [],
      drops: {},
    },
  },
};

let at: TestPortal;
beforeEach(async () => {
  at = await startTestPortal();
});
afterEach(() => at.end());

const set = (input: MeshInput, isDryRun = false) =>
  setMesh({ ctx: at.as(OPERATOR), node: 'tokyo', input, isDryRun });
const document = () => at.router.config()?.mesh;
const settings = () => readMeshSettings(at.portal, OPERATOR, 'tokyo');
const keyFiles = (): string[] => {
  const folder = path.join(at.folder, 'keys', 'mesh');
  return existsSync(folder) ? readdirSync(folder) : [];
};

test('an original file joins: its key becomes a file of the node, its TAP a port of ours', async () => {
  const findings = await set({ edge: edgeFile() });
  expect(findings).toEqual([
    expect.objectContaining({
      code: 'MESH_INTERFACE',
      path: 'edge.Interface.IType',
      severity: 'warning',
      place: '4:10',
    }),
  ]);
  const mesh = document();
  expect(mesh?.edge).toMatchObject({
    NodeName: '007',
    Interface: { IType: 'router', MacAddrPrefix: '02:42:10:10' },
    DynamicRoute: { SuperNode: { PSKey: PSK } },
  });
  expect(mesh?.edge).not.toHaveProperty('PrivKey');
  const file = mesh?.privateKeyFile ?? '';
  expect(readFileSync(file, 'utf8').trim()).toBe(PRIVATE);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('no secret is in the database as it is, in the audit log, or in what is shown', async () => {
  await set({ edge: edgeFile(), supernode: SUPERNODE });
  const rows = JSON.stringify([
    await at.portal.database.setting.findMany(),
    await at.portal.database.node.findMany({ select: { settings: true } }),
    (await at.portal.database.audit.findMany()).map(({ action, detail }) => ({ action, detail })),
    await settings(),
  ]);
  expect(rows).toContain('mesh.set');
  for (const secret of [PSK, PRIVATE, 'moss and lichen']) expect(rows).not.toContain(secret);
});

test('what is shown can be sent back: stand-ins keep their secrets, the key stays', async () => {
  await set({ edge: edgeFile(), supernode: SUPERNODE });
  const before = document();
  const { edge, supernode } = await settings();
  await set({ edge: edge?.text ?? '', supernode: parse(supernode?.text ?? '') });
  expect(document()?.privateKeyFile).toBe(before?.privateKeyFile);
  expect(document()?.edge).toEqual(before?.edge);
  expect(document()?.supernode).toMatchObject({ Passwords: { ShowState: 'moss and lichen' } });
});

test('a stand-in without a secret behind it never becomes one', async () => {
  await expect(
    set({ supernode: { ...SUPERNODE, Passwords: { AddPeer: HIDDEN_SECRET } } }),
  ).rejects.toMatchObject({
    errors: [{ code: 'CONFIG_TYPE', path: 'supernode.Passwords.AddPeer' }],
  });
});

test.each([
  [{ IPv4CIDR: '192.168.76.0/33' }, 'MESH_ADDRESS', 'edge.Interface.IPv4CIDR', '7:13'],
  [{ NodeID: '65535' }, 'MESH_NODE_NUMBER', 'edge.NodeID', '11:9'],
  [
    { EndpointV4: 'nowhere' },
    'ENDPOINT_SYNTAX',
    'edge.DynamicRoute.SuperNode.EndpointV4',
    undefined,
  ],
  [{ PSKey: 'short' }, 'PSK_ENCODING', 'edge.DynamicRoute.SuperNode.PSKey', undefined],
  [{ PrivKey: 'short' }, 'KEY_ENCODING', 'edge.PrivKey', undefined],
  [{ IType: 'stdio' }, 'MESH_INTERFACE', 'edge.Interface.IType', '4:10'],
  [{ ListenPort: '51820' }, 'PORT_IN_USE', 'edge.ListenPort', undefined],
] as const)('%o is refused as %s at %s', async (change, code, where, place) => {
  const error = expect.objectContaining({
    code,
    path: where,
    ...(place === undefined ? {} : { place }),
  });
  const dry = await set({ edge: edgeFile(change) }, true);
  expect(dry).toContainEqual(error);
  await expect(set({ edge: edgeFile(change) })).rejects.toMatchObject({
    code: 'INPUT_INVALID',
    errors: [error],
  });
  expect(document()).toBeUndefined();
  expect(keyFiles()).toEqual([]);
});

test.each(['[', '[[[[[[[[[[[[[[[[[[[[', 'just words', '- a list', '{ a: *nowhere }'])(
  'a text that is no file is refused: %s',
  async (edge) => {
    await expect(set({ edge })).rejects.toMatchObject({
      errors: [{ path: 'edge', code: expect.stringMatching(/^CONFIG_(?:SYNTAX|TYPE)$/) }],
    });
  },
);

test('fields deeper than any file are refused before anything walks them', async () => {
  let edge: Record<string, unknown> = {};
  for (let i = 0; i < 20_000; i += 1) edge = { edge };
  await expect(set({ edge })).rejects.toMatchObject({ errors: [{ code: 'CONFIG_SYNTAX' }] });
});

test("a supernode's private key is refused, and told where it belongs", async () => {
  await expect(set({ supernode: { ...SUPERNODE, PrivKeyV6: PRIVATE } })).rejects.toMatchObject({
    errors: [{ code: 'CONFIG_UNKNOWN_KEY', path: 'supernode.PrivKeyV6' }],
  });
});

test('a dry run changes nothing', async () => {
  const { revision } = await at.portal.database.node.findFirstOrThrow();
  await set({ edge: edgeFile() }, true);
  expect((await at.portal.database.node.findFirstOrThrow()).revision).toBe(revision);
  expect(keyFiles()).toEqual([]);
});

test('another number is another edge: the old key goes, and leaving takes the last one', async () => {
  await set({ edge: edgeFile() });
  const [first] = keyFiles();
  await set({ edge: edgeFile({ NodeID: '8', PrivKey: newKey() }) });
  expect(keyFiles()).toHaveLength(1);
  expect(keyFiles()).not.toContain(first);
  await set({ edge: edgeFile({ NodeID: '9', PrivKey: '""' }) });
  expect(keyFiles()).toEqual([]);
  expect(document()).not.toHaveProperty('privateKeyFile');
  await leaveMesh({ ctx: at.as(OPERATOR), node: 'tokyo', confirm: 'tokyo' });
  expect(document()).toBeUndefined();
  expect(await settings()).toMatchObject({ edge: null, supernode: null });
});

test('leaving takes the name of the node, and can end one of both', async () => {
  await set({ edge: edgeFile(), supernode: SUPERNODE });
  const leave = (confirm: string | undefined) =>
    leaveMesh({ ctx: at.as(OPERATOR), node: 'tokyo', instance: 'edge', confirm });
  await expect(leave('kyoto')).rejects.toMatchObject({ code: 'CONFIRMATION_MISMATCH' });
  await expect(leave(undefined)).rejects.toMatchObject({ code: 'CONFIRMATION_MISMATCH' });
  await leave('tokyo');
  expect(Object.keys(document() ?? {})).toEqual(['supernode']);
});

test('only operators, only nodes there are, and not what a file says', async () => {
  const as = (actor: Parameters<TestPortal['as']>[0], node = 'tokyo') =>
    setMesh({ ctx: at.as(actor), node, input: { edge: edgeFile() } });
  await expect(as(ALDER)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await expect(as({ kind: 'visitor' })).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  await expect(as(OPERATOR, 'kyoto')).rejects.toMatchObject({ code: 'PATH_UNKNOWN' });
  await expect(readMeshSettings(at.portal, ALDER, 'tokyo')).rejects.toMatchObject({
    code: 'FORBIDDEN',
  });
  await at.end();
  at = await startTestPortal({
    file: `${NODE_FILE}\nmesh: { supernode: ${JSON.stringify(SUPERNODE)} }\n`,
  });
  await expect(as(OPERATOR)).rejects.toMatchObject({
    code: 'STATE_CONFLICT',
    message: expect.stringContaining('node.yaml'),
  });
  expect(await settings()).toMatchObject({
    fixedBy: expect.stringContaining('node.yaml'),
    supernode: { text: expect.stringContaining('NodeName: super') },
  });
});

test('edges of a supernode: made with numbers, keys and files, and taken out again', async () => {
  await set({ supernode: SUPERNODE });
  const add = (input: Partial<Parameters<typeof addMeshEdges>[0]['input']>) =>
    addMeshEdges({
      ctx: at.as(OPERATOR),
      node: 'tokyo',
      input: { count: 1, name: 'edge', ...input },
    });
  // Its public keys are known when it runs.
  await expect(add({})).rejects.toMatchObject({ code: 'STATE_CONFLICT' });
  at.router.reportMesh(RUNNING);
  const made = await add({ count: 2, ipv4: '10.42.0.0/24' });
  expect(made.map(({ node, name }) => [node, name])).toEqual([
    [1, 'edge1'],
    [2, 'edge2'],
  ]);
  const file = parse(made[1]?.text ?? '', { schema: 'failsafe' });
  expect(file).toMatchObject({
    NodeID: '2',
    Interface: { IPv4CIDR: '10.42.0.0/24' },
    DynamicRoute: {
      SuperNode: {
        EndpointV4: 'node.example.net:3456',
        PubKeyV4: RUNNING.supernode?.status?.publicKeys.v4,
        EndpointV6: '',
        EndpointEdgeAPIUrl: 'http://node.example.net:3456/eg_net',
      },
    },
  });
  expect(document()?.supernode).toMatchObject({
    Peers: [{ NodeID: 1 }, { NodeID: 2, PSKey: file.DynamicRoute.SuperNode.PSKey }],
  });
  const stored = JSON.stringify([await settings(), document()]);
  expect(stored).not.toContain(file.PrivKey);

  await expect(add({ first: 2 })).rejects.toMatchObject({
    errors: [{ code: 'DUPLICATE', path: 'first' }],
  });
  await expect(add({ ipv4: '10.42.0.0/40' })).rejects.toMatchObject({
    errors: [{ code: 'MESH_ADDRESS', path: 'ipv4' }],
  });
  await expect(add({ host: 'no host' })).rejects.toMatchObject({
    errors: [{ code: 'ENDPOINT_SYNTAX', path: 'host' }],
  });
  const [third] = await add({ first: 65_531, host: '2001:db8::1' });
  expect(third?.text).toContain('EndpointV6: "[2001:db8::1]:3456"');
  await expect(add({})).rejects.toMatchObject({ errors: [{ code: 'MESH_NODE_NUMBER' }] });

  const remove = (number: number) =>
    removeMeshEdge({ ctx: at.as(OPERATOR), node: 'tokyo', number });
  await remove(1);
  expect((await settings()).supernode?.members).toEqual([
    { node: 2, name: 'edge2' },
    { node: 65_531, name: 'edge65531' },
  ]);
  await expect(remove(1)).rejects.toMatchObject({ code: 'PATH_UNKNOWN' });
});
