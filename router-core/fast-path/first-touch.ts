/**
 * Has the system give the packet worker its memory before packets come.
 *
 * Not standardized. The system gives a page when it is written for the first time, which takes about 15 µs in a
 * virtual machine: a burst of punts that met fresh entries took half a millisecond for it, and everything
 * behind it waited. What a packet of ordinary size needs is touched at the start instead; it costs 3 MiB.
 *
 * @module
 */
import * as L from '../packet/plane-layout.ts';

/** No system has smaller pages. */
const PAGE_BYTES = 4096;
const ORDINARY_BYTES = L.PLANE_HEADROOM + 1500;

/** Call before the memory is in use. */
export function touchPacketMemory(buffer: SharedArrayBuffer): void {
  const bytes = new Uint8Array(buffer);
  const touch = (from: number, length: number): void => {
    for (let at = from; at < from + length; at += PAGE_BYTES) bytes[at] = 0;
    bytes[from + length - 1] = 0;
  };
  for (let i = 0; i < L.BATCH_MAX; i++) touch(L.RX_SLOTS + i * L.PLANE_SLOT_BYTES, ORDINARY_BYTES);
  for (let i = 0; i < L.RING_ENTRIES; i++)
    touch(L.PUNTS + L.RING_HEADER_BYTES + i * L.ENTRY_BYTES, L.ENTRY_FIELDS_BYTES + ORDINARY_BYTES);
}
