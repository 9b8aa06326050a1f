/**
 * The rings between the router worker and this one: packet/plane-layout.ts.
 *
 * Not standardized; one writer, one reader, no lock: whoever writes fills an entry and then publishes
 * the head, whoever reads uses it and then publishes the tail.
 *
 * @module
 */
import {
  ENTRY_BYTES,
  ENTRY_FIELDS_BYTES,
  PLANE_HEADROOM,
  RING_ENTRIES,
  RING_HEAD,
  RING_HEADER_BYTES,
  RING_TAIL,
} from '../../packet/plane-layout';

/** Entries that wait in a ring. */
export function waiting(ring: usize): u32 {
  return atomic.load<u32>(ring, RING_HEAD) - atomic.load<u32>(ring, RING_TAIL);
}

/** The entry of a position. */
export function entryAt(ring: usize, position: u32): usize {
  return ring + RING_HEADER_BYTES + <usize>(position & (RING_ENTRIES - 1)) * <usize>ENTRY_BYTES;
}

/** The next entry to be written; the caller has asked that one is free. */
export function nextEntry(ring: usize): usize {
  return entryAt(ring, load<u32>(ring, RING_HEAD));
}

export function publish(ring: usize): void {
  atomic.store<u32>(ring, load<u32>(ring, RING_HEAD) + 1, RING_HEAD);
}

/** Where the packet of an entry begins. */
export function contentOf(entry: usize): usize {
  return entry + ENTRY_FIELDS_BYTES + PLANE_HEADROOM;
}
