import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RangeSet } from './range-set.ts';
import { advance, distance, sequenceNumber } from './sequence-number.ts';

const BASE = sequenceNumber(0xffff_ffe0);
const SIZE = 64;
const at = (offset: number) => advance(BASE, offset);

const anyRange = fc
  .tuple(fc.integer({ min: 0, max: SIZE - 1 }), fc.integer({ min: 1, max: 20 }))
  .map(([start, length]) => [start, Math.min(SIZE, start + length)] as const);
const anySteps = fc.array(
  fc.oneof(
    anyRange.map((range) => ({ kind: 'add' as const, range })),
    fc.integer({ min: 0, max: SIZE }).map((before) => ({ kind: 'trim' as const, before })),
  ),
  { maxLength: 40 },
);

test('behaves like a list of octets, across the wrap', () => {
  fc.assert(
    fc.property(anySteps, (steps) => {
      const set = new RangeSet(1000);
      const octets = new Array<boolean>(SIZE).fill(false);
      for (const step of steps) {
        if (step.kind === 'trim') {
          set.trimBefore(at(step.before));
          octets.fill(false, 0, step.before);
          continue;
        }
        const [start, end] = step.range;
        const before = octets.slice(start, end).filter(Boolean).length;
        expect(set.add(at(start), at(end))).toBe(end - start - before);
        octets.fill(true, start, end);
      }
      expect(set.octets).toBe(octets.filter(Boolean).length);
      const listed = new Array<boolean>(SIZE).fill(false);
      let last = -1;
      for (const range of set.ranges) {
        const start = distance(BASE, range.start);
        expect(start).toBeGreaterThan(last);
        last = distance(BASE, range.end);
        listed.fill(true, start, last);
      }
      expect(listed).toEqual(octets);
      expect(set.octetsWithin(at(10), at(30))).toBe(octets.slice(10, 30).filter(Boolean).length);
    }),
  );
});

test('refuses one range too many but still merges', () => {
  const set = new RangeSet(2);
  expect(set.add(at(0), at(2))).toBe(2);
  expect(set.add(at(10), at(12))).toBe(2);
  expect(set.add(at(20), at(22))).toBe(0);
  expect(set.add(at(2), at(10))).toBe(8);
  expect(set.add(at(20), at(22))).toBe(2);
  expect(set.octets).toBe(14);
});

test('the range that changed last has the greatest stamp', () => {
  const set = new RangeSet(10);
  set.add(at(0), at(2));
  set.add(at(10), at(12));
  set.add(at(2), at(4));
  expect(set.ranges.map((range) => range.stamp)).toEqual([3, 2]);
});
