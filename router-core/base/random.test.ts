import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seededRandom } from './random.ts';

test('a seed replays', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const [a, b] = [seededRandom(seed), seededRandom(seed)];
      expect(a.bytes(40)).toEqual(b.bytes(40));
      expect(a.below(1000)).toBe(b.below(1000));
    }),
  );
});

test('two seeds differ, zero among them', () => {
  const texts = [0, 1, 2, -1, 0x85ebca6b].map((seed) => seededRandom(seed).bytes(16).join(' '));
  expect(new Set(texts).size).toBe(texts.length);
  expect(new Set(seededRandom(0).bytes(64)).size).toBeGreaterThan(16);
});

test('below stays below, and reaches every value about equally often', () => {
  const random = seededRandom(7);
  const counts = new Array<number>(10).fill(0);
  for (let i = 0; i < 20_000; i++) counts[random.below(10)]! += 1;
  for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(300);
  expect(random.below(1)).toBe(0);
});
