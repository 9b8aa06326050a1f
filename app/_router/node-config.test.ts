import { expect, test } from 'vitest';
import type { NodeFacts } from '../_settings/index.ts';
import { buildNodeConfig, type NodeRows } from './node-config.ts';
import type { PeeringRow } from './peering-row.ts';

const facts: NodeFacts = {
  name: 'tokyo',
  asn: 4242426000,
  networkName: null,
  place: 'Tokyo',
  country: 'JP',
  routerId: '172.21.128.1',
  addresses: ['172.21.128.1'],
  announce: ['172.21.128.0/27'],
  linkLocal: 'fe80::6000',
  listen: { port: 51820, host: '::' },
  endpoint: 'node.example.net',
  privateKeyFile: '/data/keys/tokyo.key',
  privateEndpoints: false,
  routes: [{ prefix: '10.77.1.0/24', via: 'alder' }],
};

test.each([
  ['enabled', null, { enabled: true }],
  ['disabled', 'disabled by peer', { enabled: false, disabledReason: 'disabled by peer' }],
  [
    'suspended',
    'address no longer yours',
    { enabled: false, disabledReason: 'address no longer yours' },
  ],
  ['suspended', null, { enabled: false, disabledReason: 'disabled' }],
] as const)('%s (%s) is in the document', (administrative, administrativeReason, expected) => {
  const config = build({ peerings: [row({ administrative, administrativeReason })] });
  expect(config.peerings).toEqual([expect.objectContaining({ id: 'a', ...expected })]);
});

test.each(['draft', 'submitted', 'pending', 'rejected', 'deleting'] as const)(
  '%s is not in the document',
  (administrative) => {
    expect(build({ peerings: [row({ administrative })] }).peerings).toEqual([]);
  },
);

test('a tombstone is not in the document, and explains the loss to the brake', () => {
  const peerings = [row({ deletedAt: new Date(), administrative: 'deleting' })];
  expect(build({ peerings, present: ['a'] })).toMatchObject({
    peerings: [],
    allowMassRemoval: true,
  });
});

test('an empty table explains nothing', () => {
  expect(build({ peerings: [], present: ['a', 'b'] })).not.toHaveProperty('allowMassRemoval');
  const known = [row({ id: 'a', deletedAt: new Date() })];
  expect(build({ peerings: known, present: ['a', 'b'] })).not.toHaveProperty('allowMassRemoval');
});

test('equal rows give an equal digest, whatever their order, revision and operation', () => {
  const [a, b] = [row({ id: 'a', name: 'alder' }), row({ id: 'b', name: 'basalt' })];
  const first = build({ peerings: [a, b] });
  const second = build({ peerings: [b, a], revision: 9, operation: 'other' });
  expect(second.digest).toBe(first.digest);
  expect(build({ peerings: [a, { ...b, mtu: 1400 }] }).digest).not.toBe(first.digest);
});

test('absent values are absent keys, secrets of a peering are opened, those of the node are not there', () => {
  const [open, plain] = build({
    peerings: [
      row({ id: 'a', presharedKeySealed: 'sealed', passwordSealed: 'sealed', ttlSecurity: true }),
      row({ id: 'b', name: 'basalt' }),
    ],
  }).peerings;
  expect(open).toMatchObject({
    presharedKey: 'opened a',
    password: 'password of a',
    ttlSecurity: true,
  });
  for (const key of [
    'presharedKey',
    'password',
    'ttlSecurity',
    'endpoint',
    'ourLinkLocal',
    'listenPort',
    'obfuscation',
    'rateLimit',
    'holdTime',
    'disabledReason',
  ])
    expect(plain).not.toHaveProperty(key);
  expect(build({}).node).toMatchObject({ privateKeyFile: '/data/keys/tokyo.key' });
});

test('a disguise is in the document as it was chosen, and changing it changes the digest', () => {
  const disguised = row({ obfuscation: { kind: 'wgobfs', key: 'moss' } });
  const config = build({ peerings: [disguised] });
  expect(config.peerings).toMatchObject([{ obfuscation: { kind: 'wgobfs', key: 'moss' } }]);
  const other = row({ obfuscation: { kind: 'wgobfs', key: 'lichen' } });
  expect(build({ peerings: [other] }).digest).not.toBe(config.digest);
});

test('a static route by a peering that is not there is left out', () => {
  expect(build({ peerings: [row({})] }).routes).toEqual([{ prefix: '10.77.1.0/24', via: 'alder' }]);
  expect(build({ peerings: [row({ administrative: 'pending' })] }).routes).toEqual([]);
});

test('a mesh set up in the portal is in the document; that of the file wins, and routes may lead over either', () => {
  const over = { ...facts, routes: [{ prefix: '10.78.0.0/24', via: 'fe80::1%mesh' }] };
  const edge = { NodeID: 7 };
  expect(build({ facts: over }).routes).toEqual([]);
  expect(build({ facts: over, mesh: { supernode: {} } }).routes).toEqual([]);
  expect(build({ facts: over, mesh: { edge } })).toMatchObject({
    mesh: { edge },
    routes: over.routes,
  });
  const ofFile = { mesh: { edge: { NodeID: 8 } } };
  expect(build({ facts: over, mesh: { edge }, ofFile })).toMatchObject({
    mesh: ofFile.mesh,
    routes: over.routes,
  });
});

test('the demo says so', () => {
  expect(build({ source: 'demo' })).toMatchObject({ source: 'demo' });
});

const build = (more: Partial<NodeRows>) =>
  buildNodeConfig(
    {
      facts,
      epoch: 'e',
      revision: 1,
      operation: 'o',
      source: 'database',
      registry: undefined,
      ofFile: {},
      mesh: undefined,
      peerings: [],
      present: [],
      ...more,
    },
    {
      presharedKey: (id) => `opened ${id}`,
      password: (id) => `password of ${id}`,
      options: ({ optionsSealed }) => (optionsSealed === null ? {} : JSON.parse(optionsSealed)),
    },
  );

const row = (more: Partial<PeeringRow>): PeeringRow => ({
  id: 'a',
  node: 'tokyo',
  asn: 4242426001,
  name: 'alder',
  administrative: 'enabled',
  administrativeReason: null,
  publicKey: 'key',
  presharedKeySealed: null,
  passwordSealed: null,
  optionsSealed: null,
  ttlSecurity: false,
  endpoint: null,
  keepalive: 25,
  linkLocal: 'fe80::6001',
  ourLinkLocal: null,
  addresses: {},
  sessions: 'mp-bgp',
  families: ['ipv4', 'ipv6'],
  extendedNextHop: true,
  policy: 'full',
  importLimit: 9000,
  rateLimit: null,
  mtu: 1420,
  listenPort: null,
  obfuscation: null,
  contact: null,
  remark: null,
  revision: 1,
  operation: 'o',
  createdBy: 'AS4242426001',
  createdAt: new Date(0),
  updatedAt: new Date(0),
  firstHandshakeAt: null,
  deletedAt: null,
  ...more,
});
