import { expect, test } from 'vitest';
import { assert } from '../base/assert.ts';
import * as L from '../packet/plane-layout.ts';
import { endChanges } from './end-changes.ts';
import { World } from './testing/routed-world.ts';

test.each([
  ['a route', L.BANK_FIB6],
  ['an endpoint', L.BANK_PEERS + L.PEER_BYTES + L.PEER_SEQUENCE],
])('who ended while changing %s leaves tables that packets can use', (_what, place) => {
  const world = new World({ plane: true }).connect();
  const { carried, alice, bob } = world;
  assert(carried !== undefined, 'this world has a plane');
  alice.send(packet());
  expect(bob.received).toHaveLength(1);

  Atomics.add(new Int32Array(carried.buffer), (L.BANK + place) >> 2, 1);
  // What the cache remembers is forgotten by now.
  world.advance(5000);
  alice.send(packet());
  const whileOdd = bob.received.length;
  endChanges(carried.buffer, 0);
  alice.send(packet());
  // The router of this world lives, and forwards what was punted; the fast path does so from here on.
  const before = world.punted;
  alice.send(packet());
  expect(world.punted).toBe(before);
  expect(bob.received).toHaveLength(whileOdd + 2);
});

test('what a former life watched is forwarded, not handed to nobody', () => {
  const world = new World({ plane: true }).connect();
  const { carried, alice, links } = world;
  assert(carried !== undefined, 'this world has a plane');
  for (const link of [links.alice, links.bob]) world.life?.plane.setPunted(link, true, true);
  const before = world.punted;
  alice.send(packet());
  expect(world.punted).toBe(before + 1);
  endChanges(carried.buffer, 0);
  alice.send(packet());
  expect(world.punted).toBe(before + 1);
  expect(world.bob.received).toHaveLength(2);
});

/** From alice's network to bob's. */
function packet(): Uint8Array {
  const octets = new Uint8Array(60);
  octets.set([0x60, 0, 0, 0, 0, 20, 59, 64, 0xfd, 1]);
  octets.set([0xfd, 2], 24);
  octets[39] = 5;
  return octets;
}
