import { expect, test } from 'vitest';
import { NONE } from '../base/units.ts';
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
