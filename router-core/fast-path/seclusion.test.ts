import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assert } from '../base/assert.ts';
import { toHex } from '../base/bytes.ts';
import { checksum } from '../base/checksum.ts';
import { parseIpAddress } from '../base/ip-address.ts';
import * as L from '../packet/plane-layout.ts';
import { slotsInUse, World } from './testing/routed-world.ts';

const octets = (text: string): Uint8Array => parseIpAddress(text)?.bytes ?? new Uint8Array(0);

/** A plain packet with payload; what it is for is known by the last octet. */
function packetTo(destination: string, mark = 0): Uint8Array {
  const to = octets(destination);
  const packet = new Uint8Array(to.length === 4 ? 48 : 68).fill(0x5a);
  if (to.length === 16) {
    packet.set([0x60, 0, 0, 0, 0, 28, 17, 64, ...octets('fd01::5'), ...to]);
  } else {
    packet.set([0x45, 0, 0, 48, 0, 0, 0x40, 0, 64, 17, 0, 0, ...octets('10.1.0.5'), ...to]);
    const sum = checksum(packet, 0, 20);
    packet.set([sum >>> 8, sum], 10);
  }
  packet[packet.length - 1] = mark;
  return packet;
}

/** What a packet of one remote leads to at both ends. */
function outcome(world: World, from: 'alice' | 'bob', packet: Uint8Array) {
  world.alice.received.length = 0;
  world.bob.received.length = 0;
  world[from].send(packet);
  return {
    alice: world.alice.received.map(toHex),
    bob: world.bob.received.map(toHex),
  };
}

const DESTINATIONS = [
  '10.1.0.9',
  '10.2.0.5',
  '10.3.0.1',
  '10.9.0.1',
  'fd01::9',
  'fd02::5',
  'fd03::1',
  'fd09::1',
] as const;

test.each([
  ['alice', ['alice']],
  ['bob', ['bob']],
  ['both, together', ['alice', 'bob']],
] as const)('with %s in another virtual router both paths do the same', (_, secluded) => {
  const worlds = [
    new World({ plane: false, secluded }).connect(),
    new World({ plane: true, secluded }).connect(),
  ] as const;
  const isTogether = secluded.length === 2;
  for (const world of worlds) {
    // Such a route must not be, and a plane that met one would have to leave the packet alone.
    for (const [stack, link] of [
      [world.netstack, world.links[secluded[0]]],
      [world.other, secluded.length === 1 ? world.links[secluded[0]] : world.links.bob],
    ] as const)
      stack.routes.set(4, octets('10.3.0.0'), 0, 16, link);
  }
  let arrived = 0;
  fc.assert(
    fc.property(
      fc.constantFrom('alice' as const, 'bob' as const),
      fc.constantFrom(...DESTINATIONS),
      (from, destination) => {
        const [plain, carried] = worlds.map((world) => {
          world.advance(1000);
          if (world.now % 100_000 < 1000) world.connect();
          const looked = world.punted;
          const result = outcome(world, from, packetTo(destination));
          return { result, wasPunted: world.punted > looked };
        });
        assert(plain !== undefined && carried !== undefined, 'two worlds');
        expect(carried.result).toEqual(plain.result);
        // One of them at least is where the plane has no tables: the router worker decides.
        expect(carried.wasPunted).toBe(true);
        const [here, there] =
          from === 'alice' ? (['alice', 'bob'] as const) : (['bob', 'alice'] as const);
        if (!isTogether) expect(carried.result[there]).toEqual([]);
        if (isTogether && carried.result[there].length > 0) arrived++;
        // Every answer is an ICMP message of the sender's own virtual router.
        for (const answer of carried.result[here]) expect(answer).toMatch(/^(45.{16}01|6.{11}3a)/);
      },
    ),
    { numRuns: 300 },
  );
  expect(arrived > 10).toBe(isTogether);
  for (const world of worlds) expect(slotsInUse(world)).toBe(0);
});

test('a tunnel that moved to another virtual router is reached by no table of the former life', () => {
  const first = new World({ plane: true }).connect();
  const { carried } = first;
  assert(carried !== undefined, 'this world has a plane');
  expect(outcome(first, 'alice', packetTo('fd02::5', 1)).bob).toHaveLength(1);
  // The next router worker has alice in another virtual router; the former one's tables still route.
  const second = new World({ plane: true, carried, bank: 1, secluded: ['alice'] });
  // Who speaks on under the keys of the former life is not routed by it any more.
  const before = carried.drop(L.DROP_STALE);
  expect(outcome(first, 'alice', packetTo('fd02::5', 2)).bob).toEqual([]);
  expect(outcome(first, 'bob', packetTo('fd01::5', 3)).alice).toEqual([]);
  expect(carried.drop(L.DROP_STALE)).toBe(before + 2);
  for (const [from, to, destination] of [
    ['alice', 'bob', 'fd02::5'],
    ['bob', 'alice', 'fd01::5'],
  ] as const) {
    const result = outcome(second, from, packetTo(destination, 4));
    expect(result[to], `${from} to ${to}, under a new key`).toEqual([]);
  }
  expect(second.punted).toBe(2);
});
