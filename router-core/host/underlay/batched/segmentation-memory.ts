/**
 * Destinations whose path refuses segmentation, and from which datagram length on.
 *
 * Standard: udp(7), UDP_SEGMENT. A segment must fit the path's MTU (EINVAL or EMSGSIZE), and the device
 * must be able to compute its checksum (EIO). A refusal costs a system call, so it is remembered, and
 * forgotten after a while because paths change.
 *
 * Invariants
 * - The table has a fixed size; a destination that displaces another makes that one try again.
 *
 * @module
 */
const ENTRIES = 1024;
export const RETRY_AFTER_MS = 30_000;

export interface SegmentationMemory {
  /** Whether datagrams of this length to this destination may be segments of one message. */
  mayUse(tag: number, length: number, nowMs: number): boolean;
  refused(tag: number, length: number, nowMs: number): void;
}

export function createSegmentationMemory(): SegmentationMemory {
  const tags = new Int32Array(ENTRIES).fill(-1);
  const lengths = new Int32Array(ENTRIES);
  const until = new Float64Array(ENTRIES);
  const slotOf = (tag: number): number => tag & (ENTRIES - 1);
  return {
    mayUse(tag, length, nowMs) {
      const slot = slotOf(tag);
      if (tags[slot] !== tag || length < (lengths[slot] as number)) return true;
      if (nowMs < (until[slot] as number)) return false;
      tags[slot] = -1;
      return true;
    },
    refused(tag, length, nowMs) {
      const slot = slotOf(tag);
      const isKnown = tags[slot] === tag;
      lengths[slot] = isKnown ? Math.min(length, lengths[slot] as number) : length;
      tags[slot] = tag;
      until[slot] = nowMs + RETRY_AFTER_MS;
    },
  };
}
