import { expect, test } from 'vitest';
import type { ExportRow } from '../../../_queries/view-models.ts';
import { keyOfExport, keyOfPath } from './row-keys.ts';

test('every path told to one session has a key of its own (RFC 7911)', () => {
  const rows = [
    row('cinder', null),
    row('alder', { from: 'moss', pathId: null }),
    row('alder', { from: 'moss', pathId: 1 }),
    row('alder', { from: 'moss', pathId: 2 }),
    row('alder', { from: 'fjord', pathId: 2 }),
    row('basalt', { from: 'fjord', pathId: 2 }),
  ];
  expect(new Set(rows.map(keyOfExport)).size).toBe(rows.length);
});

test('so has every path told by one neighbor', () => {
  const paths = [
    { prefix: '172.20.0.0/24', neighbor: null, pathId: null },
    { prefix: '172.20.0.0/24', neighbor: 'moss', pathId: null },
    { prefix: '172.20.0.0/24', neighbor: 'moss', pathId: 1 },
    { prefix: '172.20.0.0/24', neighbor: 'moss', pathId: 2 },
    { prefix: '172.20.1.0/24', neighbor: 'moss', pathId: 2 },
  ];
  expect(new Set(paths.map(keyOfPath)).size).toBe(paths.length);
});

const row = (to: string, path: Omit<NonNullable<ExportRow['path']>, 'sentId'> | null) => ({
  to,
  path: path === null ? null : { ...path, sentId: 1 },
});
