/**
 * The Internet checksum: whole, continued over parts, and updated in place.
 *
 * Standard: RFC 1071; RFC 1624 §3 (incremental update, equation 3).
 *
 * Invariant: partial sums stay below 2^32 for every buffer a slot can hold.
 *
 * @module
 */
import { at, readUint16, writeUint16 } from './bytes.ts';

/** Adds the octets from `start` to `end` to a partial sum. The part must begin at an even offset of the whole. */
export function addToChecksum(sum: number, b: Uint8Array, start: number, end: number): number {
  let i = start;
  for (; i + 1 < end; i += 2) sum += (at(b, i) << 8) | at(b, i + 1);
  if (i < end) sum += at(b, i) << 8;
  return sum;
}

/** Folds a partial sum and returns its complement, as it stands in a header. */
export function finishChecksum(sum: number): number {
  let folded = (sum & 0xffff) + Math.floor(sum / 0x10000);
  while (folded > 0xffff) folded = (folded & 0xffff) + (folded >>> 16);
  return ~folded & 0xffff;
}

/** Returns the checksum of the octets from `start` to `end`. */
export const checksum = (b: Uint8Array, start: number, end: number): number =>
  finishChecksum(addToChecksum(0, b, start, end));

/** Corrects the checksum at `field` after one 16-bit word changed (RFC 1624 §3, equation 3). */
export function updateChecksum(b: Uint8Array, field: number, before: number, after: number): void {
  let sum = (~readUint16(b, field) & 0xffff) + (~before & 0xffff) + after;
  sum = (sum & 0xffff) + (sum >>> 16);
  sum = (sum & 0xffff) + (sum >>> 16);
  writeUint16(b, field, ~sum & 0xffff);
}
