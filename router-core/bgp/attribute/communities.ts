/**
 * Communities of the three kinds as sets of fixed-width words, and the well-known ones.
 *
 * Standard: RFC 1997, RFC 4360, RFC 8092 §3 and §5; RFC 8326, RFC 7999; IANA "BGP Well-known
 * Communities".
 *
 * Communities are sets (RFC 8092 §5): stored in numerical order, each once. The order of the wire
 * is kept only by the raw message.
 *
 * @module
 */
import { at, readUint16, readUint32, toHex } from '../../base/bytes.ts';

export const GRACEFUL_SHUTDOWN = 0xffff0000;
/** RFC 9494 §4.7. */
export const LLGR_STALE = 0xffff0006;
export const NO_LLGR = 0xffff0007;
/** RFC 7999 §5. */
export const BLACKHOLE = 0xffff029a;
export const NO_EXPORT = 0xffffff01;
export const NO_ADVERTISE = 0xffffff02;
export const NO_EXPORT_SUBCONFED = 0xffffff03;

export const COMMUNITY_BYTES = 4;
export const EXTENDED_COMMUNITY_BYTES = 8;
export const LARGE_COMMUNITY_BYTES = 12;

/** RFC 4360 §2: this bit of the type says "not across the border of an AS". */
export const EXTENDED_NON_TRANSITIVE = 0x40;

/**
 * Sorts the words of `width` octets between `start` and `end` and removes duplicates, in place.
 *
 * Returns the new end. An insertion sort: senders sort nearly always, and limits.ts bounds the count.
 */
export function sortUnique(b: Uint8Array, start: number, end: number, width: number): number {
  let out = start;
  for (let o = start; o < end; o += width) {
    let place = out;
    let order = -1;
    while (place > start) {
      order = compareWords(b, place - width, o, width);
      if (order <= 0) break;
      place -= width;
    }
    if (place > start && order === 0) continue;
    if (place !== o) insertWord(b, place, out, o, width);
    out += width;
  }
  return out;
}

/** Moves the word at `from` (at or after `gapEnd`) to `place`, shifting what lies between. */
function insertWord(
  b: Uint8Array,
  place: number,
  gapEnd: number,
  from: number,
  width: number,
): void {
  for (let i = 0; i < width; i++) {
    const octet = at(b, from + i);
    for (let o = gapEnd + i; o > place + i; o -= width) b[o] = at(b, o - width);
    b[place + i] = octet;
  }
}

function compareWords(b: Uint8Array, x: number, y: number, width: number): number {
  for (let i = 0; i < width; i++) {
    const difference = at(b, x + i) - at(b, y + i);
    if (difference !== 0) return difference;
  }
  return 0;
}

export const formatCommunity = (b: Uint8Array, o: number): string =>
  `${readUint16(b, o)}:${readUint16(b, o + 2)}`;

export const formatLargeCommunity = (b: Uint8Array, o: number): string =>
  `${readUint32(b, o)}:${readUint32(b, o + 4)}:${readUint32(b, o + 8)}`;

/** Returns `rt:42:1234`, `ro:…`, or `generic:<high>:<low>` in hexadecimal, as BIRD writes them. */
export function formatExtendedCommunity(b: Uint8Array, o: number): string {
  const kind = at(b, o) & ~EXTENDED_NON_TRANSITIVE;
  const subtype = at(b, o + 1);
  const word = subtype === 2 ? 'rt' : subtype === 3 ? 'ro' : undefined;
  if (word !== undefined && (at(b, o) & EXTENDED_NON_TRANSITIVE) === 0) {
    if (kind === 0) return `${word}:${readUint16(b, o + 2)}:${readUint32(b, o + 4)}`;
    if (kind === 1) return `${word}:${b.slice(o + 2, o + 6).join('.')}:${readUint16(b, o + 6)}`;
    if (kind === 2) return `${word}:${readUint32(b, o + 2)}:${readUint16(b, o + 6)}`;
  }
  return `generic:0x${toHex(b.slice(o, o + 4))}:0x${toHex(b.slice(o + 4, o + 8))}`;
}
