import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DISCARD, type InterfaceId, interfaceId, NONE } from '../base/units.ts';
import { IPV4_MORE_FRAGMENTS } from '../packet/index.ts';
import { flowOf4, mix } from './flow-hash.ts';
import { Interfaces } from './interfaces.ts';
import { NEXT_HOP_SETS_MAX } from './limits.ts';
import { NextHopSets } from './next-hop-sets.ts';
import { packet, udp } from './testing/build-packet.ts';
import { at, createTestNode, type TestNode } from './testing/test-node.ts';

const FLOWS = Array.from({ length: 4000 }, (_, i) => mix(i + 1));
const CONFIG = { mtu: 1420, addresses: [], peerAddresses: [] };

function tunnels(count: number): { interfaces: Interfaces; ids: InterfaceId[]; sets: NextHopSets } {
  const interfaces = new Interfaces();
  const ids = Array.from({ length: count }, () => interfaces.add(CONFIG));
  return { interfaces, ids, sets: new NextHopSets(interfaces, 42) };
}

/** Which member carries each flow. */
const spread = (sets: NextHopSets, id: number): number[] =>
  FLOWS.map((flow) => sets.choose(id, flow, NONE));

test.each([2, 3, 5, 16])('flows are spread evenly over %d members', (count) => {
  const { ids, sets } = tunnels(count);
  const shares = new Map<number, number>();
  for (const row of spread(sets, sets.take(ids))) shares.set(row, (shares.get(row) ?? 0) + 1);
  expect(shares.size).toBe(count);
  const fair = FLOWS.length / count;
  for (const share of shares.values()) {
    // Five standard deviations of a fair coin with so many sides.
    expect(Math.abs(share - fair)).toBeLessThan(5 * Math.sqrt(fair));
  }
});

test('a flow keeps its next hop while its member stays, whoever else comes or goes', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 0, max: 15 }), { minLength: 2, maxLength: 16 }),
      fc.uniqueArray(fc.integer({ min: 0, max: 15 }), { minLength: 2, maxLength: 16 }),
      (before, after) => {
        const { ids, sets } = tunnels(16);
        const setOf = (members: number[]): number =>
          sets.take(members.toSorted((x, y) => x - y).map((i) => ids[i] as InterfaceId));
        const [old, next] = [spread(sets, setOf(before)), spread(sets, setOf(after))];
        for (const [i, row] of old.entries()) {
          const isMoved = next[i] !== row;
          // It moves only from one that went, or to one that came.
          if (isMoved)
            expect(!after.includes(row) || !before.includes(next[i] as number)).toBe(true);
        }
      },
    ),
    { numRuns: 20 },
  );
});

test('an interface that is gone takes its flows to the others, and no others with them', () => {
  const { interfaces, ids, sets } = tunnels(4);
  const id = sets.take(ids);
  const before = spread(sets, id);
  interfaces.remove(2);
  const after = spread(sets, id);
  for (const [i, row] of before.entries())
    if (row === 2) expect(after[i]).not.toBe(2);
    else expect(after[i]).toBe(row);
  for (const row of [0, 1, 3]) interfaces.remove(row);
  expect(sets.choose(id, 1, NONE)).toBe(NONE);
});

test('routers in a row do not split alike', () => {
  const { ids, sets } = tunnels(2);
  const id = sets.take(ids);
  const wayAt = (seed: number): number[] =>
    Array.from({ length: 4000 }, (_, i) => {
      const b = packet({ from: '172.20.1.1', to: '172.20.2.2' }, udp({ sourcePort: i + 1 }));
      return sets.choose(id, flowOf4(seed, b, 0, b.length), NONE);
    });
  const [first, second] = [wayAt(0xac158001), wayAt(0xac158101)];
  const alike = first.filter((row, i) => row === second[i]).length / first.length;
  expect(Math.abs(alike - 0.5)).toBeLessThan(0.05);
});

test('equal members are one set, which lives while a route has it; an old id is nobody’s', () => {
  const { ids, sets } = tunnels(3);
  const two = ids.slice(0, 2);
  const id = sets.take(two);
  expect(id).toBeGreaterThan(DISCARD);
  expect(sets.take([...two])).toBe(id);
  expect(sets.size).toBe(1);
  sets.release(id);
  expect(sets.membersOf(id)).toEqual(two);
  sets.release(id);
  expect(sets.size).toBe(0);
  const next = sets.take(ids);
  expect(next).not.toBe(id);
  expect(sets.membersOf(id)).toEqual([]);
  expect(sets.choose(id, 1, NONE)).toBe(NONE);
  expect(sets.choose(DISCARD, 1, NONE)).toBe(NONE);
});

test('there are so many sets and no more', () => {
  const { sets } = tunnels(1);
  const setOf = (n: number): number => sets.take([interfaceId(n), interfaceId(n + 1)]);
  const ids = Array.from({ length: NEXT_HOP_SETS_MAX }, (_, n) => setOf(n));
  expect(new Set(ids).size).toBe(NEXT_HOP_SETS_MAX);
  expect(setOf(NEXT_HOP_SETS_MAX)).toBe(NONE);
  sets.release(ids[7] as number);
  expect(setOf(NEXT_HOP_SETS_MAX)).not.toBe(NONE);
});

// ── packets ─────────────────────────────────────────────────────────────────────────────────────

/** A router with a tunnel towards senders, and a route by two others. */
function fork(): { node: TestNode; from: InterfaceId; ways: [InterfaceId, InterfaceId] } {
  const node = createTestNode({ addresses: ['172.22.100.1', 'fd00:100::1'] });
  const from = node.tunnel({});
  const ways: [InterfaceId, InterfaceId] = [node.tunnel({}), node.tunnel({})];
  for (const prefix of ['172.20.2.0/24', 'fd00:2::/32'])
    node.route(prefix, interfaceId(node.netstack.nextHopSets.take(ways)));
  return { node, from, ways };
}

const TO = { 4: '172.20.2.2', 6: 'fd00:2::2' } as const;
const FIRST = { flags: IPV4_MORE_FRAGMENTS } as const;
const FROM = { 4: '172.20.1.1', 6: 'fd00:1::1' } as const;

test.each([4, 6] as const)('IPv%d: ports make flows, and each stays on its way', (family) => {
  const { node, from, ways } = fork();
  const wayOf = (sourcePort: number): InterfaceId | undefined => {
    node.deliver(packet({ from: FROM[family], to: TO[family] }, udp({ sourcePort })), from);
    return node.takeSent()[0]?.out;
  };
  const taken = Array.from({ length: 64 }, (_, i) => wayOf(1000 + i));
  expect(new Set(taken)).toEqual(new Set(ways));
  expect(Array.from({ length: 64 }, (_, i) => wayOf(1000 + i))).toEqual(taken);
});

test('fragments of a datagram go one way, whatever their first octets are', () => {
  const { node, from } = fork();
  const ways = Array.from({ length: 32 }, (_, i) => {
    node.deliver(
      packet(
        { from: FROM[4], to: TO[4], ...(i === 0 ? FIRST : { fragmentOffset: i * 64 }) },
        udp({ sourcePort: 1000 + i }),
      ),
      from,
    );
    return node.takeSent()[0]?.out;
  });
  expect(new Set(ways).size).toBe(1);
});

test('a packet does not go back by the way it came', () => {
  const { node, ways } = fork();
  for (let port = 0; port < 16; port++) {
    node.deliver(packet({ from: FROM[4], to: TO[4] }, udp({ sourcePort: port + 1 })), ways[0]);
    expect(node.takeSent()[0]?.out).toBe(ways[1]);
  }
});

test('a source behind several next hops may come by each of them (RFC 3704 §2.2)', () => {
  const { node, from, ways } = fork();
  node.route('172.20.1.0/24', from);
  const ingress = { reversePath: 'strict', bogons: 'allow' } as const;
  for (const id of [...ways, from]) node.netstack.updateInterface(id, { ingress });
  const back = packet({ from: TO[4], to: FROM[4] }, udp({}));
  expect(ways.map((way) => node.deliver(back, way))).toEqual([undefined, undefined]);
  expect(node.deliver(back, from)).toBe('reverse-path');
});

test('what we send ourselves takes one way per destination, and both ways are used', () => {
  const { node, ways } = fork();
  const wayTo = (host: number): InterfaceId | undefined => {
    const target = { family: 4 as const, bytes: Uint8Array.of(172, 20, 2, host) };
    const request = { protocol: 'icmp', target, size: 8, identifier: 1, sequence: 1 } as const;
    expect(node.netstack.probe(request, at(0))).toBeUndefined();
    return node.takeSent()[0]?.out;
  };
  const taken = Array.from({ length: 32 }, (_, host) => wayTo(host + 1));
  expect(new Set(taken)).toEqual(new Set(ways));
  expect(Array.from({ length: 32 }, (_, host) => wayTo(host + 1))).toEqual(taken);
});
