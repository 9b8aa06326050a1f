import { expect, test } from 'vitest';
import { wallTime } from '../base/units.ts';
import { expectedText, fixtureFiles, fixtureIndex, rpsl } from './fixtures/fixture-registry.ts';
import { buildRegistryIndex } from './index-builder.ts';
import { prefixFilters, roaTable } from './roa-table.ts';
import { formatRoas, parseRoas, roaDocument } from './roa-text.ts';

const encode = (text: string) => new TextEncoder().encode(text);
const expected = JSON.parse(expectedText('roa.json')) as {
  roas: { prefix: string; maxLength: number; asn: string }[];
  dropped: { object: string; reason: string }[];
};

test('yields exactly the expected table and drops with the expected reasons (§2)', () => {
  const index = fixtureIndex();
  expect(roaDocument(roaTable(index), wallTime(0)).roas).toEqual(expected.roas);
  expect(index.droppedRoutes.map(([object, reason]) => ({ object, reason }))).toEqual(
    expected.dropped,
  );
});

test('writes the BIRD 2 table byte for byte', () => {
  expect(formatRoas(roaTable(fixtureIndex()), 'bird2')).toBe(expectedText('roa-bird2.conf'));
});

test('does not depend on the order of files', () => {
  const files = fixtureFiles();
  expect(buildRegistryIndex(files.reverse(), { commit: 'fixture' })).toEqual(fixtureIndex());
});

test.each(['bird2', 'bird1', 'openbgpd'] as const)('reads %s back as it was written', (format) => {
  const roas = roaTable(fixtureIndex());
  expect(parseRoas(formatRoas(roas, format))).toEqual({ roas, badEntries: 0 });
});

test('reads the JSON of rpki-client back, and a week is its life', () => {
  const roas = roaTable(fixtureIndex());
  const document = roaDocument(roas, wallTime(1767225900_000));
  expect(document.metadata).toEqual({
    counts: roas.length,
    generated: 1767225900,
    valid: 1767225900 + 604800,
  });
  expect(parseRoas(JSON.stringify(document))).toEqual({ roas, badEntries: 0 });
});

test.each([
  '{"roas": 7}',
  '{',
  '{"roas":[null]}',
  'route 1.2.3.4/40 max 32 as 1;',
  'route 10.0.0.0/24 max 20 as 1;',
  'route 10.0.0.0/24 max 24 as 0;',
])('counts a bad entry in %s', (text) => {
  expect(parseRoas(text)).toEqual({ roas: [], badEntries: 1 });
});

test('asks filter rows by number, not by their place in the file', () => {
  const index = buildRegistryIndex(
    [
      {
        path: 'filter.txt',
        bytes: encode('20 permit 10.0.0.0/8 8 24\n10 deny 10.1.0.0/16 0 32\n'),
      },
      { path: 'route/10.1.0.0_24', bytes: rpsl(['route', '10.1.0.0/24'], ['origin', 'AS1']) },
      { path: 'route/10.0.0.0_7', bytes: rpsl(['route', '10.0.0.0/7'], ['origin', 'AS1']) },
      { path: 'route/10.2.0.0_24', bytes: rpsl(['route', '10.2.0.0/24'], ['origin', 'AS1']) },
    ],
    { commit: null },
  );
  expect(index.roas).toEqual([['10.2.0.0/24', 24, 1]]);
  // A prefix that is wider than a row's is not contained in it.
  expect(index.droppedRoutes.map(([, reason]) => reason)).toEqual([
    'DENIED_BY_FILTER',
    'DENIED_BY_FILTER',
  ]);
  expect(prefixFilters(index).ipv4.map((row) => row.number)).toEqual([10, 20]);
});

test('reports filter lines that are no rows', () => {
  const index = buildRegistryIndex(
    [{ path: 'filter6.txt', bytes: encode('# x\n1 permit 10.0.0.0/8 8 24\n2 allow ::/0 0 9\n') }],
    { commit: null },
  );
  expect(index.filters.ipv6).toEqual([]);
  expect(index.problems).toEqual([['filter6.txt', ['BAD_FILTER_LINE']]]);
});

test('gives no ROA without filters: nothing is permitted', () => {
  const files = fixtureFiles().filter((file) => !file.path.startsWith('filter'));
  expect(roaTable(buildRegistryIndex(files, { commit: null }))).toEqual([]);
});
