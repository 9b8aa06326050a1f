import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseIpAddress } from '../base/ip-address.ts';
import type { Asn } from '../base/units.ts';
import { compareIndexes } from './comparison.ts';
import { fixtureFiles, fixtureIndex, rpsl } from './fixtures/fixture-registry.ts';
import { buildRegistryIndex } from './index-builder.ts';
import { MAX_FILE_BYTES, MAX_OBJECTS, MAX_REGISTRY_BYTES } from './limits.ts';
import { addressSpaceOf, asnRangeOf } from './numbers.ts';

test('skips a file that is too large and reads the rest', () => {
  const index = buildRegistryIndex(
    [
      { path: 'mntner/BIG-MNT', bytes: new Uint8Array(MAX_FILE_BYTES + 1) },
      { path: 'mntner/A-MNT', bytes: rpsl(['mntner', 'A-MNT']) },
    ],
    { commit: null },
  );
  expect(index.maintainers.map((m) => m.name)).toEqual(['A-MNT']);
  expect(index.problems).toEqual([['mntner/BIG-MNT', ['TOO_LARGE']]]);
});

test('stops at the greatest number of objects, and at the greatest size', () => {
  const bytes = rpsl(['x', 'y']);
  const many = (function* () {
    for (let i = 0; i < MAX_OBJECTS + 10; i++) yield { path: `dns/${i}`, bytes };
  })();
  const index = buildRegistryIndex(many, { commit: null });
  expect(index.totals.objects).toBe(MAX_OBJECTS);
  expect(index.problems).toEqual([[`dns/${MAX_OBJECTS}`, ['TOO_MANY_OBJECTS']]]);

  const chunk = new Uint8Array(MAX_FILE_BYTES).fill(0x25);
  const heavy = (function* () {
    for (let i = 0; i <= MAX_REGISTRY_BYTES / chunk.length; i++)
      yield { path: `dns/${i}`, bytes: chunk };
  })();
  const codes = buildRegistryIndex(heavy, { commit: null }).problems.flatMap(([, all]) => all);
  expect(codes).toContain('TOO_MANY_OBJECTS');
});

test('passes over files that are no objects: deeper folders, strange names', () => {
  const bytes = rpsl(['mntner', 'A-MNT']);
  const index = buildRegistryIndex(
    [
      { path: 'mntner/deep/A-MNT', bytes },
      { path: 'README', bytes },
      { path: 'constructor/A-MNT', bytes },
    ],
    { commit: null },
  );
  expect(index.maintainers).toEqual([]);
});

test('gives an index for any octets in any folder', () => {
  const folder = fc.constantFrom('aut-num', 'mntner', 'key-cert', 'route', 'inet6num', 'person');
  const name = fc.constantFrom('AS1', 'A-MNT', '10.0.0.0_24', 'fd00::_8', 'PGPKEY-12345678');
  fc.assert(
    fc.property(folder, name, fc.uint8Array({ maxLength: 300 }), (in_, named, bytes) => {
      const index = buildRegistryIndex([{ path: `${in_}/${named}`, bytes }], { commit: null });
      expect(index.totals.objects).toBe(1);
    }),
  );
});

test('waits for the operator when more than a fifth is gone, even if as much came (§1.7)', () => {
  const before = fixtureIndex();
  expect(compareIndexes(before, before)).toMatchObject({ shrank: false, roas: { lost: 0 } });

  const without = (share: number) =>
    buildRegistryIndex(
      fixtureFiles().filter((f, i) => !f.path.startsWith('route') || i % 100 >= share * 100),
      { commit: null },
    );
  expect(compareIndexes(before, without(1)).shrank).toBe(true);
  expect(compareIndexes(without(1), before).shrank).toBe(false);

  const replaced = {
    ...before,
    maintainers: before.maintainers.map((m) => ({ ...m, name: `X${m.name}` })),
  };
  expect(compareIndexes(before, replaced)).toMatchObject({
    shrank: true,
    maintainers: { before: before.maintainers.length, lost: before.maintainers.length },
  });
  const oneLess = { ...before, roas: before.roas.slice(1) };
  expect(compareIndexes(before, oneLess)).toMatchObject({ shrank: false, roas: { lost: 1 } });
});

test.each([
  [4242420000, 'dn42'],
  [4242423999, 'dn42'],
  [4242424000, 'dn42-reserved'],
  [4242427000, 'dn42-sub-allocation'],
  [76150, 'legacy'],
  [64512, 'legacy'],
  [4201270000, 'neonetwork'],
  [13335, 'other'],
])('knows the range of AS%i: %s (§1.4)', (asn, range) => {
  expect(asnRangeOf(asn as Asn)).toBe(range);
});

test.each([
  ['172.20.0.53', 'dn42-anycast'],
  ['172.22.250.1', 'dn42-transfer'],
  ['172.21.129.1', 'dn42-native'],
  ['10.100.1.1', 'chaosvpn'],
  ['172.31.1.1', 'chaosvpn'],
  ['10.127.1.1', 'neonetwork'],
  ['10.9.1.1', 'freifunk'],
  ['fd42:d42:d42:43::1', 'dn42-anycast'],
  ['fdb1::1', 'dn42-ula'],
  ['fe80::1', 'link-local'],
  ['169.254.1.1', 'link-local'],
  ['8.8.8.8', 'other'],
  ['2001:db8::1', 'other'],
])('knows the space of %s: %s', (address, space) => {
  const parsed = parseIpAddress(address);
  expect(parsed && addressSpaceOf(parsed)).toBe(space);
});
