/**
 * AS_PATH in place: checks, facts for the decision, the merge with AS4_PATH, text.
 *
 * Standard: RFC 4271 §4.3 b and §9.1.2.2 a; RFC 5065 §3; RFC 6793 §4.2.3; RFC 7606 §7.2; RFC 7607.
 *
 *   segment: type 1 | count 1 | count × AS (4 octets, or 2 from an old speaker)
 *
 * After its check a path is stored with 4-octet AS numbers whatever the session spoke, so the
 * functions below `checkAsPath` know one width only and never look at lengths again.
 *
 * @module
 */
import { at, readUint16, readUint32, writeUint32 } from '../../base/bytes.ts';

export const AS_SET = 1;
export const AS_SEQUENCE = 2;
export const AS_CONFED_SEQUENCE = 3;
export const AS_CONFED_SET = 4;

/**
 * Whether the octets are a well-formed path: known segment types, no empty segment, no AS 0.
 *
 * RFC 5065 §5: segments of a confederation must not come from outside; we are in none.
 */
export function checkAsPath(b: Uint8Array, start: number, end: number, width: 2 | 4): boolean {
  let o = start;
  while (o < end) {
    if (end - o < 2) return false;
    const type = at(b, o);
    const next = o + 2 + at(b, o + 1) * width;
    if ((type !== AS_SET && type !== AS_SEQUENCE) || next > end || next === o + 2) return false;
    for (o += 2; o < next; o += width) {
      if ((width === 4 ? readUint32(b, o) : readUint16(b, o)) === 0) return false;
    }
  }
  return true;
}

/** What the decision and the policy want to know of a path, filled by `measureAsPath`. */
export class AsPathFacts {
  /** Length for the decision: a SET counts one, confederation segments nothing. */
  length: number;
  /** Every AS written down, sets included. */
  count: number;
  /** The leftmost AS when the path begins with a SEQUENCE, else 0. */
  first: number;
  /** The last AS when the path ends in a SEQUENCE, else 0 (RFC 6811 §2). */
  origin: number;
  /** The one AS the whole path consists of, else 0. */
  only: number;

  constructor() {
    this.length = 0;
    this.count = 0;
    this.first = 0;
    this.origin = 0;
    this.only = 0;
  }
}

/** Reads a path of 4-octet AS numbers in one pass. */
export function measureAsPath(b: Uint8Array, start: number, end: number, facts: AsPathFacts): void {
  let length = 0;
  let count = 0;
  let first = 0;
  let origin = 0;
  let only = 0;
  let isMixed = false;
  let o = start;
  while (o < end) {
    const type = at(b, o);
    const segmentCount = at(b, o + 1);
    const next = o + 2 + segmentCount * 4;
    if (type === AS_SEQUENCE) {
      length += segmentCount;
      if (o === start) first = readUint32(b, o + 2);
      origin = readUint32(b, next - 4);
    } else {
      if (type === AS_SET) length++;
      origin = 0;
      isMixed = true;
    }
    count += segmentCount;
    for (o += 2; o < next; o += 4) {
      const asn = readUint32(b, o);
      if (only === 0) only = asn;
      else if (only !== asn) isMixed = true;
    }
  }
  facts.length = length;
  facts.count = count;
  facts.first = first;
  facts.origin = origin;
  facts.only = isMixed ? 0 : only;
}

/** Whether the AS occurs anywhere in a path of 4-octet AS numbers. */
export function asPathContains(b: Uint8Array, start: number, end: number, asn: number): boolean {
  let o = start;
  while (o < end) {
    const next = o + 2 + at(b, o + 1) * 4;
    for (o += 2; o < next; o += 4) if (readUint32(b, o) === asn) return true;
  }
  return false;
}

/** How often the AS occurs in a path of 4-octet AS numbers. */
export function countInAsPath(b: Uint8Array, start: number, end: number, asn: number): number {
  let count = 0;
  for (let o = start; o < end; ) {
    const next = o + 2 + at(b, o + 1) * 4;
    for (o += 2; o < next; o += 4) if (readUint32(b, o) === asn) count++;
  }
  return count;
}

/** RFC 4271 §5.1.2 b: an AS in front joins a leading SEQUENCE with room, else begins one. */
export const joinsFirstSegment = (b: Uint8Array, start: number, end: number): boolean =>
  start < end && at(b, start) === AS_SEQUENCE && at(b, start + 1) < 255;

/**
 * Puts an AS in front of a path of 4-octet AS numbers, in place; returns the new end, four or six octets
 * further.
 */
export function prependAs(b: Uint8Array, start: number, end: number, asn: number): number {
  const joins = joinsFirstSegment(b, start, end);
  if (joins) {
    b.copyWithin(start + 6, start + 2, end);
    b[start + 1] = at(b, start + 1) + 1;
  } else {
    b.copyWithin(start + 6, start, end);
    b[start] = AS_SEQUENCE;
    b[start + 1] = 1;
  }
  writeUint32(b, start + 2, asn);
  return end + (joins ? 4 : 6);
}

/** The AS behind the first one of a path that begins with a SEQUENCE; 0: there is none, or a SET. */
export function secondAs(b: Uint8Array, start: number, end: number): number {
  if (start >= end || at(b, start) !== AS_SEQUENCE) return 0;
  if (at(b, start + 1) > 1) return readUint32(b, start + 6);
  const next = start + 6;
  return next < end && at(b, next) === AS_SEQUENCE ? readUint32(b, next + 2) : 0;
}

/** Writes a path of 2-octet AS numbers with 4 octets each; returns the new end. */
export function widenAsPath(
  b: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  at0: number,
): number {
  let o = start;
  let w = at0;
  while (o < end) {
    const next = o + 2 + at(b, o + 1) * 2;
    out[w++] = at(b, o);
    out[w++] = at(b, o + 1);
    for (o += 2; o < next; o += 2, w += 4) writeUint32(out, w, readUint16(b, o));
  }
  return w;
}

/** Counts as RFC 6793 §4.2.3 does: a SET is one, a confederation's segments are nothing. */
function mergeLength(b: Uint8Array, start: number, end: number, width: number): number {
  let length = 0;
  for (let o = start; o < end; o += 2 + at(b, o + 1) * width) {
    if (at(b, o) === AS_SEQUENCE) length += at(b, o + 1);
    else if (at(b, o) === AS_SET) length++;
  }
  return length;
}

/**
 * Writes the path an old speaker meant: the leading part of its AS_PATH, then AS4_PATH.
 *
 * RFC 6793 §4.2.3: an AS_PATH shorter than the AS4_PATH makes the latter worthless. Returns the
 * new end of `out`.
 */
export function mergeAs4Path(
  b: Uint8Array,
  path: number,
  pathEnd: number,
  as4: number,
  as4End: number,
  out: Uint8Array,
  at0: number,
): number {
  let leading = mergeLength(b, path, pathEnd, 2) - mergeLength(b, as4, as4End, 4);
  if (leading < 0) return widenAsPath(b, path, pathEnd, out, at0);
  let o = path;
  let w = at0;
  while (o < pathEnd && leading > 0) {
    const type = at(b, o);
    const count = at(b, o + 1);
    const taken = type === AS_SEQUENCE ? Math.min(count, leading) : count;
    out[w++] = type;
    out[w++] = taken;
    for (let i = 0; i < taken; i++, w += 4) writeUint32(out, w, readUint16(b, o + 2 + i * 2));
    leading -= type === AS_SEQUENCE ? taken : 1;
    o += 2 + count * 2;
  }
  let from = as4;
  // One SEQUENCE may be split between both attributes; in the result it is one again.
  const last = w === at0 ? -1 : lastSegment(out, at0, w);
  if (last !== -1 && as4 < as4End && at(out, last) === AS_SEQUENCE && at(b, as4) === AS_SEQUENCE) {
    const count = at(b, as4 + 1);
    if (at(out, last + 1) + count <= 255) {
      out[last + 1] = at(out, last + 1) + count;
      for (from += 2; from < as4 + 2 + count * 4; from++) out[w++] = at(b, from);
    }
  }
  while (from < as4End) out[w++] = at(b, from++);
  return w;
}

function lastSegment(b: Uint8Array, start: number, end: number): number {
  let last = start;
  for (let o = start; o < end; o += 2 + at(b, o + 1) * 4) last = o;
  return last;
}
