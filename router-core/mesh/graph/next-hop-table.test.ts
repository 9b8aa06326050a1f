import { describe, expect, test } from 'vitest';
import { NO_NODE, type NodeNumber } from '../node-number.ts';
import { distancesAlong } from './distance-table.ts';
import { type NextHopMaps, NextHopTable, readNextHopTable } from './next-hop-table.ts';

const CHAIN = { 1: { 2: 2, 3: 2 }, 2: { 1: 1, 3: 3 }, 3: { 1: 2, 2: 2 } };

describe('maps of a file', () => {
  test('become a table and maps again', () => {
    const table = tableOf(CHAIN);
    expect(table.nextHop(node(1), node(3))).toBe(2);
    expect(table.nextHop(node(3), node(3))).toBe(NO_NODE);
    expect(table.nextHop(node(1), node(65_535))).toBe(NO_NODE);
    expect(table.toMaps()).toEqual(CHAIN);
  });

  test('may be empty, which Go writes as null', () => {
    expect(tableOf(null).toMaps()).toEqual({});
    expect(tableOf({ 1: null, 2: {} }).toMaps()).toEqual({});
    expect(tableOf({}).nodes).toEqual([]);
  });

  test('name nodes that have no row of their own', () => {
    const table = tableOf({ 0: { 65531: 7 } });
    expect(table.nextHop(node(0), node(65_531))).toBe(7);
    expect(table.has(node(7))).toBe(true);
  });

  test.each([
    ['', [CHAIN]],
    ['', 'x'],
    ['', undefined],
    ['1', { 1: 2 }],
    ['1', { 1: [2] }],
    ['x', { x: { 1: 1 } }],
    ['-1', { '-1': { 1: 1 } }],
    ['1.65532', { 1: { 65532: 1 } }],
    ['1.2', { 1: { 2: '2' } }],
    ['1.2', { 1: { 2: 65_532 } }],
    ['1.2', { 1: { 2: 1.5 } }],
    ['1.2', { 1: { 2: Number.NaN } }],
    ['1.__proto__', JSON.parse('{"1":{"__proto__":2}}')],
  ])('with something wrong at "%s" are refused', (path, maps) => {
    expect(readNextHopTable(maps)).toMatchObject({ path });
  });

  test('of too many nodes are refused', () => {
    const row = Object.fromEntries(Array.from({ length: 1025 }, (_, i) => [i, 1]));
    expect(readNextHopTable({ 1: row })).toMatchObject({ path: '1.1024' });
  });
});

describe('a table differs from an older one', () => {
  test.each([
    ['nothing', CHAIN, false, false],
    ['another next hop', { ...CHAIN, 1: { 2: 2, 3: 3 } }, true, false],
    ['a new entry', { ...CHAIN, 4: { 1: 1 } }, true, false],
    ['an entry that is gone', { ...CHAIN, 1: { 2: 2 } }, false, true],
    ['a node that is gone', { 1: { 2: 2 }, 2: { 1: 1 } }, false, true],
    ['both', { 1: { 2: 3 } }, true, true],
    ['all of it gone', {}, false, true],
  ])('by %s', (_, maps, hasChanged, hasVanished) => {
    const expected = { hasChanged, hasVanished };
    expect(tableOf(maps).differenceFrom(tableOf(CHAIN))).toEqual(expected);
  });

  test('not by the order of its nodes', () => {
    const reversed = tableOf({ 3: { 2: 2, 1: 2 }, 2: { 3: 3, 1: 1 }, 1: { 3: 2, 2: 2 } });
    const [a, b] = [[3, 2, 1].map(node), [1, 2, 3].map(node)] as const;
    expect([a, b]).toContainEqual(reversed.nodes);
    const other = new NextHopTable(a, hopsOf(CHAIN, a));
    const same = new NextHopTable(b, hopsOf(CHAIN, b));
    expect(other.differenceFrom(same)).toEqual({ hasChanged: false, hasVanished: false });
  });
});

test('distances along a table that loops or ends are infinite', () => {
  const table = tableOf({ 1: { 4: 2 }, 2: { 4: 1 }, 3: { 4: 5 } });
  const distances = distancesAlong(table, () => 1);
  expect(distances[1]?.[4]).toBe(99_999);
  expect(distances[2]?.[4]).toBe(99_999);
  expect(distances[3]?.[4]).toBe(99_999);
  expect(distances[4]?.[4]).toBe(0);
});

test('distances add up each way, with links that are not known infinite', () => {
  const latencyOf = (from: number, to: number): number => (from === 3 ? 99_999 : from + to / 10);
  const distances = distancesAlong(tableOf(CHAIN), latencyOf);
  expect(distances[1]).toEqual({ 1: 0, 2: 1.2, 3: 3.5 });
  expect(distances[3]).toEqual({ 1: 99_999, 2: 99_999, 3: 0 });
});

function tableOf(maps: unknown): NextHopTable {
  const table = readNextHopTable(maps);
  if ('message' in table) throw new Error(table.message);
  return table;
}

function hopsOf(maps: NextHopMaps, nodes: readonly NodeNumber[]): Uint16Array {
  return Uint16Array.from(nodes.flatMap((u) => nodes.map((v) => maps[u]?.[v] ?? NO_NODE)));
}

function node(number: number): NodeNumber {
  return number as NodeNumber;
}
