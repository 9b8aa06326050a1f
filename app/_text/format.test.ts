import { expect, test } from 'vitest';
import {
  asnParts,
  formatAge,
  formatBytes,
  formatClock,
  formatCommit,
  formatCountdown,
  formatDifference,
  formatDuration,
  formatMicroseconds,
  formatMilliseconds,
  formatUtc,
} from './format.ts';

test('a duration has two units at most', () => {
  expect(formatDuration(41)).toBe('41 s');
  expect(formatDuration(220)).toBe('3 min 40 s');
  expect(formatDuration(720)).toBe('12 min');
  expect(formatDuration(21_600)).toBe('6 h');
  expect(formatDuration(4 * 86_400 + 6 * 3600 + 59)).toBe('4 d 6 h');
  expect(formatDuration(194 * 86_400)).toBe('194 d');
});

test('an age has one unit and never counts a unit that is not full', () => {
  expect(formatAge(59.9)).toBe('59 s');
  expect(formatAge(3599)).toBe('59 min');
  expect(formatAge(86_399)).toBe('23 h');
  expect(formatAge(-3)).toBe('0 s');
});

test('the difference between steps shows tenths only while they matter', () => {
  expect(formatDifference(204)).toBe('+0.2 s');
  expect(formatDifference(9_940)).toBe('+9.9 s');
  expect(formatDifference(41_000)).toBe('+41 s');
});

test('milliseconds have three figures', () => {
  expect(formatMilliseconds(0.238)).toBe('0.24 ms');
  expect(formatMilliseconds(8.94)).toBe('8.9 ms');
  expect(formatMilliseconds(104.2)).toBe('104 ms');
  expect([12.3, 999.6, 1234].map(formatMicroseconds)).toEqual(['12 µs', '1.00 ms', '1.2 ms']);
});

test('bytes count in powers of 1000', () => {
  expect(formatBytes(812)).toBe('812 B');
  expect(formatBytes(999_600)).toBe('1 MB');
  expect(formatBytes(1_840_000)).toBe('1.84 MB');
});

test('clocks are UTC unless a zone is given', () => {
  expect(formatClock('2026-11-21T00:02:11.500Z')).toBe('00:02:11');
  expect(formatClock('2026-11-21T00:02:11.500Z', 'Asia/Tokyo')).toBe('09:02:11');
  expect(formatUtc('2026-11-21T00:02:11.500Z')).toBe('2026-11-21 00:02:11 UTC');
});

test('a registry is named by seven digits, whatever it comes from', () => {
  expect(formatCommit('7c1e0a4b22d1')).toBe('7c1e0a4');
  expect(formatCommit('digest-9f8e7d6c5b')).toBe('9f8e7d6');
});

test('a countdown never shows less than zero', () => {
  expect(formatCountdown(520.2)).toBe('8:41');
  expect(formatCountdown(-4)).toBe('0:00');
});

test('only numbers of the range 424242xxxx lose their common digits', () => {
  expect(asnParts(4242426001)).toEqual({ same: 'AS424242', own: '6001' });
  expect(asnParts(4242420001)).toEqual({ same: 'AS424242', own: '0001' });
  expect(asnParts(4201276001)).toEqual({ same: 'AS', own: '4201276001' });
  expect(asnParts(64512)).toEqual({ same: 'AS', own: '64512' });
});
