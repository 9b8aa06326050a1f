import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  formatIpPrefix,
  type IpPrefix,
  parseIpPrefix,
  prefixCovers,
  prefixOf,
} from '../../base/ip-address.ts';
import { BitSet, NumberQueue } from './columns.ts';
import { PathTable } from './path-table.ts';
import { PrefixTable } from './prefix-table.ts';

const prefixOfFamily = (family: 4 | 6) =>
  fc
    .tuple(
      // Few distinct octets, so that prefixes meet.
      fc.array(fc.constantFrom(0, 1, 128, 255), {
        minLength: family === 4 ? 4 : 16,
        maxLength: family === 4 ? 4 : 16,
      }),
      fc.integer({ min: 0, max: family === 4 ? 32 : 128 }),
    )
    .map(([octets, length]) => prefixOf({ family, bytes: new Uint8Array(octets) }, length));

for (const family of [4, 6] as const) {
  test(`the IPv${family} prefix table agrees with a map, adding and removing`, () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), prefixOfFamily(family)), { minLength: 60, maxLength: 200 }),
        fc.nat(),
        (steps, seed) => {
          const table = new PrefixTable(family, seed, 4);
          const twin = new Map<string, number>();
          for (const [isAdded, prefix] of steps) {
            table.loadPrefix(prefix);
            if (isAdded || twin.size === 0) {
              const id = table.findOrAdd();
              expect(formatIpPrefix(table.prefixOf(id))).toBe(formatIpPrefix(prefix));
              twin.set(formatIpPrefix(prefix), id);
            } else {
              const [text, id] = [...twin][prefix.length % twin.size] as [string, number];
              table.remove(id);
              twin.delete(text);
            }
            for (const [text, id] of twin) {
              table.loadPrefix(parseIpPrefix(text) as IpPrefix);
              expect(table.find()).toBe(id);
            }
          }
          expect(table.size).toBe(twin.size);
          for (const [text, id] of twin) expect(formatIpPrefix(table.prefixOf(id))).toBe(text);
          expect(new Set(twin.values()).size).toBe(twin.size);
        },
      ),
      { numRuns: 40 },
    );
  });

  test(`IPv${family} prefixes go to the wire and come back, host bits masked`, () => {
    fc.assert(
      fc.property(prefixOfFamily(family), prefixOfFamily(family), (prefix, outer) => {
        const table = new PrefixTable(family);
        table.loadPrefix(prefix);
        const id = table.findOrAdd();
        const wire = new Uint8Array(20).fill(0xff);
        const end = table.writeNlri(id, wire, 0);
        expect(end).toBe(table.nlriBytes(id));
        // Whatever stands in the unused bits and behind the prefix means nothing.
        if ((prefix.length & 7) !== 0)
          wire[end - 1] = (wire[end - 1] as number) | (0xff >>> (prefix.length & 7));
        table.loadNlri(wire, 0);
        expect(table.find()).toBe(id);
        table.loadPrefix(outer);
        expect(table.isInsideLoaded(id)).toBe(prefixCovers(outer, prefix));
      }),
    );
  });
}

test('the path table agrees with a map of sorted lists', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          fc.boolean(),
          fc.integer({ min: 0, max: 5 }),
          fc.integer({ min: 0, max: 20 }),
          fc.constantFrom(0, 0, 1, 2, 0x80000000, 0xffffffff),
        ),
        {
          maxLength: 500,
        },
      ),
      (steps) => {
        const table = new PathTable(8);
        type Row = { source: number; pathId: number; stamp: number; sentId: number };
        const twin = new Map<number, Map<string, Row>>();
        let stamp = 0;
        for (const [isAdded, prefix, source, pathId] of steps) {
          const of = twin.get(prefix) ?? new Map<string, Row>();
          twin.set(prefix, of);
          const row = table.find(prefix, source, pathId);
          const key = `${source} ${pathId}`;
          expect(row !== -1).toBe(of.has(key));
          if (isAdded && row === -1) {
            const added = table.insert(prefix, source, pathId);
            table.attributes[added] = ++stamp;
            of.set(key, { source, pathId, stamp, sentId: 0 });
          } else if (isAdded) {
            table.assignSentIds(prefix, new Uint32Array([row]), 1);
            const { sentId } = of.get(key) as Row;
            if (sentId !== 0) expect(table.sentId.get(row)).toBe(sentId);
            of.set(key, { ...(of.get(key) as Row), sentId: table.sentId.get(row) });
          } else if (row !== -1) {
            table.remove(prefix, row);
            of.delete(key);
          }
        }
        for (const [prefix, of] of twin) {
          const first = table.first(prefix);
          const rows = Array.from({ length: table.count[prefix] as number }, (_, i) => ({
            source: table.source[first + i] as number,
            pathId: table.pathId.get(first + i),
            stamp: table.attributes[first + i] as number,
            sentId: table.sentId.get(first + i),
          }));
          const sorted = [...of.values()].sort(
            (a, b) => a.source - b.source || a.pathId - b.pathId,
          );
          expect(rows).toEqual(sorted);
          const sentIds = sorted.flatMap(({ sentId }) => (sentId === 0 ? [] : [sentId]));
          expect(new Set(sentIds).size).toBe(sentIds.length);
          for (const { source } of sorted) {
            const ofSource = sorted.filter((each) => each.source === source);
            expect(table.firstOf(prefix, source + 1) - table.firstOf(prefix, source)).toBe(
              ofSource.length,
            );
          }
        }
      },
    ),
  );
});

test('the queue and the bit set agree with an array and a set', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat(3000))), (steps) => {
      const queue = new NumberQueue(2);
      const array: number[] = [];
      const bits = new BitSet();
      const set = new Set<number>();
      for (const step of steps) {
        if (step === null) {
          if (array.length === 0) continue;
          const value = queue.shift();
          expect(value).toBe(array.shift());
          expect(bits.delete(value)).toBe(set.delete(value));
        } else {
          queue.push(step);
          array.push(step);
          expect(bits.add(step)).toBe(!set.has(step));
          set.add(step);
        }
        expect(queue.length).toBe(array.length);
      }
      for (let i = 0; i < 3100; i++) expect(bits.has(i)).toBe(set.has(i));
    }),
  );
});
