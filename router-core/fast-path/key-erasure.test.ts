/**
 * Keys that go while they are in use: nothing leaves under what they were overwritten with.
 *
 * @module
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { assert } from '../base/assert.ts';
import { readUint32LittleEndian } from '../base/bytes.ts';
import { instant, type PeerId, peerId } from '../base/units.ts';
import { createPacketArena } from '../packet/arena.ts';
import * as L from '../packet/plane-layout.ts';
import { type KeyRotatorData, keyOf } from './testing/key-rotator-main.ts';
import { World } from './testing/routed-world.ts';
import { TestPlane } from './testing/test-plane.ts';
import { TransmitRing } from './transmit-ring.ts';

const SOAK = Number(process.env.ROOTLESS42_SOAK ?? 1);
const STORM_MS = Math.min(1000 * SOAK, 100_000);
const HEADER_BYTES = 16;
const PACKET_BYTES = 1300;

test('what is sealed while its key is erased does not leave (WireGuard paper §6.3)', {
  timeout: STORM_MS + 30_000,
}, async () => {
  const plane = new TestPlane();
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const data: KeyRotatorData = { buffer: plane.buffer, stop };
  const rotator = new Worker(new URL('./testing/key-rotator.mjs', import.meta.url), {
    workerData: data,
  });
  await once(rotator, 'message');
  const ring = new TransmitRing(plane.buffer, 0);
  const arena = createPacketArena(8);
  const slot = arena.allocate();
  arena.end[slot] = (arena.start[slot] as number) + PACKET_BYTES;
  const bytes = new Uint8Array(plane.buffer);
  let left = 0;
  let forged = 0;
  for (const end = performance.now() + STORM_MS; performance.now() < end; ) {
    for (let i = 0; i < 32; i++) ring.pushPacket(peerId(0), arena, slot, L.TRANSMIT_FLAG_DATA);
    for (const datagram of plane.transmit(instant(1000))) {
      left++;
      const generation = readUint32LittleEndian(datagram.bytes, 4);
      bytes.set(keyOf(generation), L.IO);
      bytes.set(datagram.bytes, L.RX_SLOTS);
      const counter = readUint32LittleEndian(datagram.bytes, 8);
      const text = L.RX_SLOTS + HEADER_BYTES;
      const length = datagram.bytes.length - HEADER_BYTES;
      if (plane.functions.openPacket(L.IO, counter, 0, text, length) === 0) forged++;
    }
  }
  Atomics.store(stop, 0, 1);
  const [generations] = await once(rotator, 'message');
  await rotator.terminate();
  console.info(`${left} datagrams under ${generations} keys in ${STORM_MS} ms`);
  expect(left).toBeGreaterThan(0);
  expect(forged).toBe(0);
});

test('no key pair is erased while it is the one to send with, also when both ends begin at once', () => {
  const world = new World({ plane: true }).connect();
  const { carried, life, peers, alice } = world;
  assert(carried !== undefined && life !== undefined, 'this world has a plane');
  const words = new Int32Array(carried.buffer);
  const currentOf = (peer: PeerId): number =>
    words[(L.BANK + L.BANK_PEERS + peer * L.PEER_BYTES + L.PEER_CURRENT) >> 2] as number;
  const erase = life.plane.removeKeyPair.bind(life.plane);
  const erased: number[] = [];
  const early: number[] = [];
  life.plane.removeKeyPair = (row) => {
    erased.push(row);
    if ([currentOf(peers.alice), currentOf(peers.bob)].includes(row)) early.push(row);
    erase(row);
  };
  for (let round = 0; round < 10; round++) {
    world.advance(6000);
    world.device.initiate(peers.alice, world.now);
    alice.device.initiate(alice.peer, world.now);
    world.settle();
  }
  world.device.removePeer(peers.alice);
  expect(erased.length).toBeGreaterThan(10);
  expect(early).toEqual([]);
});
