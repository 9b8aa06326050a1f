import { expect, test } from 'vitest';
import { formatMs, isSlower, pairsText } from './mesh-words.ts';

const names = (number: number): string => ['', 'tokyo', 'singapore', 'frankfurt'][number] ?? '?';

test('ways are grouped by where they begin, and a long list says how many are left out', () => {
  expect(
    pairsText(
      [
        { from: 1, to: 2 },
        { from: 1, to: 3 },
        { from: 2, to: 3 },
      ],
      names,
    ),
  ).toBe('tokyo to singapore, frankfurt; singapore to frankfurt');
  const many = Array.from({ length: 7 }, () => ({ from: 1, to: 2 }));
  expect(pairsText(many, names)).toMatch(/ and 3 more$/);
});

test('latencies have three figures', () => {
  expect([0.244, 8.94, 99.94, 118.4].map(formatMs)).toEqual(['0.24', '8.9', '99.9', '118']);
});

test('slower is more than a fifth', () => {
  expect(isSlower(120, 100)).toBe(false);
  expect(isSlower(121, 100)).toBe(true);
  expect(isSlower(121, null)).toBe(false);
});
