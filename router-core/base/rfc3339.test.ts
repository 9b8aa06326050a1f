import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatWallTime } from './rfc3339.ts';
import { wallTime } from './units.ts';

test('agrees with the platform calendar for every millisecond of four centuries', () => {
  fc.assert(
    fc.property(fc.integer({ min: -2_000_000_000_000, max: 9_000_000_000_000 }), (ms) => {
      expect(formatWallTime(wallTime(ms))).toBe(new Date(ms).toISOString());
    }),
  );
});
