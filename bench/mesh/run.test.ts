import { expect, test } from 'vitest';
import { seededRandom } from '../../router-core/base/random.ts';
import { casesOf } from '../lab/cases.ts';
import { reportsOf } from './network.ts';
import { runMesh } from './run.ts';

test('each case has a price, and a ratio to the original', () => {
  const report = runMesh({ sizes: [100], runs: 1, links: 3, log: () => undefined });
  const cases = casesOf(report);
  expect(cases.map((one) => one.case)).toEqual([
    'next hops, 100 nodes',
    'one link slower, 100 nodes',
    'one link gone, 100 nodes',
    'one link faster, 100 nodes',
    'one link shortcut, 100 nodes',
  ]);
  for (const one of cases) {
    expect(one.measure).toBe('cpuSeconds');
    expect(one.ratio).toBeGreaterThan(0);
  }
});

test('the network is the same for the same seed, and complete', () => {
  const reports = reportsOf(20, seededRandom(7));
  expect(reports).toEqual(reportsOf(20, seededRandom(7)));
  expect(new Set(reports.map(({ from, to }) => `${from} ${to}`)).size).toBe(20 * 19);
  // Clocks are wrong, so some latencies are negative; there and back never.
  const seconds = new Map(reports.map(({ from, to, seconds: s }) => [`${from} ${to}`, s]));
  expect(Math.min(...seconds.values())).toBeLessThan(0);
  for (const { from, to, seconds: there } of reports)
    expect(there + (seconds.get(`${to} ${from}`) ?? Number.NaN)).toBeGreaterThan(0);
});
