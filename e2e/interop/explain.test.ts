/**
 * A real BIRD announces what it may not, and our node tells why it does not take it.
 *
 * 172.21.129.0/27 belongs to AS4242426001 and has a ROA; 172.22.250.0/27 has none that covers it, and
 * 172.21.130.0/27 has that of another network.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../lab/process.ts';
import { type Pair, startPair } from './pair.ts';

const UNKNOWN = '172.22.250.0/27';
const FOREIGN = '172.21.130.0/27';
let pair: Pair;

beforeAll(async () => {
  pair = await startPair({
    sessions: `
protocol static others { ipv4 { import all; export none; }; route ${UNKNOWN} reject; route ${FOREIGN} reject; }
protocol bgp tokyo from peers { neighbor fe80::6000%'DEVICE' as 4242426000; }`,
  });
  await pair.bird.established('tokyo');
});
afterAll(() => pair?.stop());

test('an announcement without ROA is rejected with its reason and the ROAs looked at', async () => {
  const rejected = await eventually(
    'rejected routes',
    () => pair.router.cli('lg', 'rejected', 'alder'),
    (text) => text.includes(UNKNOWN) && text.includes(FOREIGN),
  );
  expect(rejected).toMatch(/^alder\S*: \d+ rejected: .*roa-not-found/);
  expect(rejected).toMatch(
    /rejected: no ROA covers the prefix \(roa-not-found, code 7, dn42-import, rule \d+ "roa-not-found"\); no ROA;/,
  );
  expect(rejected).toMatch(
    /code 8, dn42-import, rule \d+ "roa-invalid-origin"\); ROA 172\.21\.130\.0\/27 max \d+ AS4242426002/,
  );
  const why = await pair.router.cli('lg', 'why', UNKNOWN);
  expect(why).toContain('to be accepted: the holder adds a route or route6 object');
  expect(why).toMatch(/told +alder\S* +not announced: there is no best path/);
});

test('of an accepted prefix: the best path, whom it is told, and since when', async () => {
  const why = await eventually(
    'the route of BIRD',
    () => pair.router.cli('lg', 'why', '172.21.129.1'),
    (text) => text.includes('best:'),
  );
  expect(why).toMatch(/^\* 172\.21\.129\.0\/27 +alder\S* +AS path 4242426001\n {4}best: the only/);
  expect(why).toMatch(/told +alder\S* +not announced: the best path comes from this neighbor/);
  expect(why).toMatch(/changed .* nobody -> alder\S*: first path, origin AS4242426001/);
  await eventually(
    'our own route is announced',
    () => pair.router.cli('lg', 'why', '172.21.128.0/27'),
    (text) => /told +alder\S* +announced/.test(text),
  );
});

test('the same as JSON, and a clear error when there is nothing to explain', async () => {
  const text = await pair.router.cli('lg', 'why', '172.21.129.0/27', '--json');
  const rows = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { kind: string });
  expect(rows.map(({ kind }) => kind)).toEqual(['path', 'export', 'change']);
  expect(await pair.router.cli('lg', 'why', '172.23.99.0/24')).toContain('ROUTE_UNKNOWN');
  expect(await pair.router.cli('lg', 'malformed', 'alder')).toBe('');
});
