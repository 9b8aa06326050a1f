import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  equalPrefixes,
  formatIpPrefix,
  type IpPrefix,
  parseIpAddress,
  parseIpPrefix,
  prefixContains,
  prefixCovers,
  prefixOf,
} from './ip-address.ts';
import { PrefixTrie } from './prefix-trie.ts';

/** The same table as a list that is searched from end to end. */
class PrefixList {
  entries: { prefix: IpPrefix; value: number }[] = [];
  set(prefix: IpPrefix, value: number): void {
    this.delete(prefix);
    this.entries.push({ prefix, value });
  }
  get(prefix: IpPrefix): number | undefined {
    return this.entries.find((entry) => equalPrefixes(entry.prefix, prefix))?.value;
  }
  delete(prefix: IpPrefix): boolean {
    const before = this.entries.length;
    this.entries = this.entries.filter((entry) => !equalPrefixes(entry.prefix, prefix));
    return this.entries.length < before;
  }
}

// Few distinct bits, so that prefixes meet.
const anyPrefix = fc
  .record({
    isV6: fc.boolean(),
    bytes: fc.array(fc.constantFrom(0, 0x80, 0xc0, 0xff), { minLength: 16, maxLength: 16 }),
    length: fc.nat({ max: 40 }),
  })
  .map(({ isV6, bytes, length }) => {
    const octets = Uint8Array.from(bytes.slice(0, isV6 ? 16 : 4));
    return prefixOf({ family: isV6 ? 6 : 4, bytes: octets }, Math.min(length, octets.length * 8));
  });
const order = (a: IpPrefix, b: IpPrefix): number => {
  for (let i = 0; i < a.bytes.length; i++)
    if (a.bytes[i] !== b.bytes[i]) return a.bytes[i]! - b.bytes[i]!;
  return a.length - b.length;
};

test('answers as a list does that is searched from end to end', () => {
  const step = fc.record({ prefix: anyPrefix, isRemoved: fc.boolean(), asked: anyPrefix });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const trie = new PrefixTrie<number>();
      const list = new PrefixList();
      for (const [i, { prefix, isRemoved, asked }] of steps.entries()) {
        if (isRemoved) expect(trie.delete(prefix)).toBe(list.delete(prefix));
        else {
          trie.set(prefix, i);
          list.set(prefix, i);
        }
        expect(trie.size).toBe(list.entries.length);
        expect(trie.get(asked)).toBe(list.get(asked));
        const covering = list.entries
          .filter((entry) => prefixCovers(entry.prefix, asked))
          .sort((a, b) => a.prefix.length - b.prefix.length);
        expect(trie.covering(asked)).toEqual(covering);
        const inside = list.entries
          .filter((entry) => prefixCovers(asked, entry.prefix))
          .sort((a, b) => order(a.prefix, b.prefix));
        expect([...trie.covered(asked)]).toEqual(inside);
        expect([...trie.covered(asked, 2)]).toEqual(inside.slice(0, 2));
        const longest = list.entries
          .filter((entry) => prefixContains(entry.prefix, asked))
          .sort((a, b) => b.prefix.length - a.prefix.length)[0];
        expect(trie.longestMatch(asked)).toEqual(longest);
      }
    }),
    { numRuns: 200 },
  );
});

test('the default route matches what nothing else does, each family for itself', () => {
  const trie = new PrefixTrie<string>();
  trie.set(parseIpPrefix('0.0.0.0/0')!, 'everything');
  trie.set(parseIpPrefix('172.20.0.0/14')!, 'DN42');
  const answer = (text: string): string | undefined =>
    trie.longestMatch(parseIpAddress(text)!)?.value;
  expect([answer('192.0.2.1'), answer('172.21.0.1'), answer('fd42::1')]).toEqual([
    'everything',
    'DN42',
    undefined,
  ]);
  expect(
    trie.covering(parseIpPrefix('172.21.0.0/24')!).map((e) => formatIpPrefix(e.prefix)),
  ).toEqual(['0.0.0.0/0', '172.20.0.0/14']);
});
