import { expect, test } from 'vitest';
import { formatMs } from '../../_text/format.ts';
import { isSlower, pairsText, shortNamesOf } from './mesh-words.ts';

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
  expect(pairsText(many, () => 'edge-singapore-datacenter-1')).toMatch(/ and 6 more$/);
});

test('latencies have three figures', () => {
  expect([0.244, 8.94, 99.94, 118.4].map(formatMs)).toEqual(['0.24', '8.9', '99.9', '118']);
  expect([-0.244, -46.51, -118.4].map(formatMs)).toEqual(['-0.24', '-46.5', '-118']);
});

test('slower is more than a fifth', () => {
  expect(isSlower(120, 100)).toBe(false);
  expect(isSlower(121, 100)).toBe(true);
  expect(isSlower(121, null)).toBe(false);
  // Clocks that differ say nothing of which is slower.
  expect(isSlower(84, -46)).toBe(false);
  expect(isSlower(-1, -1)).toBe(false);
});

test('heads of columns are never the same', () => {
  const node = (number: number, name: string | null) => ({
    number,
    name,
    isOurs: false,
    isAlive: true,
    heardAt: null,
    position: null,
    relays: [],
  });
  expect(shortNamesOf([node(1, 'tokyo'), node(2, 'singapore'), node(7, null)])).toEqual({
    shorts: ['tokyo', 'sin', '7'],
    areNumbers: false,
  });
  expect(shortNamesOf([node(1, 'edge-tokyo'), node(2, 'edge-singapore')])).toEqual({
    shorts: ['1', '2'],
    areNumbers: true,
  });
});
