/**
 * The unrolled loop finds what a plain one finds.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seededRandom } from '../../base/random.ts';
import { nextWithin } from './four-rows.ts';

test('the first node that is near enough for one of four is found, whichever it is', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 40 }), (seed, size) => {
      const random = seededRandom(seed);
      const length = (): number => (random.below(4) === 0 ? Infinity : random.below(50) - 10);
      const weight = Float64Array.from({ length: 4 * size }, length);
      const best = Float64Array.from({ length: size }, length);
      const [r0, r1, r2, r3] = [3 * size, 0, 2 * size, size];
      const least = [0, 1, 2, 3].map(() => random.below(60) - 50);
      const [l0, l1, l2, l3] = least as [number, number, number, number];
      const start = random.below(size);
      const isWithin = (a: number): boolean =>
        [r0, r1, r2, r3].some(
          (row, n) => (weight[row + a] ?? NaN) + (best[a] ?? NaN) <= (least[n] ?? NaN),
        );
      let a = start;
      while (a < size && !isWithin(a)) a++;
      expect(nextWithin(weight, best, start, size, r0, l0, r1, l1, r2, l2, r3, l3)).toBe(a);
    }),
  );
});
