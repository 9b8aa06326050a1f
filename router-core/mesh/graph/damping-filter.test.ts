import { expect, test } from 'vitest';
import { DampingFilter } from './damping-filter.ts';
import fixtures from './fixtures/latency.json' with { type: 'json' };

test.each(fixtures.dampingFilter)('filters as the original does, radius $radius', (row) => {
  const filter = new DampingFilter(row.radius);
  expect(filter.value).toBe(99_999);
  expect(row.in.map((seconds) => filter.push(seconds))).toEqual(row.out);
  expect(filter.value).toBe(row.out.at(-1));
});

test('one outlier among five leaves no trace', () => {
  const filter = new DampingFilter(2);
  for (const seconds of [0.01, 0.011, 0.012, 0.013]) filter.push(seconds);
  expect(filter.push(20)).toBe(0.012);
});

test('a shorter window keeps the newest values', () => {
  const filter = new DampingFilter(3);
  for (const seconds of [9, 9, 9, 9, 1, 2]) filter.push(seconds);
  filter.setRadius(1);
  expect(filter.push(3)).toBe(2);
});

test('a radius from the network makes no endless window', () => {
  const filter = new DampingFilter(2 ** 53);
  for (let i = 0; i < 3000; i++) filter.push(i);
  // The median of the newest 2,049.
  expect(filter.value).toBe(3000 - 1025);
});
