/**
 * A canonical block of attributes: the one spelling under which a set is stored.
 *
 * Not standardized; a legal RFC 4271 §4.3 attribute list with these habits:
 *
 *   flags 1 | type 1 | length 2 | value    in ascending order of type
 *
 * The length always has two octets, AS numbers four, communities are sorted and unique, and NEXT_HOP
 * (type 3) holds 4, 16 or 32 octets whatever attribute it came in.
 *
 * @module
 */
import { at, readUint16, writeUint32 } from '../../base/bytes.ts';
import { ATTRIBUTE_FLAGS, EXTENDED_LENGTH } from './table.ts';

export const CANONICAL_HEADER_BYTES = 4;

/** Where the value of the canonical attribute at `o` ends, and the next attribute begins. */
export const canonicalEnd = (b: Uint8Array, o: number): number =>
  o + CANONICAL_HEADER_BYTES + readUint16(b, o + 2);

/** Returns the offset of the attribute's header, or -1. */
export function findCanonical(b: Uint8Array, start: number, end: number, type: number): number {
  for (let o = start; o < end; o = canonicalEnd(b, o)) {
    if (at(b, o + 1) >= type) return at(b, o + 1) === type ? o : -1;
  }
  return -1;
}

/** Inserts an attribute of four octets, which must not be there yet, at its place; returns the new end. */
export function insertCanonicalUint32(
  b: Uint8Array,
  start: number,
  end: number,
  type: number,
  value: number,
): number {
  let o = start;
  while (o < end && at(b, o + 1) < type) o = canonicalEnd(b, o);
  const inserted = o + CANONICAL_HEADER_BYTES + 4;
  b.copyWithin(inserted, o, end);
  writeUint32(b, o + CANONICAL_HEADER_BYTES, value);
  writeCanonicalHeader(b, o, type, inserted);
  return end + inserted - o;
}

/** Writes the header of a known attribute whose value ends at `end`. */
export function writeCanonicalHeader(
  out: Uint8Array,
  o: number,
  type: number,
  end: number,
  extraFlags = 0,
): void {
  const length = end - o - CANONICAL_HEADER_BYTES;
  out[o] = at(ATTRIBUTE_FLAGS, type) | extraFlags | EXTENDED_LENGTH;
  out[o + 1] = type;
  out[o + 2] = length >>> 8;
  out[o + 3] = length;
}
