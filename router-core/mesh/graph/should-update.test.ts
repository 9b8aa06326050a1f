import { describe, expect, test } from 'vitest';
import fixtures from './fixtures/latency.json' with { type: 'json' };
import { quantise, shouldUpdate } from './should-update.ts';

test.each(fixtures.quantise)('$x ms is in the step up to $q', (row) => {
  const tolerance = toleranceOf(row);
  expect(quantise(row.x, tolerance)).toBeCloseTo(row.q, 9);
});

describe('whether a latency asks for a computation', () => {
  test.each(fixtures.shouldUpdate)(
    '$old to $new, tolerance $jitterTolerance, super $super',
    (row) => {
      const answer = shouldUpdate(row.super ? 'super' : 'edge', row.old, row.new, toleranceOf(row));
      expect(answer).toBe(isSlip(row) ? !row.update : row.update);
    },
  );

  test('the slip of the original is among the rows, both ways', () => {
    const slips = fixtures.shouldUpdate.filter(isSlip);
    expect(new Set(slips.map((row) => row.update))).toEqual(new Set([true, false]));
  });
});

type Row = (typeof fixtures.shouldUpdate)[number];

/** A supernode without a tolerance answers whether nothing changed, unless a link comes or goes. */
const isSlip = (row: Row): boolean =>
  row.super &&
  (row.jitterTolerance <= 0.001 || row.jitterToleranceMultiplier < 1) &&
  row.old >= 99_999 === row.new >= 99_999;

const toleranceOf = (row: { jitterTolerance: number; jitterToleranceMultiplier: number }) => ({
  toleranceMs: row.jitterTolerance,
  multiplier: row.jitterToleranceMultiplier,
});
