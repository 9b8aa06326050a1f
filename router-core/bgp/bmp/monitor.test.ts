import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { printableBytes } from '../../base/printable.ts';
import { addMilliseconds, seconds } from '../../base/units.ts';
import { ceaseWithText, notification } from '../message/notification.ts';
import { capabilitiesOfOpen, readOpen } from '../message/open.ts';
import { prefix } from '../routes/testing/updates.ts';
import {
  STATION_RETRY_SECONDS_MAX,
  STATION_STALL_TIME,
  STATION_WINDOW_BYTES,
  STATISTICS_INTERVAL,
} from './limits.ts';
import { BMP_VIEWS, type BmpView } from './route-feed.ts';
import { MonitoredLab, opensOf, overIpv4, WALL_AT_ZERO } from './testing/monitored-lab.ts';
import type { HeardMessage } from './testing/station-reader.ts';

const ALL: readonly BmpView[] = BMP_VIEWS;
const BOTH_WAYS = { receive: ['ipv4', 'ipv6'], send: ['ipv4', 'ipv6'] } as const;
const prefixesOf = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `10.${(from + i) >> 8}.${(from + i) & 255}.0/24`);

function opened(views: readonly BmpView[] = ALL): MonitoredLab {
  const world = new MonitoredLab();
  world.stations(views);
  world.monitor.stationOpened(world.connection().id, world.lab.now);
  return world;
}
const typesOf = (messages: readonly HeardMessage[]): string =>
  messages
    .map(({ type }) => ['route', 'statistics', 'down', 'up', 'initiation', 'termination'][type])
    .join(' ');
const stateOf = (world: MonitoredLab) => world.monitor.views()[0];
function pass(world: MonitoredLab, ms: number): void {
  world.lab.settle(ms);
}

describe('a connection', () => {
  test('begins with initiation, then every peer that is up, then tables and End-of-RIB (RFC 7854 §3.3)', () => {
    const world = new MonitoredLab();
    const x = world.add({ asn: 4242420001 });
    world.add({}, false);
    world.lab.announce(x, { prefixes: ['172.20.0.0/24', 'fd42::/48'], path: [7] });
    world.lab.settle();
    world.stations(['adj-in-pre']);
    const { id, heard } = world.connection();
    expect(stateOf(world)).toMatchObject({ station: 'station-0:1790', state: 'connecting' });
    world.monitor.stationOpened(id, world.lab.now);
    world.drain();
    expect(typesOf(heard.messages)).toBe('initiation up route route route route');
    const [initiation, up] = heard.messages;
    expect(initiation?.tlvs?.map(({ type, value }) => [type, printableBytes(value)])).toEqual([
      [2, 'tokyo'],
      [1, 'rootless42 test'],
    ]);
    expect(up?.peer).toMatchObject({
      type: 0,
      flags: 0x80,
      address: 'fe80::1',
      asn: 4242420001,
      bgpId: '10.0.0.1',
    });
    expect(up?.up).toMatchObject({
      localAddress: 'fe80::6000',
      localPort: 179,
      remotePort: 40_000,
    });
    expect(heard.tables).toEqual(world.expected(['adj-in-pre']));
    expect(heard.endOfRibs.get('fe80::1 pre')).toEqual(['ipv4', 'ipv6']);
    expect(stateOf(world)).toMatchObject({ state: 'up', since: WALL_AT_ZERO + 1100 });
  });

  test('has each view by its flags; rejected routes are in one of them (RFC 8671 §4)', () => {
    const world = opened();
    const [x, y] = [world.add(overIpv4(1)), world.add({ ...overIpv4(2), policy: 'full' })];
    world.lab.routes.setOwnPrefixes(
      [prefix('172.21.128.0/27'), prefix('fdb0:6000:100::/48')],
      world.lab.now,
    );
    world.lab.announce(x, { prefixes: ['172.20.0.0/24'] });
    // Nothing of y is accepted: there is no registry.
    world.lab.announce(y, { prefixes: ['172.20.1.0/24'] });
    world.drain();
    const { heard } = world.connection();
    const keys = (table: string): string[] => [...(heard.tables.get(table)?.keys() ?? [])].sort();
    expect(keys('10.0.0.1 pre')).toEqual(['172.20.0.0/24']);
    expect(keys('10.0.0.2 pre')).toEqual(['172.20.1.0/24']);
    expect(keys('10.0.0.2 post')).toEqual([]);
    expect(keys('loc-rib')).toEqual(['172.20.0.0/24', '172.21.128.0/27', 'fdb0:6000:100::/48']);
    expect(heard.tables).toEqual(world.expected(ALL));
  });

  test('a Loc-RIB has a peer of its own, a table name, and OPENs with four-octet AS numbers (RFC 9069 §5)', () => {
    const world = opened(['loc-rib']);
    world.add();
    world.drain();
    const up = world.connection().heard.messages.filter(({ type }) => type === 3);
    expect(up.map(({ peer }) => peer)).toEqual([
      expect.objectContaining({ type: 3, flags: 0, asn: 4242426000, bgpId: '172.21.128.1' }),
    ]);
    expect(up[0]?.tlvs?.map(({ type, value }) => [type, printableBytes(value)])).toEqual([
      [3, 'global'],
    ]);
    const open = up[0]?.up?.sentOpen as Uint8Array;
    const kinds = capabilitiesOfOpen(readOpen(open, 0, open.length)).map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(['multiprotocol', 'four-octet-as']));
  });
});

describe('changes', () => {
  test('are told as they come: announced, replaced, withdrawn', () => {
    const world = opened();
    const [x, y] = [world.add(), world.add()];
    world.drain();
    const { heard } = world.connection();
    for (const step of [
      () => world.lab.announce(x, { prefixes: ['172.20.0.0/24'], path: [1] }),
      () => world.lab.announce(y, { prefixes: ['172.20.0.0/24'], path: [1, 2] }),
      () => world.lab.announce(x, { prefixes: ['172.20.0.0/24'], path: [1, 2, 3] }),
      () => world.lab.withdraw(x, ['172.20.0.0/24']),
      () => world.lab.withdraw(y, ['172.20.0.0/24']),
    ]) {
      step();
      world.drain();
      expect(heard.tables).toEqual(world.expected(ALL));
    }
    expect(world.lab.routes.audit()).toEqual([]);
  });

  test('with path ids every path is told, each way, and read by the OPENs of the peer up (RFC 7911 §3)', () => {
    const world = opened();
    const [x, y] = [world.add({ session: { addPath: BOTH_WAYS } }), world.add()];
    const several = world.add({ session: { addPath: { receive: [], send: ['ipv4'] } } });
    for (const [id, path] of [
      [7, [1]],
      [9, [1, 2]],
    ] as const)
      world.lab.announce(x, { prefixes: [`172.20.0.0/24#${id}`, `fd42::/48#${id}`], path });
    world.lab.announce(y, { prefixes: ['172.20.0.0/24'], path: [3] });
    world.drain();
    const { heard } = world.connection();
    const keys = (table: string): string[] => [...(heard.tables.get(table)?.keys() ?? [])].sort();
    expect(keys('fe80::1 pre')).toEqual([
      '172.20.0.0/24#7',
      '172.20.0.0/24#9',
      'fd42::/48#7',
      'fd42::/48#9',
    ]);
    expect(keys('fe80::1 out')).toHaveLength(1);
    expect(keys('fe80::3 out')).toEqual([
      ...[1, 2, 3].map((id) => `172.20.0.0/24#${id}`),
      'fd42::/48',
    ]);
    expect(keys('fe80::2 pre')).toEqual(['172.20.0.0/24']);
    expect(keys('loc-rib')).toEqual(['172.20.0.0/24', 'fd42::/48']);
    expect(heard.tables).toEqual(world.expected(ALL));
    world.lab.withdraw(x, ['172.20.0.0/24#7']);
    world.drain();
    expect(keys('fe80::1 pre')).not.toContain('172.20.0.0/24#7');
    expect(heard.tables).toEqual(world.expected(ALL));
    world.end(several);
    world.end(x);
    world.drain();
    expect(heard.tables).toEqual(world.expected(ALL));
    expect(world.lab.routes.audit()).toEqual([]);
  });

  test('the time of a best path is its own, not that of another path of the neighbor', () => {
    const world = opened(['loc-rib']);
    const x = world.add({ session: { addPath: BOTH_WAYS } });
    world.lab.announce(x, { prefixes: ['172.20.0.0/24#1'], path: [1, 2] });
    world.drain();
    const before = world.connection().heard.messages.length;
    pass(world, 5000);
    const { now } = world.lab;
    world.lab.announce(x, { prefixes: ['172.20.0.0/24#2'], path: [1] });
    pass(world, 5000);
    world.drain();
    const told = world.connection().heard.messages[before];
    expect(told?.peer?.seconds).toBe(Math.floor((WALL_AT_ZERO + now) / 1000));
  });

  test('the time of a route is when it came to be so', () => {
    const world = opened(['adj-in-pre']);
    const x = world.add();
    world.drain();
    const before = world.connection().heard.messages.length;
    const { now } = world.lab;
    world.lab.announce(x, { prefixes: ['172.20.0.0/24'] });
    pass(world, 5000);
    world.drain();
    const told = world.connection().heard.messages[before];
    expect(told?.peer?.seconds).toBe(Math.floor((WALL_AT_ZERO + now) / 1000));
  });

  test('packs routes of one UPDATE into one message', () => {
    const world = opened(['adj-in-post']);
    const x = world.add();
    world.drain();
    const before = world.connection().heard.messages.length;
    world.lab.announce(x, { prefixes: prefixesOf(0, 200), path: [5] });
    world.drain();
    expect(world.connection().heard.messages.length).toBe(before + 1);
  });
});

describe('a peer goes down', () => {
  const reasonsOf = (world: MonitoredLab): (number | undefined)[] =>
    world
      .connection()
      .heard.messages.filter(({ down }) => down)
      .map(({ down }) => down?.reason);

  test.each([
    [
      '1, we sent a NOTIFICATION',
      1,
      (w: MonitoredLab, id: never) => w.monitor.notified(id, 'sent', ceaseWithText(2, 'bye')),
    ],
    ['2, it restarted and came back', 2, (w: MonitoredLab, id: never) => w.monitor.replaced(id)],
    [
      '3, it sent one',
      3,
      (w: MonitoredLab, id: never) => w.monitor.notified(id, 'received', notification(4, 0)),
    ],
    ['4, it went without a word', 4, () => undefined],
  ] as const)('reason %s (RFC 7854 §4.9)', (_, reason, act) => {
    const world = opened();
    const x = world.add();
    world.lab.announce(x, { prefixes: ['172.20.0.0/24'] });
    world.drain();
    act(world, x.id as never);
    world.end(x);
    world.drain();
    expect(reasonsOf(world)).toEqual([reason]);
    expect(world.connection().heard.tables).toEqual(world.expected(ALL));
    world.establish(x);
    world.end(x);
    world.drain();
    // What was said on the former session is forgotten.
    expect(reasonsOf(world)).toEqual([reason, 4]);
    expect(world.lab.routes.audit()).toEqual([]);
  });

  test('reason 5, another choice of views: every table begins anew on the same connection', () => {
    const world = opened(['adj-in-pre', 'loc-rib']);
    const x = world.add();
    world.lab.announce(x, { prefixes: prefixesOf(0, 50) });
    world.drain();
    world.stations(['adj-out', 'adj-in-post']);
    world.drain();
    expect(reasonsOf(world)).toEqual([5, 6]);
    expect(world.connections).toHaveLength(1);
    expect(world.connection().heard.tables).toEqual(world.expected(['adj-out', 'adj-in-post']));
    world.monitor.neighborRemoved(x.id, world.lab.now);
    world.drain();
    expect(reasonsOf(world)).toEqual([5, 6, 5]);
  });
});

describe('a slow station', () => {
  test('has at most a window under way, and gets the newest state when it reads again', () => {
    const world = opened();
    const [x, y] = [world.add(), world.add()];
    world.drain();
    const connection = world.connection();
    for (let round = 0; round < 30; round++) {
      for (let i = 0; i < 20; i++)
        world.lab.announce(round % 2 === 0 ? x : y, {
          prefixes: prefixesOf(i * 100, 100),
          path: [round, i],
        });
      world.lab.settle();
      while (world.monitor.run(world.lab.now));
    }
    const waiting = connection.waiting.reduce((sum, { length }) => sum + length, 0);
    expect(waiting).toBeLessThan(STATION_WINDOW_BYTES * 1.5);
    expect(waiting).toBeGreaterThan(STATION_WINDOW_BYTES / 2);
    expect(world.monitor.holds(4)).toBeGreaterThan(0);
    world.drain();
    expect(connection.heard.tables).toEqual(world.expected(ALL));
    expect(world.monitor.holds(4)).toBe(0);
    expect(world.lab.routes.audit()).toEqual([]);
  });

  test('that takes nothing for a minute is cut off, and returns to whole tables', () => {
    const world = opened();
    const x = world.add();
    world.lab.announce(x, { prefixes: prefixesOf(0, 300) });
    world.lab.settle();
    world.monitor.run(world.lab.now);
    pass(world, STATION_STALL_TIME - 1000);
    expect(stateOf(world)?.state).toBe('up');
    pass(world, 2000);
    expect(world.connection().isClosed).toBe(true);
    expect(stateOf(world)).toMatchObject({
      state: 'waiting',
      lastError: 'the station stopped reading',
    });
    pass(world, 31_000);
    expect(world.connections).toHaveLength(2);
    world.monitor.stationOpened(world.connection().id, world.lab.now);
    // The old connection has no effect any more.
    world.monitor.stationClosed(1, 'late', world.lab.now);
    world.drain();
    expect(world.connection().heard.tables).toEqual(world.expected(ALL));
    expect(stateOf(world)).not.toHaveProperty('lastError');
  });

  test('that lets peers pile up is cut off as well', () => {
    const world = opened(['adj-in-pre']);
    const x = world.add();
    world.lab.announce(x, { prefixes: prefixesOf(0, 100) });
    world.lab.settle();
    const { id, session } = world.add();
    for (let i = 0; i < 40_000 && stateOf(world)?.state === 'up'; i++) {
      world.monitor.ended(id, world.lab.now);
      world.monitor.established(id, session, opensOf(x), world.lab.now);
    }
    world.lab.settle();
    expect(stateOf(world)?.lastError).toBe('the station is too far behind');
    expect(world.monitor.holds(4)).toBe(0);
    expect(world.lab.routes.audit()).toEqual([]);
  });
});

test('attempts come 30 s apart, then at most 720 s, and no earlier than three quarters of that (§3.2)', () => {
  const world = new MonitoredLab();
  world.stations(['loc-rib']);
  const gaps: number[] = [];
  for (let i = 0; i < 8; i++) {
    world.monitor.stationClosed(world.connection().id, 'refused', world.lab.now);
    expect(stateOf(world)).toMatchObject({ state: 'waiting', lastError: 'refused' });
    const from = world.lab.now;
    const known = world.connections.length;
    while (world.connections.length === known) pass(world, 500);
    gaps.push((world.lab.now - from) / 1000);
  }
  for (const [i, gap] of gaps.entries()) {
    const longest = Math.min(30 * 2 ** i, STATION_RETRY_SECONDS_MAX);
    expect(gap).toBeGreaterThanOrEqual(longest * 0.75);
    expect(gap).toBeLessThanOrEqual(longest + 1);
  }
});

test('an attempt without an answer ends after half a minute', () => {
  const world = new MonitoredLab();
  world.stations(['loc-rib']);
  pass(world, 30_100);
  expect(stateOf(world)).toMatchObject({ state: 'waiting', lastError: 'no answer' });
  expect(world.connection().isClosed).toBe(true);
});

test('statistics come every minute, of each peer and of the Loc-RIB (RFC 7854 §4.8)', () => {
  const world = opened(['adj-in-pre', 'loc-rib']);
  const [x] = [world.add(), world.add()];
  world.lab.announce(x, { prefixes: [...prefixesOf(0, 9), 'fd42::/48'] });
  world.drain();
  pass(world, STATISTICS_INTERVAL + 100);
  world.drain();
  const reports = world.connection().heard.messages.filter(({ type }) => type === 1);
  expect(reports.map(({ peer }) => peer?.type)).toEqual([0, 0, 3]);
  const valuesOf = (report: number, type: number): number[] =>
    (reports[report]?.tlvs ?? [])
      .filter((tlv) => tlv.type === type)
      .map(({ value }) => value.at(-1) ?? 0);
  expect(valuesOf(0, 7)).toEqual([10]);
  expect(valuesOf(0, 9)).toEqual([9, 1]);
  expect(valuesOf(0, 11)).toEqual([0]);
  expect(valuesOf(1, 15)).toEqual([10]);
  expect(valuesOf(2, 8)).toEqual([10]);
  expect(valuesOf(2, 10)).toEqual([9, 1]);
});

test('a station that is no longer wanted gets termination, and nothing is left of it', () => {
  const world = opened();
  const x = world.add();
  world.lab.announce(x, { prefixes: prefixesOf(0, 10) });
  world.drain();
  const connection = world.connection();
  world.stations();
  connection.isClosed = false;
  world.take(connection);
  expect(connection.heard.messages.at(-1)?.type).toBe(5);
  expect(world.monitor.views()).toEqual([]);
  world.lab.announce(x, { prefixes: prefixesOf(5, 10), path: [9] });
  world.lab.settle();
  expect(world.monitor.holds(4)).toBe(0);
  expect(world.lab.routes.audit()).toEqual([]);
});

test('whatever happens in whatever order, in the end every station knows what the router knows', () => {
  const step = fc.tuple(
    fc.constantFrom('announce', 'withdraw', 'session', 'take', 'run', 'connection', 'pass'),
    fc.nat(),
    fc.nat(),
  );
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), (steps) => {
      const world = new MonitoredLab();
      const views: BmpView[][] = [[...ALL], ['adj-in-post', 'loc-rib']];
      world.stations(...views);
      for (const wish of [{}, overIpv4(7), { session: { addPath: BOTH_WAYS } }]) world.add(wish);
      for (const [what, a, b] of steps) {
        const neighbor = world.neighbors[a % 3] as (typeof world.neighbors)[number];
        const connection = world.connection(a % 2);
        const isUp = world.up.has(neighbor);
        // The third says path ids.
        const prefixes = prefixesOf(b % 40, 1 + (a % 300)).map((text) =>
          a % 3 === 2 ? `${text}#${1 + (b % 2)}` : text,
        );
        if (what === 'announce' && isUp)
          world.lab.announce(neighbor, {
            prefixes,
            path: [b % 5],
          });
        else if (what === 'withdraw' && isUp) world.lab.withdraw(neighbor, prefixes);
        else if (what === 'session' && isUp) world.end(neighbor);
        else if (what === 'session') world.establish(neighbor);
        else if (what === 'take') world.take(connection, 1 + (b % 3));
        else if (what === 'run') world.monitor.run(world.lab.now);
        else if (what === 'connection' && b % 2 === 0)
          world.monitor.stationOpened(connection.id, world.lab.now);
        else if (what === 'connection')
          world.monitor.stationClosed(connection.id, 'lost', world.lab.now);
        else if (what === 'pass') pass(world, b % 2 === 0 ? 20 : 40_000);
      }
      for (const station of [0, 1]) {
        if (world.monitor.views()[station]?.state === 'waiting') pass(world, 800_000);
        world.monitor.stationOpened(world.connection(station).id, world.lab.now);
      }
      world.drain();
      for (const station of [0, 1])
        if (world.monitor.views()[station]?.state === 'up')
          expect(withoutEmpty(world.connection(station).heard.tables)).toEqual(
            withoutEmpty(world.expected(views[station] as BmpView[])),
          );
      expect(world.lab.routes.audit()).toEqual([]);
    }),
    { numRuns: 40 },
  );
});

test('time within a connection does not run backwards', () => {
  const world = opened();
  const x = world.add();
  world.lab.announce(x, { prefixes: prefixesOf(0, 3) });
  world.drain();
  world.lab.now = addMilliseconds(world.lab.now, seconds(3));
  world.end(x);
  world.drain();
  const times = world
    .connection()
    .heard.messages.flatMap(({ peer }) => (peer ? [peer.seconds] : []));
  expect(times.at(-1)).toBeGreaterThanOrEqual(Math.max(...times.slice(0, -1)));
});

const withoutEmpty = (tables: ReadonlyMap<string, ReadonlyMap<string, string>>) =>
  new Map([...tables].filter(([, table]) => table.size > 0));
