import { expect, test } from 'vitest';
import { addMilliseconds, elapsed, instant, milliseconds, NONE, seconds } from './units.ts';

test('seconds and milliseconds are one unit when running', () => {
  expect(seconds(1.5)).toBe(milliseconds(1500));
});

test('what is added to an instant is what has elapsed since', () => {
  const start = instant(1000);
  expect(elapsed(start, addMilliseconds(start, seconds(2)))).toBe(milliseconds(2000));
  expect(elapsed(addMilliseconds(start, seconds(2)), start)).toBe(milliseconds(-2000));
});

test('"none" is no index of any table', () => {
  expect(NONE).toBeLessThan(0);
});
