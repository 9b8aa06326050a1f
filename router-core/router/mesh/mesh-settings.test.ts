/** The mesh in the file of a node: in place, or in a file of its own; and what a node refuses. */
import { expect, test } from 'vitest';
import { documentOfFile, readConfigFile } from '../config-file.ts';

const KEY = 'QLlQ8ZMmmJDIpuVHzGPSZiNzzWbjwlPdNMBzFRIBgnA=';
const NODE = { name: 'test', asn: 4242426000 };
const EDGE = {
  Interface: { MacAddrPrefix: '02:42:AC:10', IPv4CIDR: '10.42.0.0/24' },
  NodeID: 7,
  NodeName: 'edge7',
  DefaultTTL: 200,
};
const codes = (values: Record<string, unknown>, files: Record<string, unknown> = {}) =>
  read(values, files).findings.map(({ code, path }) => `${code} ${path}`);

function read(values: Record<string, unknown>, files: Record<string, unknown> = {}) {
  const { file, findings } = readConfigFile(
    { node: NODE, ...values },
    (path) => `/etc/${path}`,
    undefined,
    (path) => files[path],
  );
  return file === undefined ? { findings } : documentOfFile(file, KEY);
}

test('an edge stands in place, its interface a port of the node unless it says otherwise', () => {
  const { config } = read({ mesh: { edge: EDGE, privateKeyFile: 'mesh.key' } });
  expect(config?.mesh).toEqual({ edge: EDGE, privateKeyFile: '/etc/mesh.key' });
});

test('an original file is named by its path; its keys never reach the document', () => {
  const { config } = read(
    { mesh: { edge: 'edge.yaml', supernode: 'super.yaml' } },
    {
      '/etc/edge.yaml': { ...EDGE, PrivKey: KEY },
      '/etc/super.yaml': { ...SUPER, PrivKeyV4: KEY, PrivKeyV6: KEY },
    },
  );
  expect(config?.mesh).toMatchObject({
    edge: EDGE,
    edgeFile: '/etc/edge.yaml',
    supernodeFile: '/etc/super.yaml',
  });
  expect(JSON.stringify(config)).not.toContain(KEY);
});

const SUPER = {
  NodeName: 'super',
  ListenPort: 3456,
  ListenPort_EdgeAPI: '3456',
  RePushConfigInterval: 30,
  HttpPostInterval: 50,
  PeerAliveTimeout: 70,
  SendPingInterval: 15,
  GraphRecalculateSetting: { TimeoutCheckInterval: 5 },
};

test('a private key in the file of the node is refused by name', () => {
  expect(codes({ mesh: { edge: { ...EDGE, PrivKey: KEY } } })).toEqual([
    'CONFIG_UNKNOWN_KEY mesh.edge.PrivKey',
  ]);
});

test('findings of the mesh keep code and sentence, with the place in the document', () => {
  const wrong = { ...EDGE, DefaultTTL: 0, NodeID: 70_000 };
  expect(codes({ mesh: { edge: wrong } })).toEqual([
    'CONFIG_TYPE mesh.edge.NodeID',
    'CONFIG_TYPE mesh.edge.DefaultTTL',
  ]);
  expect(codes({ mesh: { edge: 'nothing.yaml' } })).toEqual(['CONFIG_TYPE mesh.edge']);
  expect(codes({ mesh: { edges: EDGE } })).toEqual(['CONFIG_UNKNOWN_KEY mesh.edges']);
});

test('interfaces that a node has not got are refused', () => {
  const tap = { ...EDGE, Interface: { ...EDGE.Interface, IType: 'tap', Name: 'tap1' } };
  expect(codes({ mesh: { edge: tap } })).toEqual(['MESH_INTERFACE mesh.edge.Interface.IType']);
  const small = { ...EDGE, Interface: { ...EDGE.Interface, MTU: 1000 } };
  expect(codes({ mesh: { edge: small } })).toEqual(['MTU_RANGE mesh.edge.Interface.MTU']);
});

test('warnings of the original are told, and do not stop the node', () => {
  const { config, findings } = read({ mesh: { edge: { ...EDGE, PostScript: 'true' } } });
  expect(config).toBeDefined();
  expect(findings.map(({ code, severity }) => [code, severity])).toEqual(
    expect.arrayContaining([
      ['MESH_SCRIPT', 'warning'],
      ['MESH_TABLE', 'warning'],
    ]),
  );
});

test('a static route may lead to a neighbor on the mesh, and only with an edge', () => {
  const routes = [
    { prefix: '10.1.0.0/16', via: '10.42.0.2' },
    { prefix: 'fd01::/16', via: 'fe80::2%mesh' },
  ];
  expect(codes({ mesh: { edge: EDGE }, routes })).not.toContain('ROUTE_VIA_UNKNOWN routes[0].via');
  expect(codes({ routes })).toEqual([
    'ROUTE_VIA_UNKNOWN routes[0].via',
    'ROUTE_VIA_UNKNOWN routes[1].via',
  ]);
  const elsewhere = [{ prefix: 'fd01::/16', via: 'fe80::2%eth0' }];
  expect(codes({ mesh: { edge: EDGE }, routes: elsewhere })).toContain(
    'ROUTE_VIA_UNKNOWN routes[0].via',
  );
});

test('a peering over the mesh has an address and no key; what needs a tunnel is refused by name', () => {
  const peering = { transport: 'mesh', name: 'far', asn: 4242426003, address: '10.42.0.3' };
  const { config } = read({ mesh: { edge: EDGE }, peerings: [peering] });
  expect(config?.hostNeighbors).toMatchObject([{ name: 'far', over: 'mesh', port: 179 }]);
  const wrong = { ...peering, password: 'secret' };
  expect(codes({ mesh: { edge: EDGE }, peerings: [wrong] })).toEqual([
    'SESSION_OPTION_INVALID peerings[0].password',
  ]);
  expect(codes({ mesh: { edge: EDGE }, peerings: [{ ...peering, port: 1790 }] })).toEqual([
    'CONFIG_UNKNOWN_KEY peerings[0].port',
  ]);
});
