import { expect, test } from 'vitest';
import { concatBytes } from '../../base/bytes.ts';
import { wallTime } from '../../base/units.ts';
import { Lab } from '../routes/testing/lab.ts';
import { prefix } from '../routes/testing/updates.ts';
import { DUMP_SLICE_BYTES } from './limits.ts';
import { Replay } from './replay.ts';
import { readAll, wordsOf } from './testing/read-all.ts';

const WALL_NOW = 1_700_000_000_000;

function dump(lab: Lab, policy: 'before' | 'after' = 'after'): Uint8Array {
  const tables = lab.routes.dumpTables({ policy, wallNow: wallTime(WALL_NOW), now: lab.now });
  const parts: Uint8Array[] = [];
  for (let part = tables.next(); part !== undefined; part = tables.next()) parts.push(part);
  expect(tables.isDone).toBe(true);
  return concatBytes(...parts);
}

test('a table has its peers, every path, and our own prefixes without next hop (RFC 6396 §4.3)', () => {
  const lab = new Lab();
  const x = lab.add({ asn: 4242420001 });
  const y = lab.add({ asn: 4242420002, policy: 'full' });
  lab.routes.setOwnPrefixes([prefix('172.21.128.0/27')], lab.now);
  lab.announce(x, {
    prefixes: ['172.20.0.0/24', 'fd42::/48'],
    path: [7],
    med: 5,
    communities: ['64511:3'],
  });
  lab.announce(y, { prefixes: ['172.20.0.0/24'] });
  lab.settle(3000);
  // No registry: of y nothing is accepted.
  expect(wordsOf(dump(lab))).toMatchInlineSnapshot(`
    [
      "2023-11-14T22:13:20.000Z table "after import policy" of 172.21.128.1, 3 peers: 0.0.0.0 AS4242426000 fe80::1 AS4242420001 fe80::2 AS4242420002",
      "2023-11-14T22:13:20.000Z 172.21.128.0/27 from 0.0.0.0 AS4242426000 since 2023-11-14T22:13:17.000Z AS path empty, local pref 100",
      "2023-11-14T22:13:20.000Z 172.20.0.0/24 from fe80::1 AS4242420001 since 2023-11-14T22:13:17.000Z via fe80::1, AS path 4242420001 7, local pref 100, MED 5, communities 64511:3",
      "2023-11-14T22:13:20.000Z fd42::/48 from fe80::1 AS4242420001 since 2023-11-14T22:13:17.000Z via fe80::1, AS path 4242420001 7, local pref 100, MED 5, communities 64511:3",
    ]
  `);
  expect(wordsOf(dump(lab, 'before'))).toMatchInlineSnapshot(`
    [
      "2023-11-14T22:13:20.000Z table "before import policy" of 172.21.128.1, 3 peers: 0.0.0.0 AS4242426000 fe80::1 AS4242420001 fe80::2 AS4242420002",
      "2023-11-14T22:13:20.000Z 172.20.0.0/24 from fe80::1 AS4242420001 since 2023-11-14T22:13:17.000Z via fe80::1, AS path 4242420001 7, MED 5, communities 64511:3 | from fe80::2 AS4242420002 since 2023-11-14T22:13:17.000Z via fe80::2, AS path 4242420002",
      "2023-11-14T22:13:20.000Z fd42::/48 from fe80::1 AS4242420001 since 2023-11-14T22:13:17.000Z via fe80::1, AS path 4242420001 7, MED 5, communities 64511:3",
    ]
  `);
});

test('a session that is down has no place in the table; its peer keeps its number', () => {
  const lab = new Lab();
  const [x, y] = [lab.add(), lab.add()];
  lab.announce(x, { prefixes: ['172.20.0.0/24'] });
  lab.announce(y, { prefixes: ['172.20.1.0/24'] });
  lab.settle();
  lab.end(x);
  lab.settle();
  const [index, ...routes] = readAll(dump(lab));
  expect(index).toMatchObject({ peers: [{ asn: 4242426000 }, { asn: x.asn }, { asn: y.asn }] });
  expect(routes).toEqual([
    expect.objectContaining({
      prefix: '172.20.1.0/24',
      entries: [expect.objectContaining({ peer: expect.objectContaining({ asn: y.asn }) })],
    }),
  ]);
});

test('a large table comes in bounded slices, each prefix once, and as the engine shows it', () => {
  const lab = new Lab();
  const neighbors = [lab.add(), lab.add(), lab.add()];
  const all = Array.from(
    { length: 4000 },
    (_, i) => `172.${20 + (i >> 12)}.${(i >> 4) & 255}.${(i & 15) << 4}/28`,
  );
  for (const [n, neighbor] of neighbors.entries()) {
    for (let o = 0; o < all.length; o += 100)
      lab.announce(neighbor, { prefixes: all.slice(o, o + 100), path: [n + 1, o + 1] });
  }
  lab.settle();
  const request = { policy: 'after', wallNow: wallTime(WALL_NOW), now: lab.now } as const;
  const tables = lab.routes.dumpTables(request);
  const parts: Uint8Array[] = [];
  for (let part = tables.next(); part !== undefined; part = tables.next()) {
    // A slice ends with the record that fills it.
    expect(part.length).toBeLessThan(DUMP_SLICE_BYTES + 4096);
    expect(readAll(part).every(({ kind }) => kind !== 'damaged')).toBe(true);
    parts.push(part);
  }
  expect(parts.length).toBeGreaterThan(5);
  const replay = new Replay();
  const routes = readAll(concatBytes(...parts)).slice(1);
  expect(routes.map((record) => (record.kind === 'route' ? record.prefix : ''))).toEqual(all);
  for (const record of routes.filter((_, i) => i % 97 === 0)) {
    if (record.kind !== 'route') throw new Error('not a route');
    const views = lab.routes.lookup({ prefix: prefix(record.prefix), mode: 'exact' }, 10);
    const paths = record.entries.map(({ attributes }) => replay.readEntry(attributes));
    expect(paths).toEqual(expect.arrayContaining(views.map((view) => view.attributes)));
    expect(paths).toHaveLength(3);
  }
});

test('routes that come and go between slices leave the file whole', () => {
  const lab = new Lab();
  const x = lab.add();
  const prefixes = Array.from({ length: 3000 }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`);
  for (let o = 0; o < prefixes.length; o += 500)
    lab.announce(x, { prefixes: prefixes.slice(o, o + 500) });
  lab.settle();
  const tables = lab.routes.dumpTables({
    policy: 'after',
    wallNow: wallTime(WALL_NOW),
    now: lab.now,
  });
  const parts = [tables.next() as Uint8Array];
  lab.withdraw(x, prefixes.slice(1000, 2000));
  const late = lab.add();
  lab.announce(late, { prefixes: prefixes.slice(2500) });
  lab.settle();
  for (let part = tables.next(); part !== undefined; part = tables.next()) parts.push(part);
  const records = readAll(concatBytes(...parts));
  expect(records.every(({ kind }) => kind === 'peer-index' || kind === 'route')).toBe(true);
  // The neighbor that came later has no place in the index.
  for (const record of records)
    if (record.kind === 'route')
      expect(record.entries.map(({ peer }) => peer?.asn)).toEqual([x.asn]);
});

test('where a neighbor gives path ids, the table has them (RFC 8050 §4.1)', () => {
  const lab = new Lab();
  const x = lab.add({ session: { addPath: { receive: ['ipv4', 'ipv6'], send: [] } } });
  const y = lab.add();
  lab.announce(x, { prefixes: ['172.20.0.0/24#7'], path: [1] });
  lab.announce(x, { prefixes: ['172.20.0.0/24#9'], path: [2] });
  lab.announce(y, { prefixes: ['172.20.0.0/24', 'fd42::/48'] });
  lab.settle();
  const [, v4, v6] = readAll(dump(lab));
  expect(v4).toMatchObject({ entries: [{ pathId: 7 }, { pathId: 9 }, { pathId: 0 }] });
  // Nobody gives ids to prefixes of IPv6.
  expect(v6).toMatchObject({ entries: [{ pathId: null }] });
});
