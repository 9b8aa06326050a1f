import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPacketArena, DATA_BYTES } from '../../router/index.ts';
import { MEMIF_MESSAGE_BYTES, readSlaveMessage } from './memif-messages.ts';
import { MEMIF_COOKIE, MemifRing, RING_HEADER_BYTES, ringFits } from './memif-ring.ts';

const LOG2_SIZE = 3;
const REGION_BYTES = 4096;

test('whatever stands in the memory, only the region and the slot are touched', () => {
  const arena = createPacketArena(3);
  const slots = [arena.allocate(), arena.allocate(), arena.allocate()];
  const slot = slots[1] as (typeof slots)[number];
  // Mostly inside, so that frames pass as well.
  const size = fc.oneof(
    { arbitrary: fc.nat({ max: REGION_BYTES / 2 }), weight: 9 },
    { arbitrary: fc.nat({ max: 2 * REGION_BYTES }), weight: 1 },
    { arbitrary: fc.nat({ max: 0xffffffff }), weight: 1 },
  );
  const descriptor = fc.record({
    flags: fc.nat({ max: 1 }),
    index: fc.oneof({ arbitrary: fc.constant(0), weight: 9 }, { arbitrary: fc.nat(), weight: 1 }),
    length: size,
    offset: size,
  });
  let taken = 0;
  let put = 0;
  fc.assert(
    fc.property(
      fc.array(descriptor, { minLength: 8, maxLength: 8 }),
      fc.nat({ max: 0xffff }),
      fc.nat({ max: 9 }),
      fc.integer({ min: 1, max: REGION_BYTES }),
      (descriptors, tail, offered, frame) => {
        // The region lies in the middle of memory that is not the slave's.
        const memory = new Uint8Array(3 * REGION_BYTES).fill(0xee);
        const region = memory.subarray(REGION_BYTES, 2 * REGION_BYTES);
        const view = new DataView(region.buffer, region.byteOffset);
        view.setUint16(6, tail + offered, true);
        view.setUint16(64, tail, true);
        for (const [i, { flags, index, length, offset }] of descriptors.entries()) {
          const at = RING_HEADER_BYTES + 16 * i;
          view.setUint16(at, flags, true);
          view.setUint16(at + 2, index, true);
          view.setUint32(at + 4, length, true);
          view.setUint32(at + 8, offset, true);
        }
        arena.bytes.fill(0xdd);
        arena.end[slot] = (arena.start[slot] as number) + frame;
        const ring = new MemifRing([region], region, 0, LOG2_SIZE);
        const available = ring.available();
        expect(available).toBe(offered > 8 ? undefined : offered);
        if (available !== undefined) {
          taken += ring.take(arena, slot, available) === undefined ? 0 : 1;
          const left = ring.available() ?? 0;
          put += ring.put(arena, slot, left) ? 1 : 0;
          ring.publish();
        }
        const isUntouched = (part: Uint8Array, value: number): boolean =>
          part.every((octet) => octet === value);
        expect(isUntouched(memory.subarray(0, REGION_BYTES), 0xee)).toBe(true);
        expect(isUntouched(memory.subarray(2 * REGION_BYTES), 0xee)).toBe(true);
        const start = arena.start[slot] as number;
        expect(isUntouched(arena.bytes.subarray(0, start), 0xdd)).toBe(true);
        expect(isUntouched(arena.bytes.subarray(start + DATA_BYTES), 0xdd)).toBe(true);
      },
    ),
    { numRuns: 200 },
  );
  // Else nothing was tried.
  expect(Math.min(taken, put)).toBeGreaterThan(0);
});

test('a ring has the cookie, an aligned place and room for its descriptors', () => {
  const region = new Uint8Array(REGION_BYTES);
  const room = REGION_BYTES - RING_HEADER_BYTES - 16 * 2 ** LOG2_SIZE;
  new DataView(region.buffer).setUint32(room, MEMIF_COOKIE, true);
  expect(ringFits(region, room, LOG2_SIZE)).toBe(true);
  expect(ringFits(region, room, LOG2_SIZE + 1)).toBe(false);
  expect(ringFits(region, room - 4, LOG2_SIZE)).toBe(false);
  expect(ringFits(region, room + 2, LOG2_SIZE)).toBe(false);
});

test('any octets are a message or none', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2 * MEMIF_MESSAGE_BYTES }), (octets) => {
      const message = readSlaveMessage(octets);
      if (octets.length !== MEMIF_MESSAGE_BYTES) expect(message).toBeUndefined();
    }),
  );
  for (let type = 0; type < 10; type++) {
    const octets = new Uint8Array(MEMIF_MESSAGE_BYTES).fill(0xff);
    octets.set([type, 0]);
    expect(readSlaveMessage(octets)?.kind).toBe(
      { 3: 'init', 4: 'add-region', 5: 'add-ring', 6: 'connect', 8: 'disconnect' }[type],
    );
  }
});
