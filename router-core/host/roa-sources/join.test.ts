import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatIpPrefix, parseIpPrefix } from '../../base/ip-address.ts';
import { wallTime } from '../../base/units.ts';
import type { Roa } from '../../router/index.ts';
import { chooseSources, equalTables, joinTables, type PreferredState } from './join.ts';

function roa(text: string, asn = 1): Roa {
  const prefix = parseIpPrefix(text);
  if (prefix === undefined) throw new Error(`not a prefix: ${text}`);
  return { prefix, maxLength: prefix.length, asn };
}
const source = (
  preference: number,
  roas: readonly Roa[] | undefined,
  isExpired = false,
): PreferredState => ({
  preference,
  isExpired,
  state: '',
  table: roas === undefined ? undefined : { roas, updatedAt: wallTime(0) },
});
const [A, B, C] = ['172.20.0.0/24', '172.20.1.0/24', 'fd00::/48'].map((text) => roa(text)) as [
  Roa,
  Roa,
  Roa,
];
const texts = (roas: readonly Roa[]): string[] =>
  roas.map(({ prefix }) => formatIpPrefix(prefix)).sort();

test('tables are joined, each authorization once (RFC 8210 §10)', () => {
  const joined = joinTables([
    [A, B],
    [B, C],
  ]);
  expect(texts(joined)).toEqual(['172.20.0.0/24', '172.20.1.0/24', 'fd00::/48']);
  expect(joinTables([[A], [roa('172.20.0.0/24', 2)]])).toHaveLength(2);
});

test.each<[string, PreferredState[], boolean[]]>([
  ['all of the same preference', [source(10, [A]), source(10, [B])], [true, true]],
  ['the smaller preference', [source(20, [A]), source(10, [B])], [false, true]],
  [
    'the next, while the preferred one has nothing',
    [source(20, [A]), source(10, undefined)],
    [true, false],
  ],
  [
    'the next, once the preferred one has expired',
    [source(20, [A]), source(10, [B], true)],
    [true, false],
  ],
  [
    'the most preferred, when all have expired',
    [source(20, [A], true), source(10, [B], true)],
    [false, true],
  ],
  ['an empty table, which is one', [source(20, [A]), source(10, [])], [false, true]],
  ['nothing, before anybody has a table', [source(10, undefined)], [false]],
  ['nothing, without sources', [], []],
])('in use is %s', (_, sources, isInUse) => {
  expect(chooseSources(sources)).toEqual(isInUse);
});

test('tables are equal when they authorize the same, in any order', () => {
  expect(equalTables([A, B], [B, A])).toBe(true);
  expect(equalTables([A, B], [A, C])).toBe(false);
  expect(equalTables([A], [{ ...A, asn: 2 }])).toBe(false);
  expect(equalTables([A], [A, B])).toBe(false);
  const tables = fc.shuffledSubarray([A, B, C, roa('172.20.0.0/24', 2)]);
  fc.assert(
    fc.property(tables, tables, (a, b) => {
      const keys = (roas: readonly Roa[]): string =>
        roas
          .map(({ prefix, asn }) => `${formatIpPrefix(prefix)} ${asn}`)
          .sort()
          .join();
      expect(equalTables(a, b)).toBe(keys(a) === keys(b));
    }),
  );
});
