import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatIpAddress } from '../../../base/ip-address.ts';
import { formatMacAddress } from '../../../base/mac-address.ts';
import { type Derived, ipAddressOf, macAddressOf } from './derive-addresses.ts';
import vectors from './fixtures/addresses.json' with { type: 'json' };

const textOf = <T>(derived: Derived<T>, format: (address: T) => string): string | null =>
  'problem' in derived ? null : format(derived.address);

describe('as the original derives them', () => {
  test.each(vectors.macFromNodeId)(
    'MAC of node $nodeId under "$prefix"',
    ({ prefix, nodeId, mac }) => {
      expect(textOf(macAddressOf(prefix, nodeId), formatMacAddress)).toBe(mac ?? null);
    },
  );

  test.each(vectors.ipFromNodeId)(
    'IPv$version of node $nodeId in $cidr',
    ({ cidr, nodeId, version, ip }) => {
      const family = version === 4 ? 4 : 6;
      expect(textOf(ipAddressOf(cidr, nodeId, family), formatIpAddress)).toBe(ip ?? null);
    },
  );
});

test.each([
  ['', 'must have 2 to 6 octets'],
  ['AA', 'must have 2 to 6 octets'],
  ['02:00:00:00:00:00:00', 'must have 2 to 6 octets'],
  ['zz:00', 'must consist of hexadecimal octets'],
  ['100:00', 'must consist of hexadecimal octets'],
  ['01:00:5E:00', 'names a group'],
])('the MAC prefix %j %s', (prefix, why) => {
  expect(macAddressOf(prefix, 1)).toEqual({ problem: expect.stringContaining(why) });
});

test.each([
  ['bogus', 4, 'must be an IPv4 prefix'],
  ['fd00::/64', 4, 'must be an IPv4 prefix'],
  ['10.0.0.0/8', 6, 'must be an IPv6 prefix'],
  ['10.0.0.0/33', 4, 'must be an IPv4 prefix'],
  ['192.168.76.0/24', 4, '(192.168.76.0/24) has 254 addresses, too few for node 300.'],
] as const)('the prefix %j as IPv%i: %s', (cidr, family, why) => {
  expect(ipAddressOf(cidr, 300, family)).toEqual({ problem: expect.stringContaining(why) });
});

test('nodes of a network have different addresses, in the network, and the first and the last are left out', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 254 }), fc.integer({ min: 1, max: 254 }), (a, b) => {
      const [first, second] = [a, b].map((n) =>
        textOf(ipAddressOf('10.1.2.9/24', n, 4), formatIpAddress),
      );
      expect(first).toBe(`10.1.2.${a}`);
      expect(first === second).toBe(a === b);
    }),
  );
});
