import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type IpAddress,
  type IpPrefix,
  parseIpAddress,
  parseIpPrefix,
  prefixContains,
  prefixOf,
} from '../base/ip-address.ts';
import { seededRandom } from '../base/random.ts';
import { type InterfaceId, interfaceId, NONE } from '../base/units.ts';
import { createPrefixTable } from './prefix-table.ts';
import { createRouteTable, type RouteTable } from './route-table.ts';

test('prefers the longest prefix, whatever the order of setting', () => {
  const routes = createRouteTable();
  set(routes, '172.20.0.0/14', 1);
  set(routes, '172.22.64.0/27', 3);
  set(routes, '172.22.64.0/24', 2);
  set(routes, '172.22.64.9/32', 4);
  expect(lookup(routes, '172.22.64.9')).toBe(4);
  expect(lookup(routes, '172.22.64.8')).toBe(3);
  expect(lookup(routes, '172.22.64.200')).toBe(2);
  expect(lookup(routes, '172.23.0.1')).toBe(1);
  expect(lookup(routes, '172.24.0.1')).toBe(NONE);
});

test('falls back to the shorter prefix when a longer one is removed', () => {
  const routes = createRouteTable();
  for (const [text, out] of [
    ['::/0', 1],
    ['fd00::/8', 2],
    ['fd42:d42::/32', 3],
    ['fd42:d42:d42::/48', 4],
    ['fd42:d42:d42:54::1/128', 5],
  ] as const) {
    set(routes, text, out);
  }
  const expected = (): number => lookup(routes, 'fd42:d42:d42:54::1');
  expect(expected()).toBe(5);
  remove(routes, 'fd42:d42:d42:54::1/128');
  expect(expected()).toBe(4);
  remove(routes, 'fd42:d42:d42::/48');
  expect(expected()).toBe(3);
  remove(routes, 'fd00::/8');
  expect(expected()).toBe(3);
  remove(routes, 'fd42:d42::/32');
  expect(expected()).toBe(1);
  remove(routes, '::/0');
  expect(expected()).toBe(NONE);
  expect(routes.size[6]).toBe(0);
});

test('replaces the interface of a route without counting it twice', () => {
  const routes = createRouteTable();
  set(routes, '10.0.0.0/8', 1);
  set(routes, '10.0.0.0/8', 2);
  set(routes, '10.1.0.0/24', 1);
  set(routes, '10.1.0.0/24', 2);
  expect(routes.size[4]).toBe(2);
  expect(lookup(routes, '10.1.0.1')).toBe(2);
  expect(remove(routes, '10.9.0.0/16')).toBe(false);
  expect(remove(routes, '10.1.0.0/24')).toBe(true);
  expect(remove(routes, '10.1.0.0/24')).toBe(false);
  expect(lookup(routes, '10.1.0.1')).toBe(2);
});

test('keeps the families apart and ignores host bits', () => {
  const routes = createRouteTable();
  set(routes, '0.0.0.0/0', 1);
  expect(lookup(routes, '::1')).toBe(NONE);
  const b = parseIpAddress('172.20.9.9')?.bytes as Uint8Array;
  routes.set(4, b, 0, 20, interfaceId(7));
  expect(lookup(routes, '172.20.0.1')).toBe(7);
});

test('removes every route of an interface and no other', () => {
  const routes = createRouteTable();
  const texts = [
    '0.0.0.0/0',
    '10.0.0.0/8',
    '10.1.2.0/23',
    '10.1.2.3/32',
    'fd00::/8',
    'fd00::1/128',
  ];
  for (const [i, text] of texts.entries()) set(routes, text, i % 2);
  routes.removeInterface(interfaceId(1));
  expect(routes.size[4] + routes.size[6]).toBe(3);
  expect(lookup(routes, '10.1.2.3')).toBe(0);
  expect(lookup(routes, 'fd00::1')).toBe(0);
});

test('agrees with a linear list through any history of changes (twin)', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(4 as const, 6 as const),
      fc.integer(),
      fc.integer({ min: 10, max: 400 }),
      (family, seed, changes) => {
        const random = seededRandom(seed);
        const routes = createRouteTable();
        const list = new LinearTable();
        const known: IpPrefix[] = [];
        for (let i = 0; i < changes; i++) {
          const reuse = known.length > 0 && random.below(2) === 0;
          const prefix = reuse
            ? (known[random.below(known.length)] as IpPrefix)
            : randomPrefix(random, family);
          if (reuse && random.below(2) === 0) {
            const was = list.remove(prefix);
            expect(routes.remove(family, prefix.bytes, 0, prefix.length)).toBe(was);
          } else {
            const out = interfaceId(random.below(1 << 30));
            list.set(prefix, out);
            routes.set(family, prefix.bytes, 0, prefix.length, out);
            known.push(prefix);
          }
          expect(routes.size[family]).toBe(list.size);
          const address = nearAddress(random, known, family);
          expect(find(routes, address)).toBe(list.lookup(address));
        }
        for (let i = 0; i < 50; i++) {
          const address = nearAddress(random, known, family);
          expect(find(routes, address)).toBe(list.lookup(address));
        }
      },
    ),
    { numRuns: 150 },
  );
});

test('lists exactly what it holds (twin)', () => {
  const random = seededRandom(3);
  const table = createPrefixTable(16, 1 << 22);
  const expected = new Map<string, number>();
  for (let i = 0; i < 2000; i++) {
    const prefix = randomPrefix(random, 6);
    table.set(prefix.bytes, 0, prefix.length, i);
    expected.set(`${prefix.bytes.join('.')}/${prefix.length}`, i);
  }
  const found = new Map<string, number>();
  table.forEach((bytes, length, result) => {
    found.set(`${bytes.join('.')}/${length}`, result);
  });
  expect(found).toEqual(expected);
});

test('grows, and gives its memory back to later routes', () => {
  const random = seededRandom(9);
  const table = createPrefixTable(16, 1 << 24);
  const prefixes = Array.from({ length: 30_000 }, () => {
    const bytes = random.bytes(16);
    bytes[0] = 0xfd;
    return prefixOf({ family: 6, bytes }, 48);
  });
  const sizes: number[] = [];
  for (let round = 0; round < 5; round++) {
    for (const [i, p] of prefixes.entries()) table.set(p.bytes, 0, p.length, i);
    sizes.push(table.words().length);
    for (const p of prefixes) table.remove(p.bytes, 0, p.length);
    expect(table.size()).toBe(0);
  }
  expect(sizes[0]).toBeGreaterThan(1 << 18);
  expect(new Set(sizes).size).toBe(1);
  // Promised in the header: the generation is even when nobody writes.
  expect((table.words()[0] as number) % 2).toBe(0);
});

test('refuses a route beyond its limit and keeps what it has', () => {
  const random = seededRandom(5);
  const table = createPrefixTable(16, 1 << 18);
  const kept: IpPrefix[] = [];
  for (let i = 0; i < 50_000; i++) {
    const prefix = prefixOf({ family: 6, bytes: random.bytes(16) }, 64);
    if (table.set(prefix.bytes, 0, 64, i)) kept.push(prefix);
  }
  expect(kept.length).toBeLessThan(50_000);
  expect(table.size()).toBe(kept.length);
  for (const prefix of kept) expect(table.lookup(prefix.bytes, 0)).not.toBe(NONE);
});

/** The simple version: every prefix is looked at. */
class LinearTable {
  private routes: { prefix: IpPrefix; out: number }[] = [];

  get size(): number {
    return this.routes.length;
  }

  set(prefix: IpPrefix, out: number): void {
    this.remove(prefix);
    this.routes.push({ prefix, out });
  }

  remove(prefix: IpPrefix): boolean {
    const before = this.routes.length;
    this.routes = this.routes.filter(
      (r) => r.prefix.length !== prefix.length || !prefixContains(r.prefix, prefix),
    );
    return this.routes.length !== before;
  }

  lookup(address: IpAddress): number {
    let best: { prefix: IpPrefix; out: number } | undefined;
    for (const route of this.routes) {
      if (!prefixContains(route.prefix, address)) continue;
      if (best === undefined || route.prefix.length > best.prefix.length) best = route;
    }
    return best === undefined ? NONE : best.out;
  }
}

type Source = ReturnType<typeof seededRandom>;

/** Few different octets, so that prefixes cover each other. */
function randomBytes(random: Source, family: 4 | 6): Uint8Array {
  const bytes = new Uint8Array(family === 4 ? 4 : 16);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] =
      random.below(4) === 0 ? random.below(256) : ([0, 0xff, 0x80][random.below(3)] as number);
  }
  return bytes;
}

const randomPrefix = (random: Source, family: 4 | 6): IpPrefix =>
  prefixOf({ family, bytes: randomBytes(random, family) }, random.below(family === 4 ? 33 : 129));

/** An address inside a known prefix or just beside it. */
function nearAddress(random: Source, known: readonly IpPrefix[], family: 4 | 6): IpAddress {
  const bytes = randomBytes(random, family);
  const prefix = known[random.below(known.length + 1)];
  if (prefix !== undefined) {
    const whole = prefix.length >>> 3;
    bytes.set(prefix.bytes.subarray(0, whole));
    if (random.below(3) === 0) bytes.set(prefix.bytes);
  }
  return { family, bytes };
}

const find = (routes: RouteTable, address: IpAddress): number =>
  address.family === 4 ? routes.lookup4(address.bytes, 0) : routes.lookup6(address.bytes, 0);

const lookup = (routes: RouteTable, text: string): number =>
  find(routes, parseIpAddress(text) as IpAddress);

function set(routes: RouteTable, text: string, out: number): void {
  const prefix = parseIpPrefix(text) as IpPrefix;
  routes.set(prefix.family, prefix.bytes, 0, prefix.length, out as InterfaceId);
}

function remove(routes: RouteTable, text: string): boolean {
  const prefix = parseIpPrefix(text) as IpPrefix;
  return routes.remove(prefix.family, prefix.bytes, 0, prefix.length);
}
