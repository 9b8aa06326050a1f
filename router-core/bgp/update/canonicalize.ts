/**
 * From the attributes of a parsed UPDATE to the canonical block under which the set is stored.
 *
 * Standard: RFC 6793 §4.2.3 (AS4_PATH, AS4_AGGREGATOR), RFC 4271 §5 (partial bit), RFC 8092 §5.
 *
 * Invariants
 * - The block does not depend on the session's width of AS numbers, on the order of attributes or
 *   communities, nor on length encoding: equal routes give equal octets.
 * - The output is at most `CANONICAL_BYTES_MAX` long, whatever came in.
 *
 * @module
 */

import { AS_TRANS } from '../../base/asn.ts';
import { at, readUint16, writeUint32 } from '../../base/bytes.ts';
import { mergeAs4Path, prependAs, widenAsPath } from '../attribute/as-path.ts';
import {
  CANONICAL_HEADER_BYTES,
  canonicalEnd,
  findCanonical,
  writeCanonicalHeader,
} from '../attribute/canonical-block.ts';
import {
  COMMUNITY_BYTES,
  EXTENDED_COMMUNITY_BYTES,
  LARGE_COMMUNITY_BYTES,
  sortUnique,
} from '../attribute/communities.ts';
import {
  AGGREGATOR,
  AS_PATH,
  AS4_AGGREGATOR,
  AS4_PATH,
  ATTRIBUTE_FLAGS,
  COMMUNITIES,
  EXTENDED_COMMUNITIES,
  EXTENDED_LENGTH,
  LARGE_COMMUNITIES,
  MP_REACH_NLRI,
  MP_UNREACH_NLRI,
  NEXT_HOP,
  OPTIONAL,
  PARTIAL,
  TRANSITIVE,
} from '../attribute/table.ts';
import { i32, u8 } from '../rib/columns.ts';
import type { UpdateParser } from './parse-update.ts';

/** A message of 65535 octets whose AS numbers double, and one header octet more per attribute; a local AS in front. */
export const CANONICAL_BYTES_MAX: number = 65535 * 3 + 6;

/**
 * Writes the set of the classic NLRI or, `isReach`, of MP_REACH_NLRI; returns its end.
 *
 * Called after `parse` found nothing that withdraws.
 */
export function canonicalize(
  parser: UpdateParser,
  b: Uint8Array,
  fourOctetAs: boolean,
  isReach: boolean,
  out: Uint8Array,
): number {
  let w = 0;
  let isNextHopWritten = false;
  // RFC 6793 §4.2.3: an AGGREGATOR that fits two octets is newer than both AS4 attributes.
  const useAs4 = !fourOctetAs && !hasNewerAggregator(parser, b);
  for (let i = 0; i < parser.typeCount; i++) {
    const type = u8(parser.types, i);
    if (type >= NEXT_HOP && !isNextHopWritten) {
      w = writeNextHop(parser, b, isReach, out, w);
      isNextHopWritten = true;
    }
    const value = i32(parser.offset, type);
    if (value < 0 || type === NEXT_HOP || type === MP_REACH_NLRI || type === MP_UNREACH_NLRI) {
      continue;
    }
    if (type === AS4_PATH || type === AS4_AGGREGATOR) continue;
    const start = w + CANONICAL_HEADER_BYTES;
    const end = value + i32(parser.length, type);
    let extraFlags = u8(parser.flags, type) & PARTIAL;
    if (type === AS_PATH && !fourOctetAs) w = writePath(parser, b, value, end, useAs4, out, start);
    else if (type === AGGREGATOR && !fourOctetAs) {
      w = writeAggregator(parser, b, value, useAs4, out, start);
    } else {
      w = copy(b, value, end, out, start);
      if (type === COMMUNITIES) w = sortUnique(out, start, w, COMMUNITY_BYTES);
      else if (type === LARGE_COMMUNITIES) w = sortUnique(out, start, w, LARGE_COMMUNITY_BYTES);
      else if (type === EXTENDED_COMMUNITIES) {
        w = sortUnique(out, start, w, EXTENDED_COMMUNITY_BYTES);
      } else if (at(ATTRIBUTE_FLAGS, type) === 0) {
        // RFC 4271 §5: what we pass on without knowing it is partial.
        extraFlags = OPTIONAL | TRANSITIVE | PARTIAL;
      }
    }
    writeCanonicalHeader(out, start - CANONICAL_HEADER_BYTES, type, w, extraFlags);
  }
  return isNextHopWritten ? w : writeNextHop(parser, b, isReach, out, w);
}

/** Puts our local AS in front of the path of a canonical block, in place; returns its new end. */
export function prependLocalAs(block: Uint8Array, end: number, asn: number): number {
  const o = findCanonical(block, 0, end, AS_PATH);
  const pathEnd = canonicalEnd(block, o);
  // Room for the new number between the path and what follows it.
  const path = block.slice(o + CANONICAL_HEADER_BYTES, pathEnd);
  const longer = new Uint8Array(path.length + 6);
  longer.set(path);
  const length = prependAs(longer, 0, path.length, asn);
  block.copyWithin(o + CANONICAL_HEADER_BYTES + length, pathEnd, end);
  block.set(longer.subarray(0, length), o + CANONICAL_HEADER_BYTES);
  writeCanonicalHeader(block, o, AS_PATH, o + CANONICAL_HEADER_BYTES + length);
  return end + length - path.length;
}

/** Writes the set of a route of our own: ORIGIN IGP and an empty path. */
export function canonicalizeOwn(out: Uint8Array): number {
  out.set([TRANSITIVE | EXTENDED_LENGTH, 1, 0, 1, 0, TRANSITIVE | EXTENDED_LENGTH, AS_PATH, 0, 0]);
  return 9;
}

function writeNextHop(
  parser: UpdateParser,
  b: Uint8Array,
  isReach: boolean,
  out: Uint8Array,
  w: number,
): number {
  const value = isReach ? parser.reachNextHop : i32(parser.offset, NEXT_HOP);
  if (value < 0) return w;
  const length = isReach ? parser.reachNextHopLength : 4;
  const end = copy(b, value, value + length, out, w + CANONICAL_HEADER_BYTES);
  writeCanonicalHeader(out, w, NEXT_HOP, end);
  return end;
}

function hasNewerAggregator(parser: UpdateParser, b: Uint8Array): boolean {
  return parser.has(AGGREGATOR) && readUint16(b, i32(parser.offset, AGGREGATOR)) !== AS_TRANS;
}

function writePath(
  parser: UpdateParser,
  b: Uint8Array,
  value: number,
  end: number,
  useAs4: boolean,
  out: Uint8Array,
  w: number,
): number {
  if (!useAs4 || !parser.has(AS4_PATH)) return widenAsPath(b, value, end, out, w);
  const as4 = i32(parser.offset, AS4_PATH);
  return mergeAs4Path(b, value, end, as4, as4 + i32(parser.length, AS4_PATH), out, w);
}

function writeAggregator(
  parser: UpdateParser,
  b: Uint8Array,
  value: number,
  useAs4: boolean,
  out: Uint8Array,
  w: number,
): number {
  if (useAs4 && parser.has(AS4_AGGREGATOR)) {
    const as4 = i32(parser.offset, AS4_AGGREGATOR);
    return copy(b, as4, as4 + 8, out, w);
  }
  writeUint32(out, w, readUint16(b, value));
  return copy(b, value + 2, value + 6, out, w + 4);
}

function copy(b: Uint8Array, start: number, end: number, out: Uint8Array, w: number): number {
  let o = w;
  for (let i = start; i < end; i++) out[o++] = at(b, i);
  return o;
}
