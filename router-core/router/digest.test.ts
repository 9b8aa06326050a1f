import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson, withDigest } from './digest.ts';
import { TEST_DOCUMENT } from './testing/document.ts';

/** The same data with keys in another order. */
function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, field]) => [key, shuffled(field)]),
  );
}

test('equal data gives equal text, whatever the order of keys', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(canonicalJson(shuffled(value))).toBe(canonicalJson(value));
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('a key that is undefined is a key that is absent', () => {
  expect(canonicalJson({ b: 1, a: undefined, c: [undefined] })).toBe('{"b":1,"c":[null]}');
});

test('the digest tells what is desired, not who asked for it and when', () => {
  const { digest } = withDigest(TEST_DOCUMENT);
  const same = {
    ...TEST_DOCUMENT,
    epoch: 'other',
    revision: 9,
    operation: 'op',
    allowMassRemoval: true,
  };
  expect(withDigest(same).digest).toBe(digest);
  expect(withDigest(same).revision).toBe(9);
  expect(withDigest(shuffled(TEST_DOCUMENT) as typeof TEST_DOCUMENT).digest).toBe(digest);
  expect(withDigest({ ...TEST_DOCUMENT, peerings: [] }).digest).not.toBe(digest);
  expect(withDigest({ ...TEST_DOCUMENT, node: { ...TEST_DOCUMENT.node, asn: 1 } }).digest).not.toBe(
    digest,
  );
});

test('stays the same from version to version: it is compared across restarts', () => {
  expect(withDigest(TEST_DOCUMENT).digest).toMatchInlineSnapshot(
    `"d65c54c1663601964c6f5525e9dfcc2e0e60dc027663f43137a410966c1796c2"`,
  );
});
