import fc from 'fast-check';
import { expect, test } from 'vitest';
import { prefixCovers, prefixOf } from '../../base/ip-address.ts';
import { FIXTURE_ROAS } from '../routes/testing/registry-fixture.ts';
import { prefix } from '../routes/testing/updates.ts';
import { type Roa, RoaTable, type RoaValidity } from './roa-table.ts';

const table = new RoaTable(FIXTURE_ROAS);

test.each<[string, number, RoaValidity]>([
  ['172.21.129.0/27', 4242426001, 'valid'],
  ['172.21.129.0/27', 4242426002, 'invalid-origin'],
  ['172.21.129.0/28', 4242426001, 'invalid-length'],
  ['172.21.129.0/28', 4242426002, 'invalid-origin'],
  ['172.21.0.0/16', 4242426001, 'not-found'],
  ['172.21.200.0/24', 4242426001, 'not-found'],
  // Two origins hold this one, with a maximum from the filter row.
  ['172.21.161.0/24', 4242426001, 'valid'],
  ['172.21.0.200/32', 4242426001, 'valid'],
  ['10.127.254.0/24', 4201276001, 'valid'],
  ['10.127.254.128/25', 4201276001, 'valid'],
  // fdc0::/40 is shorter than the filter's minimum, and authorizes all the same.
  ['fdc0::/48', 4242426001, 'valid'],
  ['fdb1:6000:101::/48', 4242426001, 'valid'],
  ['fdb1:6000:101::/65', 4242426001, 'invalid-length'],
  ['fd00::/8', 4242426001, 'not-found'],
])('%s from AS%i is %s', (text, asn, validity) => {
  expect(table.validate(prefix(text), asn)).toBe(validity);
});

test('a route without an origin is invalid where it is covered (RFC 6811 §2)', () => {
  expect(table.validate(prefix('172.21.129.0/27'), 0)).toBe('invalid-origin');
  expect(table.validate(prefix('192.168.0.0/24'), 0)).toBe('not-found');
});

test('AS 0 authorizes nobody (RFC 6483 §4)', () => {
  const denied = new RoaTable([{ prefix: prefix('172.22.0.0/24'), maxLength: 32, asn: 0 }]);
  expect(denied.validate(prefix('172.22.0.0/24'), 0)).toBe('invalid-origin');
});

test('covering authorizations come shortest first', () => {
  const nested = new RoaTable([
    { prefix: prefix('172.22.0.0/24'), maxLength: 24, asn: 2 },
    { prefix: prefix('172.20.0.0/14'), maxLength: 24, asn: 1 },
    { prefix: prefix('172.22.0.0/24'), maxLength: 28, asn: 3 },
    { prefix: prefix('172.22.0.0/26'), maxLength: 28, asn: 4 },
  ]);
  expect(nested.covering(prefix('172.22.0.0/25')).map(({ asn }) => asn)).toEqual([1, 2, 3]);
});

test('it agrees with a scan of the list', () => {
  const anyPrefix = fc
    .tuple(fc.array(fc.constantFrom(0, 128, 255), { minLength: 4, maxLength: 4 }), fc.nat(32))
    .map(([octets, length]) => prefixOf({ family: 4, bytes: new Uint8Array(octets) }, length));
  const roa: fc.Arbitrary<Roa> = fc.record({
    prefix: anyPrefix,
    maxLength: fc.nat(32),
    asn: fc.nat(3),
  });
  fc.assert(
    fc.property(fc.array(roa), anyPrefix, fc.nat(3), (roas, route, origin) => {
      const covering = roas.filter((each) => prefixCovers(each.prefix, route));
      const same = covering.filter((each) => each.asn === origin && origin !== 0);
      const expected =
        covering.length === 0
          ? 'not-found'
          : same.some((each) => route.length <= each.maxLength)
            ? 'valid'
            : same.length > 0
              ? 'invalid-length'
              : 'invalid-origin';
      expect(new RoaTable(roas).validate(route, origin)).toBe(expected);
    }),
  );
});
