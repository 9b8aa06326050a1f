/**
 * Prefixes on the wire.
 *
 * Standard: RFC 4271 §4.3 (withdrawn routes, NLRI), RFC 4760 §5, RFC 7911 §3 (path ids).
 *
 *   [path id 4 |] length in bits 1 | ceil(length / 8) octets; bits beyond the length mean nothing
 *
 * Who walks over prefixes with path ids steps over each id and is then where the prefix begins.
 *
 * @module
 */
import { at } from '../../base/bytes.ts';

export const PATH_ID_BYTES = 4;

/** Whether whole prefixes of at most `maxLength` bits fill the octets exactly. */
export function checkPrefixes(
  b: Uint8Array,
  start: number,
  end: number,
  maxLength: 32 | 128,
  hasPathIds: boolean,
): boolean {
  const idBytes = hasPathIds ? PATH_ID_BYTES : 0;
  let o = start;
  while (o < end) {
    o += idBytes;
    if (o >= end) return false;
    const length = at(b, o);
    if (length > maxLength) return false;
    o += 1 + ((length + 7) >>> 3);
  }
  return o === end;
}

/** Where the prefix after the one at `o` begins. */
export const nextPrefix = (b: Uint8Array, o: number): number => o + 1 + ((at(b, o) + 7) >>> 3);
