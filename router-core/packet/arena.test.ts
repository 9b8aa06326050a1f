import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NONE, type PacketSlot } from '../base/units.ts';
import { createPacketArena, HEADROOM_BYTES, SLOT_BYTES } from './index.ts';

test('gives out every slot once, with headroom, and then none', () => {
  for (const shared of [false, true]) {
    const arena = createPacketArena(3, shared);
    const slots = [arena.allocate(), arena.allocate(), arena.allocate()];
    expect(new Set(slots).size).toBe(3);
    for (const slot of slots) {
      expect(arena.start[slot]).toBe(slot * SLOT_BYTES + HEADROOM_BYTES);
      expect(arena.end[slot]).toBe(arena.start[slot]);
      expect(arena.ingress[slot]).toBe(NONE);
    }
    expect(arena.allocate()).toBe(NONE);
    expect(arena.free()).toBe(0);
    for (const slot of slots) arena.release(slot);
    expect(arena.free()).toBe(3);
  }
});

test('forgets what it knew about the packet that had the slot before', () => {
  const arena = createPacketArena(1);
  const slot = arena.allocate();
  arena.ingress[slot] = 5;
  arena.flags[slot] = 7;
  arena.socket[slot] = 2;
  arena.remoteFamily[slot] = 6;
  arena.release(slot);
  arena.allocate();
  expect([arena.ingress[slot], arena.flags[slot], arena.socket[slot]]).toEqual([NONE, 0, NONE]);
  expect(arena.remoteFamily[slot]).toBe(0);
});

test('a slot is released once', () => {
  const arena = createPacketArena(1);
  const slot = arena.allocate();
  arena.release(slot);
  expect(() => arena.release(slot)).toThrow('released once');
});

test('columns are one per slot: what is written for one packet is not read for another', () => {
  const arena = createPacketArena(8, true);
  const slots = Array.from({ length: 8 }, () => arena.allocate());
  for (const slot of slots) {
    arena.bytes.fill(slot + 1, slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES);
    arena.end[slot] = 1000 + slot;
    arena.ingress[slot] = slot;
    arena.flags[slot] = 0xffffffff - slot;
    arena.socket[slot] = slot;
    arena.remotePort[slot] = 65535 - slot;
    arena.remoteFamily[slot] = slot % 2 === 0 ? 4 : 6;
    arena.remoteAddress.fill(slot + 1, slot * 16, slot * 16 + 16);
  }
  for (const slot of slots) {
    expect(arena.bytes[slot * SLOT_BYTES]).toBe(slot + 1);
    expect(arena.bytes[(slot + 1) * SLOT_BYTES - 1]).toBe(slot + 1);
    expect([arena.end[slot], arena.ingress[slot], arena.socket[slot]]).toEqual([
      1000 + slot,
      slot,
      slot,
    ]);
    expect(arena.flags[slot]).toBe(0xffffffff - slot);
    expect(arena.remotePort[slot]).toBe(65535 - slot);
    expect(arena.remoteFamily[slot]).toBe(slot % 2 === 0 ? 4 : 6);
    expect(arena.remoteAddress[slot * 16 + 15]).toBe(slot + 1);
  }
});

test('slots that are given back are given out again, whatever the order', () => {
  const steps = fc.array(fc.oneof(fc.constant('allocate' as const), fc.nat(100)), {
    maxLength: 200,
  });
  fc.assert(
    fc.property(steps, (wishes) => {
      const arena = createPacketArena(6);
      const held: PacketSlot[] = [];
      for (const wish of wishes) {
        if (wish === 'allocate') {
          const slot = arena.allocate();
          if (held.length === 6) expect(slot).toBe(NONE);
          else {
            expect(held).not.toContain(slot);
            held.push(slot);
          }
        } else if (held.length > 0) {
          arena.release(held.splice(wish % held.length, 1)[0] as PacketSlot);
        }
        expect(arena.free()).toBe(6 - held.length);
      }
    }),
  );
});
