/**
 * `dummy`: never delivers, swallows what is written. An edge with it is a pure relay.
 *
 * Not standardized.
 *
 * @module
 */
import { ASSUMED_MTU, type CountedFrameDevice, counted } from './counted-device.ts';
import type { FrameIntake } from './frame-intake.ts';

export const openDummy = (name: string, { arena, counters }: FrameIntake): CountedFrameDevice =>
  counted(counters, {
    name,
    mtu: ASSUMED_MTU,
    write: (slot) => arena.release(slot),
    close: () => Promise.resolve(),
  });
