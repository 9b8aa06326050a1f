import { expect, test } from 'vitest';
import * as L from '../packet/plane-layout.ts';
import { World } from './testing/routed-world.ts';
import type { TestDatagram, TestPlane } from './testing/test-plane.ts';

/** A datagram of alice's key pair that does not open: all that counts here stands in its header. */
const forged = (message: TestDatagram): TestDatagram => {
  const bytes = message.bytes.slice();
  bytes.fill(0, 40);
  return { ...message, bytes };
};

function overloaded(batches: number, batch: readonly TestDatagram[], world: World): void {
  for (let i = 0; i < batches; i++) (world.carried as TestPlane).receive(batch, world.now);
}

test('a flooding peer is dropped before the cipher, another one loses nothing', () => {
  const world = new World({ plane: true }).connect();
  const plane = world.carried as TestPlane;
  const flood = forged(firstMessage(world, 'alice'));
  const modest = forged(firstMessage(world, 'bob'));
  // Of 64 datagrams one is bob's: 32 in a window of 2,048.
  const batch = [modest, ...Array.from({ length: 63 }, () => flood)];
  overloaded(32 * 40, batch, world);
  const overloadDrops = plane.drop(L.DROP_OVERLOADED);
  const looked = plane.drop(L.DROP_NOT_AUTHENTIC);
  expect(overloadDrops + looked).toBe(32 * 40 * 64);
  // Most of the flood is cheap; all of bob's was looked at.
  expect(overloadDrops).toBeGreaterThan(0.8 * 32 * 40 * 63);
  expect(looked).toBeGreaterThanOrEqual(32 * 40);
});

test('a flood with nobody to be fair to is forwarded as well as can be', () => {
  const world = new World({ plane: true }).connect();
  const plane = world.carried as TestPlane;
  const flood = forged(firstMessage(world, 'alice'));
  overloaded(
    2000,
    Array.from({ length: 64 }, () => flood),
    world,
  );
  expect(plane.drop(L.DROP_OVERLOADED)).toBe(0);
});

test('while batches are not full nothing is held back, and after overload the limit goes', () => {
  const world = new World({ plane: true }).connect();
  const plane = world.carried as TestPlane;
  const flood = forged(firstMessage(world, 'alice'));
  overloaded(
    2000,
    Array.from({ length: 63 }, () => flood),
    world,
  );
  expect(plane.drop(L.DROP_OVERLOADED)).toBe(0);
  const modest = forged(firstMessage(world, 'bob'));
  overloaded(200, [modest, ...Array.from({ length: 63 }, () => flood)], world);
  const during = plane.drop(L.DROP_OVERLOADED);
  expect(during).toBeGreaterThan(0);
  overloaded(
    3000,
    Array.from({ length: 63 }, () => flood),
    world,
  );
  const after = plane.drop(L.DROP_OVERLOADED);
  overloaded(
    100,
    Array.from({ length: 63 }, () => flood),
    world,
  );
  expect(plane.drop(L.DROP_OVERLOADED)).toBe(after);
});

/** A transport message of this peer, not delivered. */
function firstMessage(world: World, who: 'alice' | 'bob'): TestDatagram {
  const { outbox } = world[who];
  const kept: TestDatagram[] = [];
  const push = outbox.push.bind(outbox);
  outbox.push = (...datagrams) => kept.push(...datagrams);
  const packet = new Uint8Array(60);
  packet[0] = 0x60;
  packet[5] = 20;
  world[who].send(packet);
  outbox.push = push;
  return kept[0] as TestDatagram;
}
