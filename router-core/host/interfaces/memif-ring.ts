/**
 * A ring of memif in memory that the slave shares with us, and writes at any time.
 *
 * Standard: memif 2.0 (memif.h). The slave owns all buffers:
 *
 *   slave to master   it fills buffers and moves `head`; we empty them and move `tail`
 *   master to slave   it offers empty buffers and moves `head`; we fill them and move `tail`
 *
 *   ring        │ cookie u32, flags u16, head u16 │ at 64: tail u16 │ at 128: descriptors │
 *   descriptor  │ flags u16, region u16, length u32, offset u32, metadata u32 │
 *
 * Invariants
 * - Whatever stands in the memory, only regions are read and written, and only inside of them: each value is read
 *   once, and checked.
 * - `tail` is written by us alone, so its copy here is the truth.
 *
 * @module
 */
import type { PacketSlot } from '../../base/units.ts';
import { DATA_BYTES, type PacketArena } from '../../router/index.ts';

export const RING_HEADER_BYTES = 128;
export const DESCRIPTOR_BYTES = 16;
export const MEMIF_COOKIE = 0x3e31f20;
const FLAGS = 4;
const HEAD = 6;
const TAIL = 64;
const FLAG_MASK_INTERRUPT = 1;
const DESCRIPTOR_FLAG_NEXT = 1;

export class MemifRing {
  private readonly regions: readonly Uint8Array[];
  private readonly words: Uint16Array;
  private readonly view: DataView;
  private readonly size: number;
  private tail: number;

  /** The ring must lie inside its region, at an even offset (`ringFits`). */
  constructor(
    regions: readonly Uint8Array[],
    region: Uint8Array,
    offset: number,
    log2Size: number,
  ) {
    this.regions = regions;
    this.size = 1 << log2Size;
    const octets = RING_HEADER_BYTES + this.size * DESCRIPTOR_BYTES;
    this.words = new Uint16Array(region.buffer, region.byteOffset + offset, octets / 2);
    this.view = new DataView(region.buffer, region.byteOffset + offset, octets);
    this.tail = Atomics.load(this.words, TAIL / 2);
  }

  /** Whether the other side wants to be told of what we do. */
  get wantsInterrupts(): boolean {
    return (Atomics.load(this.words, FLAGS / 2) & FLAG_MASK_INTERRUPT) === 0;
  }

  /** Asks the other side to tell us of what it does. */
  askForInterrupts(): void {
    Atomics.and(this.words, FLAGS / 2, ~FLAG_MASK_INTERRUPT);
  }

  /** Descriptors that are ours to use; undefined when the ring is broken. */
  available(): number | undefined {
    const count = (Atomics.load(this.words, HEAD / 2) - this.tail) & 0xffff;
    return count <= this.size ? count : undefined;
  }

  /**
   * Takes one frame out into a slot, of at most so many descriptors. Returns its octets, more than a slot has when it
   * is too long, or undefined when a descriptor is broken. The caller has asked `available`.
   */
  take(arena: PacketArena, slot: PacketSlot | undefined, available: number): number | undefined {
    const start = slot === undefined ? 0 : (arena.start[slot] as number);
    let octets = 0;
    for (let used = 0; used < available; used++) {
      const at = this.descriptor(this.tail);
      const flags = this.view.getUint16(at, true);
      const buffer = this.bufferOf(at, this.view.getUint32(at + 4, true));
      if (buffer === undefined) return undefined;
      if (slot !== undefined && octets + buffer.length <= DATA_BYTES)
        arena.bytes.set(buffer, start + octets);
      octets += buffer.length;
      this.tail = (this.tail + 1) & 0xffff;
      if ((flags & DESCRIPTOR_FLAG_NEXT) === 0) return octets;
    }
    // A frame whose rest has not been offered.
    return undefined;
  }

  /** Puts the frame of a slot in; false when there is no room, undefined when a descriptor is broken. */
  put(arena: PacketArena, slot: PacketSlot, available: number): boolean | undefined {
    const end = arena.end[slot] as number;
    let from = arena.start[slot] as number;
    for (let used = 0; used < available; used++) {
      const at = this.descriptor(this.tail + used);
      const buffer = this.bufferOf(at, this.view.getUint32(at + 4, true));
      if (buffer === undefined || buffer.length === 0) return undefined;
      const octets = Math.min(buffer.length, end - from);
      buffer.set(arena.bytes.subarray(from, from + octets));
      from += octets;
      this.view.setUint16(at, from < end ? DESCRIPTOR_FLAG_NEXT : 0, true);
      this.view.setUint32(at + 4, octets, true);
      if (from < end) continue;
      this.tail = (this.tail + used + 1) & 0xffff;
      return true;
    }
    return false;
  }

  /** Lets the other side see how far we are. */
  publish(): void {
    Atomics.store(this.words, TAIL / 2, this.tail);
  }

  private descriptor(index: number): number {
    return RING_HEADER_BYTES + (index & (this.size - 1)) * DESCRIPTOR_BYTES;
  }

  private bufferOf(at: number, length: number): Uint8Array | undefined {
    const region = this.regions[this.view.getUint16(at + 2, true)];
    const offset = this.view.getUint32(at + 8, true);
    if (region === undefined || offset + length > region.length) return undefined;
    return region.subarray(offset, offset + length);
  }
}

/** Whether a ring of this size lies inside the region, and begins with the cookie. */
export function ringFits(region: Uint8Array, offset: number, log2Size: number): boolean {
  const octets = RING_HEADER_BYTES + 2 ** log2Size * DESCRIPTOR_BYTES;
  if (offset % 4 !== 0 || offset + octets > region.length) return false;
  return new DataView(region.buffer, region.byteOffset).getUint32(offset, true) === MEMIF_COOKIE;
}
