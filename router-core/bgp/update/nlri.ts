/**
 * Prefixes on the wire.
 *
 * Standard: RFC 4271 §4.3 (withdrawn routes, NLRI), RFC 4760 §5.
 *
 *   length in bits 1 | ceil(length / 8) octets; bits beyond the length mean nothing
 *
 * @module
 */
import { at } from '../../base/bytes.ts';

/** Whether whole prefixes of at most `maxLength` bits fill the octets exactly. */
export function checkPrefixes(
  b: Uint8Array,
  start: number,
  end: number,
  maxLength: 32 | 128,
): boolean {
  let o = start;
  while (o < end) {
    const length = at(b, o);
    if (length > maxLength) return false;
    o += 1 + ((length + 7) >>> 3);
  }
  return o === end;
}

/** Where the prefix after the one at `o` begins. */
export const nextPrefix = (b: Uint8Array, o: number): number => o + 1 + ((at(b, o) + 7) >>> 3);
