/**
 * Where broadcasts go, and frames through whole switches of a static chain.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex } from '../../base/bytes.ts';
import { seededRandom } from '../../base/random.ts';
import { instant, seconds } from '../../base/units.ts';
import { NextHopTable, readNextHopTable } from '../graph/index.ts';
import { BROADCAST, NO_NODE, type NodeNumber } from '../node-number.ts';
import { BroadcastTree } from './broadcast-tree.ts';
import fixtures from './fixtures/broadcast.json' with { type: 'json' };
import session from './fixtures/session-static.json' with { type: 'json' };
import { MacTable } from './mac-table.ts';

describe.each(fixtures)('sends on what etherguard-go does: $name', ({ next, broadcast }) => {
  const table = tableOf(next);

  test.each(broadcast)('node $self, of $source, from $from', ({ self, source, from, to }) => {
    const tree = new BroadcastTree(table, node(self));
    const onward = from === null ? tree.neighbors : tree.onward(node(source));
    expect(onward.filter((neighbor) => neighbor !== from)).toEqual(to);
  });
});

test('the example of the specification: a broadcast of 1 at node 4 goes to 6, not to 3', () => {
  const sample = fixtures.find(({ name }) => name.startsWith('sample six nodes'));
  const tree = new BroadcastTree(tableOf(sample?.next), node(4));
  expect(tree.onward(node(1))).toEqual([6]);
});

test('a list is made once per source', () => {
  const tree = new BroadcastTree(tableOf({ 1: { 2: 2, 3: 2 }, 2: { 3: 3, 1: 1 } }), node(2));
  expect(tree.onward(node(1))).toBe(tree.onward(node(1)));
  expect(tree.onward(node(1))).toEqual([3]);
});

test('a source that no table has goes nowhere, and is not remembered', () => {
  const tree = new BroadcastTree(tableOf({ 1: { 2: 2 } }), node(1));
  const [first, ...others] = [100, 101, 60_000].map((stranger) => tree.onward(node(stranger)));
  expect(first).toEqual([]);
  for (const other of others) expect(other).toBe(first);
});

test('a loop on the way leaves the neighbor out, a missing entry too', () => {
  const table = tableOf({ 1: { 3: 2, 4: 2 }, 2: { 3: 1, 4: 4, 5: 5 } });
  expect(new BroadcastTree(table, node(2)).neighbors).toEqual([1, 4, 5]);
  // 1 → 3 runs in circles; 1 → 5 is not known; 1 → 4 passes 2.
  expect(new BroadcastTree(table, node(2)).onward(node(1))).toEqual([4]);
});

test('whatever a table says, a tree ends and follows the rule', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 12 }), (seed, size) => {
      const random = seededRandom(seed);
      const nodes = Array.from({ length: size }, (_, i) => node(i * 3));
      const hops = Uint16Array.from({ length: size * size }, () =>
        random.below(4) === 0 ? NO_NODE : (nodes[random.below(size)] as number),
      );
      const table = new NextHopTable(nodes, hops);
      for (const own of nodes) {
        const tree = new BroadcastTree(table, own);
        const values = new Set(nodes.map((to) => table.nextHop(own, to)));
        values.delete(NO_NODE);
        expect(new Set(tree.neighbors)).toEqual(values);
        for (const source of nodes)
          expect(tree.onward(source)).toEqual(
            tree.neighbors.filter((to) => wayOf(table, source, to)?.includes(own)),
          );
      }
    }),
  );
});

test('a broadcast reaches everybody exactly once where the table is one of shortest ways', () => {
  for (const { next } of fixtures) {
    const table = tableOf(next);
    for (const source of table.nodes) {
      const reached: number[] = [];
      const pending = new BroadcastTree(table, source).neighbors.map((to) => ({
        from: source,
        to,
      }));
      for (let hop = pending.pop(); hop !== undefined; hop = pending.pop()) {
        const { from, to } = hop;
        reached.push(to);
        for (const onward of new BroadcastTree(table, to).onward(source))
          if (onward !== from) pending.push({ from: to, to: onward });
      }
      const reachable = table.nodes.filter((to) => table.nextHop(source, to) !== NO_NODE);
      expect(reached.sort()).toEqual([...reachable].sort());
    }
  }
});

test('the frames of a static chain go where they went between real nodes', () => {
  const table = tableOf({ 1: { 2: 2, 3: 2 }, 2: { 1: 1, 3: 3 }, 3: { 1: 2, 2: 2 } });
  const macs = new Map(table.nodes.map((own) => [own, new MacTable(seconds(60), 1, instant(0))]));
  const macsOf = (own: NodeNumber) => macs.get(own) as MacTable;
  const sent: object[] = [];

  /** A link peer gives a packet to another, who delivers and forwards it. */
  const pass = (from: NodeNumber, to: NodeNumber, packet: Packet, ttl: number): void => {
    sent.push({ node: from, to, ttl, destination: packet.destination, source: packet.source });
    const isBroadcast = packet.destination === BROADCAST;
    if (isBroadcast || packet.destination === to)
      macsOf(to).learn(packet.frame, 6, packet.source, instant(0));
    if (packet.destination === to || ttl === 0) return;
    const onward = isBroadcast
      ? new BroadcastTree(table, to).onward(packet.source)
      : [table.nextHop(to, packet.destination)];
    for (const next of onward)
      if (next !== from && next !== NO_NODE) pass(to, next, packet, ttl - 1);
  };
  const enter = (own: NodeNumber, frame: Uint8Array): void => {
    const found = macsOf(own).find(frame, 0);
    const destination = found === NO_NODE ? BROADCAST : found;
    const first =
      found === NO_NODE
        ? new BroadcastTree(table, own).neighbors
        : [table.nextHop(own, destination)];
    for (const to of first) pass(own, to, { destination, source: own, frame }, 200);
  };

  for (const event of session)
    if (event.ttl === 200) enter(node(event.node), fromHex(event.frame.slice(0, 28)) as Uint8Array);
  expect(sent).toEqual(
    session.map(({ node: from, to, ttl, destination, source }) => {
      return { node: from, to, ttl, destination, source };
    }),
  );
});

type Packet = {
  readonly destination: NodeNumber;
  readonly source: NodeNumber;
  readonly frame: Uint8Array;
};

/** The way from one node to another, undefined when it does not end. */
function wayOf(table: NextHopTable, from: NodeNumber, to: NodeNumber): NodeNumber[] | undefined {
  const way = [from];
  for (let at = from; at !== to; way.push(at)) {
    at = table.nextHop(at, to);
    if (at === NO_NODE || way.includes(at)) return undefined;
  }
  return way;
}

function tableOf(maps: unknown): NextHopTable {
  const table = readNextHopTable(maps);
  if ('message' in table) throw new Error(table.message);
  return table;
}

function node(number: number): NodeNumber {
  return number as NodeNumber;
}
