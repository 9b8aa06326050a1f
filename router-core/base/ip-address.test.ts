import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  equalAddresses,
  equalPrefixes,
  firstOfFamily,
  formatIpAddress,
  formatIpPrefix,
  hostPrefix,
  type IpAddress,
  isLinkLocal,
  maskBytes,
  parseIpAddress,
  parseIpPrefix,
  parseIpPrefixLoose,
  prefixContains,
  prefixCovers,
  prefixesOverlap,
  prefixOf,
  sharesBits,
} from './ip-address.ts';

const anyAddress: fc.Arbitrary<IpAddress> = fc.oneof(
  fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => ({ family: 4 as const, bytes })),
  // Many zero groups, so that "::" has something to do.
  fc
    .array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff })), {
      minLength: 8,
      maxLength: 8,
    })
    .map((groups) => ({
      family: 6 as const,
      bytes: Uint8Array.from(groups.flatMap((g) => [g >>> 8, g & 255])),
    })),
);
const anyPrefix = fc
  .tuple(anyAddress, fc.nat({ max: 128 }))
  .map(([address, length]) => prefixOf(address, Math.min(length, address.bytes.length * 8)));
const bitsOf = (bytes: Uint8Array): string =>
  [...bytes].map((b) => b.toString(2).padStart(8, '0')).join('');

test('every address comes back from its text', () => {
  fc.assert(
    fc.property(anyAddress, (address) => {
      const again = parseIpAddress(formatIpAddress(address));
      expect(again).toEqual(address);
    }),
  );
});

test('writes IPv6 as RFC 5952 §4 wants it', () => {
  const vectors = {
    '2001:0db8:0000:0000:0001:0000:0000:0001': '2001:db8::1:0:0:1',
    '2001:db8:0:0:0:0:2:1': '2001:db8::2:1',
    '2001:db8:0:1:1:1:1:1': '2001:db8:0:1:1:1:1:1',
    '2001:0:0:1:0:0:0:1': '2001:0:0:1::1',
    '2001:DB8::ABCD': '2001:db8::abcd',
    '0:0:0:0:0:0:0:0': '::',
    '0:0:0:0:0:0:0:1': '::1',
    '1:0:0:0:0:0:0:0': '1::',
    'fe80:0:0:0:0:0:0:6001': 'fe80::6001',
    '1:2:3:4:5:6:7::': '1:2:3:4:5:6:7:0',
    '::2:3:4:5:6:7:8': '0:2:3:4:5:6:7:8',
    '::ffff:c000:0201': '::ffff:192.0.2.1',
    '64:ff9b::192.0.2.33': '64:ff9b::c000:221',
  };
  for (const [text, canonical] of Object.entries(vectors))
    expect(formatIpAddress(parseIpAddress(text)!)).toBe(canonical);
});

test('refuses what is no address', () => {
  const wrong = [
    '',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '01.2.3.4',
    '1.2.3.4 ',
    ' 1.2.3.4',
    '1.2.3.-4',
    '0x1.2.3.4',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '12345::',
    'fe80::1%eth0',
    '::g',
    '1:',
    ':1',
    '1.2.3.4::',
    '::1.2.3',
    '::1.2.3.4:5',
    '1:2:3:4:5:6:7:1.2.3.4',
  ];
  for (const text of wrong) expect(parseIpAddress(text), text).toBeUndefined();
});

test('any text gives an address or undefined', () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom('0', '1', 'f', ':', '.', '%', '/') }),
  );
  fc.assert(
    fc.property(text, (t) => {
      const address = parseIpAddress(t);
      if (address !== undefined) expect(address.bytes.length).toBe(address.family === 4 ? 4 : 16);
      expect(() => parseIpPrefix(t)).not.toThrow();
    }),
  );
});

test('the first address of a family is found among what people write', () => {
  const texts = ['fe80::1', 'no address', '172.20.0.1', '172.20.0.2', 'fd00::1'];
  expect([firstOfFamily(texts, 4), firstOfFamily(texts, 6)]).toEqual(['172.20.0.1', 'fe80::1']);
  expect(firstOfFamily(['fe80::1', '172.20.0.1/32'], 4)).toBeUndefined();
});

test('a prefix has zero host bits; an interface address may keep them', () => {
  expect(parseIpPrefix('172.21.129.0/27')).toBeDefined();
  expect(parseIpPrefix('172.21.129.1/27')).toBeUndefined();
  expect(formatIpPrefix(parseIpPrefixLoose('172.21.129.1/27')!)).toBe('172.21.129.1/27');
  expect(parseIpPrefix('0.0.0.0/0')?.length).toBe(0);
  expect(parseIpPrefix('::/0')?.family).toBe(6);
  for (const text of [
    '1.2.3.4',
    '1.2.3.4/33',
    '::/129',
    '1.2.3.4/-1',
    '1.2.3.4/ 8',
    '/8',
    '1.2.3.4/8/8',
  ])
    expect(parseIpPrefixLoose(text), text).toBeUndefined();
});

test('every prefix comes back from its text', () => {
  fc.assert(
    fc.property(anyPrefix, (prefix) => {
      expect(parseIpPrefix(formatIpPrefix(prefix))).toEqual(prefix);
    }),
  );
});

test('containment, covering and overlap are statements about leading bits', () => {
  fc.assert(
    fc.property(anyPrefix, anyPrefix, anyAddress, (a, b, address) => {
      const [bitsA, bitsB] = [
        bitsOf(a.bytes).slice(0, a.length),
        bitsOf(b.bytes).slice(0, b.length),
      ];
      const covers = a.family === b.family && bitsB.startsWith(bitsA);
      expect(prefixCovers(a, b)).toBe(covers);
      expect(prefixesOverlap(a, b)).toBe(
        a.family === b.family && (covers || bitsA.startsWith(bitsB)),
      );
      expect(equalPrefixes(a, b)).toBe(a.family === b.family && bitsA === bitsB);
      expect(prefixContains(a, address)).toBe(
        a.family === address.family && bitsOf(address.bytes).startsWith(bitsA),
      );
      expect(prefixContains(prefixOf(address, 13), address)).toBe(true);
    }),
  );
});

test('shared bits are counted within an octet too', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.nat(31),
      fc.nat(32),
      (bytes, flip, length) => {
        const other = bytes.slice();
        other[flip >>> 3]! ^= 0x80 >>> (flip & 7);
        expect(sharesBits(bytes, other, length)).toBe(length <= flip);
      },
    ),
  );
});

test('masking clears everything after the length', () => {
  const bytes = Uint8Array.of(0xff, 0xff, 0xff, 0xff);
  maskBytes(bytes, 11);
  expect([...bytes]).toEqual([0xff, 0xe0, 0, 0]);
});

test('a host prefix holds one address', () => {
  const address = parseIpAddress('fd42::1')!;
  expect(hostPrefix(address).length).toBe(128);
  expect(prefixContains(hostPrefix(address), parseIpAddress('fd42::2')!)).toBe(false);
});

test('addresses of two families are never equal, link-local is fe80::/10', () => {
  expect(equalAddresses(parseIpAddress('0.0.0.0')!, parseIpAddress('::')!)).toBe(false);
  expect(isLinkLocal(parseIpAddress('fe80::1')!)).toBe(true);
  expect(isLinkLocal(parseIpAddress('febf::1')!)).toBe(true);
  expect(isLinkLocal(parseIpAddress('fec0::1')!)).toBe(false);
  expect(isLinkLocal(parseIpAddress('169.254.0.1')!)).toBe(false);
});
