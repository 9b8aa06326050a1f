import { expect, test } from 'vitest';
import { RouterError } from '../base/errors.ts';
import { formatIpAddress, formatIpPrefix } from '../base/ip-address.ts';
import { typeNode, typePeering } from './config.ts';
import { withDigest } from './digest.ts';
import { TEST_DOCUMENT, TEST_PEERING, testKey } from './testing/document.ts';
import type { NodeSettings, PeeringConfig } from './types.ts';

const node = typeNode(withDigest(TEST_DOCUMENT));
const typed = (change: Partial<PeeringConfig> = {}) =>
  typePeering({ ...TEST_PEERING, ...change }, node);

/** The code and place of what is thrown. */
function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof RouterError) return `${error.code} ${error.details.path ?? ''}`.trim();
    throw error;
  }
  return 'accepted';
}

test('a document becomes types of our own', () => {
  expect(node.routerId).toBe(0xac158001);
  expect(node.announce.map(formatIpPrefix)).toEqual(['172.21.128.0/27', 'fdb0:6000:100::/48']);
  const peering = typed();
  expect(peering.publicKey).toEqual(new Uint8Array(32).fill(1));
  expect(peering.endpoint?.port).toBe(51820);
  expect([peering.linkLocal, peering.ourLinkLocal, peering.ipv4!].map(formatIpAddress)).toEqual([
    'fe80::6001',
    'fe80::6000',
    '172.21.129.1',
  ]);
  expect(peering.port).toBe(51820);
  expect(typed({ listenPort: 26001, ourLinkLocal: 'fe80::7' }).port).toBe(26001);
  expect('presharedKey' in peering).toBe(false);
  expect(typed({ presharedKey: testKey(9) }).presharedKey?.[0]).toBe(9);
  expect(typed({ password: 'moss' }).password).toEqual(Uint8Array.of(0x6d, 0x6f, 0x73, 0x73));
});

test('a document of a newer program is refused as a whole', () => {
  const newer = { ...withDigest(TEST_DOCUMENT), schema: 2 } as unknown as Parameters<
    typeof typeNode
  >[0];
  expect(refusal(() => typeNode(newer))).toBe('CONFIG_SCHEMA_NEWER');
});

test.each<[string, Partial<NodeSettings>]>([
  ['ASN_INVALID node.asn', { asn: 0 }],
  ['NAME_INVALID node.name', { name: 'Tokyo 1' }],
  ['ADDRESS_SYNTAX node.routerId', { routerId: 'fd00::1' }],
  ['ADDRESS_SYNTAX node.routerId', { routerId: '0.0.0.0' }],
  ['LL_SYNTAX node.linkLocal', { linkLocal: '172.21.128.1' }],
  ['LL_SYNTAX node.linkLocal', { linkLocal: 'fd00::1' }],
  ['ADDRESS_SYNTAX node.addresses[1]', { addresses: ['172.21.128.1', 'x'] }],
  ['PREFIX_SYNTAX node.announce[0]', { announce: ['172.21.128.1/27'] }],
])('node: %s', (expected, change) => {
  const document = withDigest({ ...TEST_DOCUMENT, node: { ...TEST_DOCUMENT.node, ...change } });
  expect(refusal(() => typeNode(document))).toBe(expected);
});

test.each<[string, Partial<PeeringConfig>]>([
  ['ASN_INVALID asn', { asn: 0 }],
  ['KEY_ENCODING publicKey', { publicKey: 'x' }],
  ['KEY_LOW_ORDER publicKey', { publicKey: testKey(0) }],
  ['PSK_ENCODING presharedKey', { presharedKey: 'x' }],
  ['PASSWORD_INVALID password', { password: '' }],
  ['PASSWORD_INVALID password', { password: 'x'.repeat(81) }],
  ['PASSWORD_INVALID password', { password: 'grün' }],
  ['BFD_RANGE bfd', { bfd: { minTx: 10, minRx: 300, multiplier: 5 } }],
  ['ENDPOINT_SYNTAX endpoint', { endpoint: 'x' }],
  ['LL_SYNTAX linkLocal', { linkLocal: '169.254.1.1' }],
  ['LL_SYNTAX linkLocal', { linkLocal: 'fd00::1' }],
  ['LL_SYNTAX ourLinkLocal', { ourLinkLocal: 'x' }],
  ['ADDRESS_SYNTAX addresses.ipv4', { addresses: { ipv4: 'fd00::1' } }],
  ['ADDRESS_SYNTAX addresses.ipv6', { addresses: { ipv6: '172.20.0.1' } }],
])('peering: %s', (expected, change) => {
  expect(refusal(() => typed(change))).toBe(expected);
});

test('no error tells a key', () => {
  for (const change of [
    { publicKey: 'SECRETx' },
    { presharedKey: 'SECRETx' },
    { password: 'SECRETx\n' },
  ])
    expect(() => typed(change)).toThrow(
      expect.not.stringContaining('SECRETx') as unknown as string,
    );
});

test('equal wishes have equal fingerprints', () => {
  const reordered = Object.fromEntries(Object.entries(TEST_PEERING).reverse()) as PeeringConfig;
  expect(typePeering(reordered, node).fingerprint).toBe(typed().fingerprint);
  expect(typed({ mtu: 1400 }).fingerprint).not.toBe(typed().fingerprint);
});

test('a peering is disguised as it says, else as the shared port says, which its MTU pays for', () => {
  const wgobfs = { kind: 'wgobfs', key: 'moss' } as const;
  const awg = { kind: 'amneziawg', s4: 20 } as const;
  const shared = typeNode(
    withDigest({
      ...TEST_DOCUMENT,
      node: { ...TEST_DOCUMENT.node, listen: { port: 51820, host: '::', obfuscation: wgobfs } },
    }),
  );
  const on = (change: Partial<PeeringConfig>) =>
    typePeering({ ...TEST_PEERING, ...change }, shared);
  expect(on({})).toMatchObject({ obfuscation: wgobfs, mtu: 1412 });
  expect(on({ mtu: 1400 })).toMatchObject({ obfuscation: wgobfs, mtu: 1400 });
  expect(on({ listenPort: 51820 })).toMatchObject({ obfuscation: wgobfs });
  expect(on({ listenPort: 26001 })).toMatchObject({ obfuscation: { kind: 'none' }, mtu: 1420 });
  expect(on({ obfuscation: awg })).toMatchObject({ obfuscation: awg, mtu: 1400 });
  expect(on({ obfuscation: { kind: 'none' } })).toMatchObject({ mtu: 1420 });
  // What the port says is part of the surroundings: another word makes the peering anew.
  expect(on({}).surroundings).not.toBe(typed().surroundings);
  expect(on({}).fingerprint).toBe(typed().fingerprint);
});

test.each([
  [{ kind: 'rot13' }, 'OBFUSCATION_INVALID obfuscation.kind'],
  [{ kind: 'wgobfs' }, 'OBFUSCATION_INVALID obfuscation.key'],
  [{ kind: 'amneziawg', s4: 999 }, 'OBFUSCATION_INVALID obfuscation.s4'],
  ['wgobfs', 'OBFUSCATION_INVALID obfuscation'],
])('a router trusts no document: %j is refused', (obfuscation, expected) => {
  const wanted = { obfuscation } as unknown as Partial<PeeringConfig>;
  expect(refusal(() => typed(wanted))).toBe(expected);
  const listen = { port: 51820, host: '::', obfuscation } as unknown as NodeSettings['listen'];
  const document = { ...TEST_DOCUMENT, node: { ...TEST_DOCUMENT.node, listen } };
  expect(refusal(() => typeNode(withDigest(document)))).toBe(
    expected.replace('obfuscation', 'node.listen.obfuscation'),
  );
});
