/**
 * Frames into a stream of Node's: one write each, and a limit on those that wait.
 *
 * Not standardized.
 *
 * @module
 */
import type { Writable } from 'node:stream';
import type { PacketSlot } from '../../base/units.ts';
import type { PacketArena } from '../../router/index.ts';
import type { FrameCounters } from './counted-device.ts';
import { FRAMES_WAITING } from './limits.ts';

/** Returns a function that takes a slot and releases it when the system has its octets, or they were dropped. */
export function createStreamWriter(
  stream: Writable,
  arena: PacketArena,
  counters: FrameCounters,
): (slot: PacketSlot) => void {
  let waiting = 0;
  const done = (slot: PacketSlot, isWritten: boolean): void => {
    if (!isWritten) counters.dropped++;
    arena.release(slot);
  };
  return (slot) => {
    if (waiting >= FRAMES_WAITING || stream.destroyed) {
      done(slot, false);
      return;
    }
    waiting++;
    stream.write(arena.bytes.subarray(arena.start[slot], arena.end[slot]), (error) => {
      waiting--;
      done(slot, !error);
    });
  };
}
