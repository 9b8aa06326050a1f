import { expect, test } from 'vitest';
import { createDropCounters, DROP_REASONS } from './drop-reason.ts';

test('every reason is counted from zero, in counters of their own', () => {
  const [a, b] = [createDropCounters(), createDropCounters()];
  expect(Object.keys(a)).toEqual([...DROP_REASONS]);
  a['no-route']++;
  expect([a['no-route'], b['no-route']]).toEqual([1, 0]);
});

test('a reason is one kebab-case word of its own', () => {
  expect(new Set(DROP_REASONS).size).toBe(DROP_REASONS.length);
  for (const reason of DROP_REASONS) expect(reason).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
});
