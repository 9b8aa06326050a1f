import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packLatency } from './packed-distance.ts';

test('sums compare by latency first, by number of links second', () => {
  expect(packLatency(0.1) + packLatency(0.2)).toBeLessThan(packLatency(0.300_1));
  expect(packLatency(0.25) + packLatency(0.25)).toBeGreaterThan(packLatency(0.5));
  expect(packLatency(0)).toBeGreaterThan(0);
  expect(packLatency(99_999)).toBe(Number.POSITIVE_INFINITY);
  expect(packLatency(-1e300)).toBe(packLatency(-99_999));
});

test('there and back between wrong clocks is never less than nothing', () => {
  const micros = fc.integer({ min: 0, max: 1000 });
  const offsets = fc.array(fc.integer({ min: -5e9, max: 5e9 }), { minLength: 2, maxLength: 30 });
  fc.assert(
    fc.property(offsets, fc.infiniteStream(micros), (clocks, latencies) => {
      let sum = 0;
      for (const [i, clock] of clocks.entries()) {
        const next = clocks[(i + 1) % clocks.length] as number;
        sum += packLatency(((latencies.next().value as number) + next - clock) / 1_000_000);
      }
      expect(sum).toBeGreaterThanOrEqual(0);
    }),
  );
});

test('is exact to a sixty-fifth of a millisecond', () => {
  fc.assert(
    fc.property(fc.double({ min: -99_999, max: 99_998.9, noNaN: true }), (seconds) => {
      const ticks = (packLatency(seconds) - 1) / 1024;
      expect(Number.isInteger(ticks)).toBe(true);
      expect(ticks / 65_536 - seconds).toBeGreaterThanOrEqual(0);
      expect(ticks / 65_536 - seconds).toBeLessThanOrEqual(1 / 65_536);
    }),
  );
});
