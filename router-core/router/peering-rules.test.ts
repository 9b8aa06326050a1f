import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toBase64 } from '../base/bytes.ts';
import {
  checkPeeringRequest,
  customaryLinkLocal,
  customaryPort,
  normalizePeering,
  type PeeringRequest,
  type PeeringRuleContext,
  type RuleNode,
} from './peering-rules.ts';

const key = (n: number): string => toBase64(new Uint8Array(32).fill(n));

const NODE: RuleNode = {
  name: 'tokyo',
  asn: 4242426000,
  publicKey: key(100),
  linkLocal: 'fe80::6000',
  addresses: ['172.21.128.1', 'fdb0:6000:100::1'],
  announce: ['172.21.128.0/27', 'fdb0:6000:100::/48', '203.0.112.0/24'],
  endpoint: 'Tokyo.example.net',
  privateEndpoints: false,
};
const CONTEXT: PeeringRuleContext = {
  node: NODE,
  actor: 'visitor',
  others: [
    {
      name: 'basalt',
      publicKey: key(2),
      listenPort: 26002,
      addresses: { ipv4: '172.21.130.1', ipv6: 'fdb2:6000:102::1' },
    },
  ],
  addressHolder: (address) =>
    address.bytes[0] === 172 && address.bytes[2] === 131 ? 'CINDER-MNT' : undefined,
};
const REQUEST: PeeringRequest = {
  node: 'tokyo',
  asn: 4242426001,
  publicKey: key(1),
  endpoint: '203.0.113.5:51820',
};

type Change = Partial<PeeringRequest>;
type Setting = Omit<Partial<PeeringRuleContext>, 'node'> & { node?: Partial<RuleNode> };

function findings(change: Change, setting: Setting = {}): string[] {
  const context = { ...CONTEXT, ...setting, node: { ...NODE, ...setting.node } };
  return checkPeeringRequest({ ...REQUEST, ...change }, context).map(
    ({ code, path, severity }) => `${severity} ${code} ${path}`,
  );
}

test('what a visitor usually types, a key and an endpoint, is enough', () => {
  expect(findings({})).toEqual([]);
  expect(normalizePeering(REQUEST)).toEqual({
    node: 'tokyo',
    asn: 4242426001,
    name: 'as4242426001',
    publicKey: key(1),
    endpoint: '203.0.113.5:51820',
    linkLocal: 'fe80::6001',
    addresses: {},
    sessions: 'mp-bgp',
    families: ['ipv4', 'ipv6'],
    extendedNextHop: true,
    keepalive: 0,
    mtu: 1420,
    policy: 'full',
    importLimit: 9000,
  });
});

test('a peering with everything passes', () => {
  expect(
    findings({
      name: 'alder-2',
      presharedKey: key(9),
      endpoint: '[2A00::5]:51820',
      linkLocal: 'fe80::6001',
      ourLinkLocal: 'fe80::1:6000',
      addresses: { ipv4: '172.21.129.1', ipv6: 'fdb1:6000:101::1' },
      sessions: 'separate',
      families: ['ipv4', 'ipv6'],
      extendedNextHop: false,
      keepalive: 25,
      mtu: 1280,
      listenPort: 26001,
      policy: 'peer-only',
      importLimit: 200_000,
      contact: 'Zoë <zoe@alder.example>',
      remark: 'line one\nline two',
    }),
  ).toEqual([]);
});

// Every code of the rules, at least once: what was typed, what was found, and in which circumstances.
const MISTAKES: readonly [finding: string, change: Change, setting?: Setting][] = [
  ['error ASN_INVALID asn', { asn: 0, linkLocal: 'fe80::1' }],
  ['error ASN_INVALID asn', { asn: 4294967296, linkLocal: 'fe80::1' }],
  ['error ASN_INVALID asn', { asn: 1.5, linkLocal: 'fe80::1', name: 'x' }],
  ['error ASN_IS_US asn', { asn: 4242426000, linkLocal: 'fe80::1' }],
  ['error ROLE_INVALID role', { role: 'boss' as 'peer' }, { actor: 'operator' }],
  ['error ROLE_INVALID role', { role: 'peer' }],
  ['error ROLE_INVALID strictRole', { strictRole: true }, { actor: 'operator' }],
  [
    'error CLIENT_INVALID routeReflectorClient',
    { routeReflectorClient: true },
    { actor: 'operator' },
  ],
  [
    'error CLIENT_INVALID routeServerClient',
    { routeServerClient: true, role: 'peer' },
    { actor: 'operator' },
  ],
  ['error CLIENT_INVALID routeServerClient', { routeServerClient: true }],
  ['error NODE_UNKNOWN node', { node: 'osaka' }],
  ['error NAME_INVALID name', { name: '' }],
  ['error NAME_INVALID name', { name: 'Alder' }],
  ['error NAME_INVALID name', { name: '-alder' }],
  ['error NAME_INVALID name', { name: 'alder\nprotocol' }],
  ['error NAME_INVALID name', { name: 'a'.repeat(33) }],
  ['error KEY_ENCODING publicKey', { publicKey: '' }],
  ['error KEY_ENCODING publicKey', { publicKey: key(1).slice(0, -1) }],
  ['error KEY_ENCODING publicKey', { publicKey: `${key(1)}\n` }],
  ['error KEY_ENCODING publicKey', { publicKey: key(1).replace(/E=$/, 'F=') }],
  ['error KEY_ENCODING publicKey', { publicKey: toBase64(new Uint8Array(31)) }],
  ['error KEY_IS_OURS publicKey', { publicKey: key(100) }],
  ['error KEY_LOW_ORDER publicKey', { publicKey: key(0) }],
  [
    'error KEY_LOW_ORDER publicKey',
    { publicKey: toBase64(Uint8Array.from({ length: 32 }, (_, i) => (i === 31 ? 0x80 : 0))) },
  ],
  ['error KEY_IN_USE publicKey', { publicKey: key(2) }],
  ['error PSK_ENCODING presharedKey', { presharedKey: 'secret' }],
  ['error PASSWORD_INVALID password', { password: '' }],
  ['error PASSWORD_INVALID password', { password: 'x'.repeat(81) }],
  ['error PASSWORD_INVALID password', { password: 'moss"; }\nprotocol' }],
  ['error PASSWORD_INVALID password', { password: 'möss' }],
  ['error PSK_ENCODING presharedKey', { presharedKey: `${key(1)}\nPostUp = reboot` }],
  ['error ENDPOINT_SYNTAX endpoint', { endpoint: 'host' }],
  ['error ENDPOINT_SYNTAX endpoint', { endpoint: 'host:51820\nPostUp = reboot' }],
  ['error ENDPOINT_PRIVATE endpoint', { endpoint: '192.168.1.1:51820' }],
  ['error ENDPOINT_PRIVATE endpoint', { endpoint: '[::ffff:10.0.0.1]:51820' }],
  ['warning ENDPOINT_PRIVATE endpoint', { endpoint: '192.168.1.1:51820' }, { actor: 'operator' }],
  [
    'warning ENDPOINT_PRIVATE endpoint',
    { endpoint: '[::1]:51820' },
    { node: { privateEndpoints: true } },
  ],
  ['error ENDPOINT_IS_US endpoint', { endpoint: 'tokyo.example.net:1' }],
  ['error ENDPOINT_IS_US endpoint', { endpoint: 'TOKYO.example.net.:1' }],
  [
    'error ENDPOINT_IS_US endpoint',
    { endpoint: '203.0.113.9:1' },
    { node: { endpoint: '203.0.113.9' } },
  ],
  [
    'error ENDPOINT_IS_US endpoint',
    { endpoint: '[2a00:0::9]:1' },
    { node: { endpoint: '2a00::9' } },
  ],
  ['error ENDPOINT_IN_OVERLAY endpoint', { endpoint: '203.0.112.7:51820' }],
  ['error ENDPOINT_REQUIRED endpoint', { endpoint: 'none' }, { node: { endpoint: 'none' } }],
  ['error ENDPOINT_REQUIRED endpoint', { endpoint: '' }, { node: { endpoint: 'none' } }],
  ['error LL_SYNTAX linkLocal', { linkLocal: 'fd00::1' }],
  ['error LL_SYNTAX linkLocal', { linkLocal: 'fe80::' }],
  ['error LL_SYNTAX linkLocal', { linkLocal: 'fe80::1%eth0' }],
  ['error LL_SYNTAX linkLocal', { linkLocal: '169.254.0.1' }],
  ['warning LL_SYNTAX linkLocal', { linkLocal: 'fe80:1::1' }],
  ['error LL_SYNTAX ourLinkLocal', { ourLinkLocal: 'fe80:1::1' }],
  ['error LL_CONFLICT linkLocal', { linkLocal: 'fe80:0::6000' }],
  ['error LL_CONFLICT linkLocal', { ourLinkLocal: 'fe80::6001' }],
  ['error ADDRESS_SYNTAX addresses.ipv4', { addresses: { ipv4: 'fdb1::1' } }],
  ['error ADDRESS_SYNTAX addresses.ipv4', { addresses: { ipv4: '172.21.129.1/32' } }],
  ['error ADDRESS_SYNTAX addresses.ipv6', { addresses: { ipv6: '172.21.129.1' } }],
  ['error ADDRESS_NOT_DN42 addresses.ipv4', { addresses: { ipv4: '192.0.2.1' } }],
  ['error ADDRESS_NOT_DN42 addresses.ipv4', { addresses: { ipv4: '172.20.0.53' } }],
  ['error ADDRESS_NOT_DN42 addresses.ipv6', { addresses: { ipv6: '2001:db8::1' } }],
  ['error ADDRESS_NOT_DN42 addresses.ipv6', { addresses: { ipv6: 'fd42:d42:d42:54::1' } }],
  ['error ADDRESS_NOT_DN42 addresses.ipv6', { addresses: { ipv6: 'fe80::1' } }],
  ['error ADDRESS_CONFLICT addresses.ipv4', { addresses: { ipv4: '172.21.128.1' } }],
  ['error ADDRESS_CONFLICT addresses.ipv4', { addresses: { ipv4: '172.21.130.1' } }],
  ['error ADDRESS_CONFLICT addresses.ipv6', { addresses: { ipv6: 'fdb2:6000:0102::1' } }],
  ['error ADDRESS_NOT_YOURS addresses.ipv4', { addresses: { ipv4: '172.21.131.1' } }],
  ['error SESSIONS_UNKNOWN sessions', { sessions: 'ibgp' }],
  ['error SESSIONS_UNKNOWN sessions', { sessions: 'none' }],
  ['error NO_FAMILY families', { families: [] }],
  ['error NO_FAMILY families', { families: ['ipv5'] }],
  ['error NO_FAMILY families', { sessions: 'ipv4-only', families: ['ipv6'] }],
  ['error NO_FAMILY families', { sessions: 'ipv6-only', families: ['ipv4', 'ipv6'] }],
  ['error ENH_NEEDS_MP extendedNextHop', { sessions: 'ipv6-only', extendedNextHop: true }],
  ['error V4_NEEDS_ADDRESS addresses.ipv4', { extendedNextHop: false }],
  ['error V4_NEEDS_ADDRESS addresses.ipv4', { sessions: 'separate' }],
  ['error V4_NEEDS_ADDRESS addresses.ipv4', { sessions: 'ipv4-only' }],
  [
    'error V4_NEEDS_ADDRESS sessions',
    { sessions: 'separate', addresses: { ipv4: '172.21.129.1' } },
    { node: { addresses: ['fdb0:6000:100::1'] } },
  ],
  ['error KEEPALIVE_RANGE keepalive', { keepalive: 121 }],
  ['error KEEPALIVE_RANGE keepalive', { keepalive: -1 }],
  ['error KEEPALIVE_RANGE keepalive', { keepalive: 2.5 }],
  ['error OBFUSCATION_INVALID obfuscation', { obfuscation: { kind: 'wgobfs', key: 'moss' } }],
  ['error SESSION_OPTION_INVALID bfd', { bfd: true }],
  ['error SESSION_OPTION_INVALID reversePath', { reversePath: 'off' }],
  ['error BFD_RANGE bfd', { bfd: { minTx: 99 } }, { actor: 'operator' }],
  ['error BFD_RANGE bfd', { bfd: { minRx: 30_001 } }, { actor: 'operator' }],
  ['error BFD_RANGE bfd', { bfd: { multiplier: 2 } }, { actor: 'operator' }],
  ['error BFD_RANGE bfd', { bfd: { minTx: 100.5 } }, { actor: 'operator' }],
  ['error MTU_RANGE mtu', { mtu: 1279 }],
  ['error MTU_RANGE mtu', { mtu: 1421 }],
  ['error LIMIT_RANGE importLimit', { importLimit: 0 }],
  ['error LIMIT_RANGE importLimit', { importLimit: 200_001 }],
  ['error PORT_RANGE listenPort', { listenPort: 0 }],
  ['error PORT_RANGE listenPort', { listenPort: 65_536 }],
  ['error PORT_IN_USE listenPort', { asn: 4242426002, listenPort: 26002 }],
  ['error POLICY_UNKNOWN policy', { policy: 'everything' }],
  ['error CONTACT_INVALID contact', { contact: 'a\nb' }],
  ['error CONTACT_INVALID contact', { contact: 'x'.repeat(101) }],
  ['error CONTACT_INVALID contact', { contact: 'a\u202eb' }],
  ['error REMARK_INVALID remark', { remark: 'x'.repeat(501) }],
];

test.each(MISTAKES)('%s: %j', (finding, change, setting) => {
  expect(findings(change, setting)).toEqual([finding]);
});

test.each<[string, Change, Setting?]>([
  ['a tunnel without BGP, by an operator', { sessions: 'none' }, { actor: 'operator' }],
  [
    'somebody else’s address, by an operator',
    { addresses: { ipv4: '172.21.131.1' } },
    { actor: 'operator' },
  ],
  ['a transfer address, which nobody holds', { addresses: { ipv4: '169.254.131.1' } }],
  ['an address of an affiliate', { addresses: { ipv4: '10.127.1.1' } }],
  ['no endpoint, where strangers can reach us', { endpoint: 'none' }],
  ['IPv6 only needs no IPv4', { sessions: 'ipv6-only', extendedNextHop: false }],
  ['MP-BGP for IPv6 alone needs no IPv4', { families: ['ipv6'], extendedNextHop: false }],
  ['separate sessions for IPv6 alone need no IPv4', { sessions: 'separate', families: ['ipv6'] }],
  ['a name as endpoint', { endpoint: 'alder.example:51820' }],
])('may be asked for: %s', (_, change, setting) => {
  expect(findings(change, setting)).toEqual([]);
});

test('KEY_IN_USE does not say who holds the key', () => {
  const [finding] = checkPeeringRequest({ ...REQUEST, publicKey: key(2) }, CONTEXT);
  expect(`${finding?.message} ${finding?.hint}`).not.toMatch(/basalt|4242426002/i);
});

test('what was wrong is shown printable, short, and never the keys', () => {
  const hostile = `\u001b[31m${'x'.repeat(400)}\u202e`;
  const found = checkPeeringRequest(
    {
      ...REQUEST,
      node: hostile,
      publicKey: hostile,
      presharedKey: hostile,
      password: hostile,
      linkLocal: hostile,
      addresses: { ipv4: hostile, ipv6: hostile },
    },
    CONTEXT,
  );
  expect(found.map((finding) => finding.code)).toEqual([
    'NODE_UNKNOWN',
    'KEY_ENCODING',
    'PSK_ENCODING',
    'PASSWORD_INVALID',
    'LL_SYNTAX',
    'ADDRESS_SYNTAX',
    'ADDRESS_SYNTAX',
  ]);
  for (const { code, message } of found) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there
    expect(message).not.toMatch(/[\u0000-\u001f\u202e]/);
    expect(message.length).toBeLessThan(200);
    if (/KEY|PSK|PASSWORD/.test(code)) expect(message).not.toContain('xxx');
  }
});

test('the address that is free is not the one that conflicts', () => {
  const taken = checkPeeringRequest({ ...REQUEST, linkLocal: 'fe80::6000' }, CONTEXT)[0];
  expect(taken?.hint).toBe('fe80::6001 is free.');
  const custom = checkPeeringRequest(
    { ...REQUEST, asn: 4242429999, ourLinkLocal: 'fe80::9999' },
    CONTEXT,
  )[0];
  expect(custom?.hint).toBe('fe80::1:9999 is free.');
});

test('without an endpoint the tunnel is kept open by keepalives', () => {
  expect(normalizePeering({ ...REQUEST, endpoint: 'none' }).keepalive).toBe(25);
  expect(normalizePeering({ ...REQUEST, endpoint: 'none', keepalive: 0 }).keepalive).toBe(0);
});

test('texts become canonical, so that equal wishes are equal texts', () => {
  const peering = normalizePeering({
    ...REQUEST,
    endpoint: '[2A00:0:0::5]:0051',
    linkLocal: 'FE80:0::6001',
    addresses: { ipv6: 'FDB1:6000:0101::1' },
    families: ['ipv6', 'ipv6'],
  });
  expect(peering.endpoint).toBe('[2a00::5]:51');
  expect(peering.linkLocal).toBe('fe80::6001');
  expect(peering.addresses.ipv6).toBe('fdb1:6000:101::1');
  expect(peering.families).toEqual(['ipv6']);
});

test('the customs of DN42: last four digits', () => {
  expect(customaryLinkLocal(4242420042)).toBe('fe80::42');
  expect(customaryLinkLocal(4242420000)).toBe('fe80::1');
  expect(customaryPort(4242426001)).toBe(26001);
  expect(customaryPort(64512)).toBe(24512);
});

test('any values of the right types give findings, never an exception; what passes is one line of plain text', () => {
  const text = fc.oneof(
    fc.string(),
    fc.constantFrom('none', 'fe80::6001', '172.21.129.1', 'mp-bgp', 'separate', key(1)),
  );
  const optional = fc.option(text, { nil: undefined });
  const request = fc.record({
    node: fc.constantFrom('tokyo', 'x'),
    asn: fc.oneof(fc.integer(), fc.double(), fc.constant(4242426001)),
    publicKey: text,
    name: optional,
    presharedKey: optional,
    password: optional,
    endpoint: optional,
    linkLocal: optional,
    sessions: optional,
    addresses: fc.record({ ipv4: optional, ipv6: optional }),
    policy: optional,
    mtu: fc.option(fc.integer(), { nil: undefined }),
  });
  fc.assert(
    fc.property(request, (wish) => {
      const found = checkPeeringRequest(wish as PeeringRequest, CONTEXT);
      if (found.some((finding) => finding.severity === 'error')) return;
      const { contact: _c, remark: _r, ...written } = normalizePeering(wish as PeeringRequest);
      for (const value of Object.values({ ...written, ...written.addresses }))
        if (typeof value === 'string') expect(value).toMatch(/^[A-Za-z0-9:.[\]+/=-]+$/);
    }),
    { numRuns: 500 },
  );
});
