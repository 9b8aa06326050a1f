import { expect, test } from 'vitest';
import { PrefixTable } from '../rib/prefix-table.ts';
import { ChangeCounts, NO_ROW } from './change-counts.ts';
import { COUNTED_FIRST, COUNTED_MAX, WINDOW_STEPS } from './limits.ts';

const SEED = 7;

/** Loads the n-th prefix of a family. */
function load(prefixes: PrefixTable, n: number): PrefixTable {
  prefixes.loadWords(0x0a000000 + n, n, 0, 0, prefixes.family === 4 ? 32 : 64);
  return prefixes;
}

test('a table that nobody needs has no rows; it grows, and keeps what it has', () => {
  const counts = new ChangeCounts();
  const prefixes = new PrefixTable(4, SEED);
  expect([counts.capacity, counts.find(load(prefixes, 1), 1, 0)]).toEqual([0, NO_ROW]);
  for (let n = 0; n < 10_000; n++) {
    const row = counts.findOrAdd(load(prefixes, n), 1, 5);
    for (let i = 0; i <= n % 3; i++) counts.count(row, 5, n);
    counts.setWithdrawn(row, n % 2);
  }
  expect(counts.capacity).toBeGreaterThan(COUNTED_FIRST);
  expect(counts.capacity).toBeLessThanOrEqual(COUNTED_MAX);
  expect(counts.withdrawnRows).toBe(5000);
  for (let n = 0; n < 10_000; n++) {
    const row = counts.find(load(prefixes, n), 1, 5);
    expect([counts.sumAt(row, 5), counts.totalOf(row), counts.lastAt(row)]).toEqual([
      1 + (n % 3),
      1 + (n % 3),
      n,
    ]);
  }
});

test('a source, a family and a length are each a row of their own', () => {
  const counts = new ChangeCounts();
  const ipv4 = new PrefixTable(4, SEED);
  const ipv6 = new PrefixTable(6, SEED);
  const rows = [
    counts.findOrAdd(load(ipv4, 1), 1, 0),
    counts.findOrAdd(load(ipv4, 1), 2, 0),
    counts.findOrAdd(load(ipv6, 1), 1, 0),
  ];
  ipv4.loadWords(0x0a000001, 0, 0, 0, 32);
  ipv6.loadWords(0x0a000001, 1, 1, 0, 96);
  rows.push(counts.findOrAdd(ipv6, 1, 0));
  expect(new Set(rows).size).toBe(4);
  expect(counts.find(ipv4, 1, 0)).toBe(rows[0]);
});

test('a step leaves the window after it, and a row with its last one', () => {
  const counts = new ChangeCounts();
  const prefixes = load(new PrefixTable(4, SEED), 1);
  const row = counts.findOrAdd(prefixes, 1, 3);
  counts.count(row, 3, 0);
  counts.count(row, 3, 0);
  counts.count(row, 4, 0);
  counts.setWithdrawn(row, 1);
  expect([3, 3 + WINDOW_STEPS, 4 + WINDOW_STEPS].map((step) => counts.sumAt(row, step))).toEqual([
    3, 3, 1,
  ]);
  expect(counts.find(prefixes, 1, 4 + WINDOW_STEPS)).toBe(row);
  expect(counts.find(prefixes, 1, 5 + WINDOW_STEPS)).toBe(NO_ROW);
  const again = counts.findOrAdd(prefixes, 1, 5 + WINDOW_STEPS);
  counts.count(again, 5 + WINDOW_STEPS, 0);
  expect([counts.sumAt(again, 5 + WINDOW_STEPS), counts.withdrawnRows]).toEqual([1, 0]);
});

test('hundreds of thousands of prefixes that change once do not drive out one that keeps changing', () => {
  const counts = new ChangeCounts();
  const prefixes = new PrefixTable(6, SEED);
  let flood = 1000;
  for (let i = 0; i < 31; i++) {
    const row = counts.findOrAdd(load(prefixes, 1), 1, 9);
    counts.count(row, 9, i);
    for (const end = flood + 6_000; flood < end; flood++)
      counts.count(counts.findOrAdd(load(prefixes, flood), 1, 9), 9, i);
  }
  expect(counts.sumAt(counts.find(load(prefixes, 1), 1, 9), 9)).toBe(31);
  expect(counts.capacity).toBe(COUNTED_MAX);
});

test('what flaps stays: where everything does, nothing more is counted', () => {
  const counts = new ChangeCounts();
  const prefixes = new PrefixTable(4, SEED);
  let refused = 0;
  for (let n = 0; n < COUNTED_MAX * 2; n++) {
    const row = counts.findOrAdd(load(prefixes, n), 1, 0);
    if (row === NO_ROW) refused++;
    else counts.setFlapping(row, true);
  }
  expect(refused).toBeGreaterThanOrEqual(COUNTED_MAX);
  expect(counts.find(load(prefixes, 0), 1, 1000)).not.toBe(NO_ROW);
  counts.forgetSource(1);
  expect(counts.find(load(prefixes, 0), 1, 0)).toBe(NO_ROW);
});
