/**
 * Frames on their way in: from whatever carries them into slots of the arena.
 *
 * Not standardized. What is no frame, or finds no slot, is dropped and counted.
 *
 * Invariants
 * - A slot is either handed to the receiver or released.
 * - After `stop` nothing reaches the receiver.
 *
 * @module
 */
import { NONE, type PacketSlot } from '../../base/units.ts';
import { DATA_BYTES, type PacketArena } from '../../router/index.ts';
import type { FrameCounters } from './counted-device.ts';
import type { FrameReceiver } from './frame-device.ts';
import { FRAME_OCTETS_MIN } from './limits.ts';

export class FrameIntake {
  readonly arena: PacketArena;
  readonly counters: FrameCounters = { dropped: 0, rejected: 0 };
  private readonly receiver: FrameReceiver;
  private isStopped = false;

  constructor(arena: PacketArena, receiver: FrameReceiver) {
    this.arena = arena;
    this.receiver = receiver;
  }

  /** Takes one frame: the first `octets` of what was read. */
  take(frame: Uint8Array, octets: number): void {
    const slot = octets > DATA_BYTES ? (NONE as PacketSlot) : this.arena.allocate();
    if (slot === NONE) {
      this.counters.rejected++;
      return;
    }
    this.arena.bytes.set(
      octets === frame.length ? frame : frame.subarray(0, octets),
      this.arena.start[slot],
    );
    this.deliver(slot, octets);
  }

  /** Takes a slot whose frame of so many octets begins at its start. */
  deliver(slot: PacketSlot, octets: number): void {
    const { arena } = this;
    if (octets < FRAME_OCTETS_MIN || octets > DATA_BYTES || this.isStopped) {
      this.counters.rejected++;
      arena.release(slot);
      return;
    }
    arena.end[slot] = (arena.start[slot] as number) + octets;
    this.receiver.receiveFrame(slot);
  }

  /** Tells the receiver, once, that there will be no more. */
  end(error?: Error): void {
    if (this.isStopped) return;
    this.isStopped = true;
    this.receiver.ended(error);
  }

  stop(): void {
    this.isStopped = true;
  }
}
