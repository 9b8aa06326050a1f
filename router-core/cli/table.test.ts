import { expect, test } from 'vitest';
import { table } from './table.ts';

test('columns are as wide as their widest cell, and lines end where their text ends', () => {
  expect(
    table(
      ['peering', 'AS'],
      [
        ['alder', '4242426001'],
        ['a long name', '1'],
        ['empty', ''],
      ],
    ),
  ).toBe(['peering      AS', 'alder        4242426001', 'a long name  1', 'empty', ''].join('\n'));
});

test('without rows there is a head', () => {
  expect(table(['a', 'b'], [])).toBe('a  b\n');
});
