/**
 * Is the value of this attribute well formed? The table of RFC 7606, one case per attribute.
 *
 * Standard: RFC 7606 §7; RFC 6793 §6; RFC 8092 §6; RFC 9234 §5; BGP specification §4.2.
 *
 * Framing, duplicates and the MP attributes are parse-update.ts's.
 *
 * @module
 */
import { at, readUint16, readUint32 } from '../../base/bytes.ts';
import { checkAsPath } from '../attribute/as-path.ts';
import {
  COMMUNITY_BYTES,
  EXTENDED_COMMUNITY_BYTES,
  LARGE_COMMUNITY_BYTES,
} from '../attribute/communities.ts';
import {
  AGGREGATOR,
  AIGP,
  AS_PATH,
  AS4_AGGREGATOR,
  AS4_PATH,
  ATOMIC_AGGREGATE,
  ATTRIBUTE_FLAGS,
  CLUSTER_LIST,
  COMMUNITIES,
  EXTENDED_COMMUNITIES,
  IS_DISCARD_CLASS,
  LARGE_COMMUNITIES,
  LOCAL_PREF,
  MULTI_EXIT_DISC,
  NEXT_HOP,
  ONLY_TO_CUSTOMER,
  OPTIONAL,
  ORIGIN,
  ORIGINATOR_ID,
  PARTIAL,
  TRANSITIVE,
} from '../attribute/table.ts';
import { COMMUNITIES_MAX } from '../rib/limits.ts';

/** What becomes of a route because of one attribute. */
export const KEEP = 0;
export const DISCARD = 1;
export const WITHDRAW = 2;
type Verdict = typeof KEEP | typeof DISCARD | typeof WITHDRAW;

/** What the session means for the meaning of an UPDATE. */
export type UpdateContext = {
  readonly fourOctetAs: boolean;
  readonly isInternal: boolean;
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  /** IPv4 routes may carry an IPv6 next hop (RFC 8950). */
  readonly extendedNextHop: boolean;
  /** Prefixes come with path ids (RFC 7911 §3). */
  readonly pathIds: { readonly 4: boolean; readonly 6: boolean };
};

/** Checks a known attribute other than MP_REACH_NLRI and MP_UNREACH_NLRI. */
export function checkAttribute(
  type: number,
  flags: number,
  b: Uint8Array,
  start: number,
  end: number,
  context: UpdateContext,
): Verdict {
  // RFC 7606 §7.5, §7.9, §7.10: from outside these are discarded without a look.
  const isInternalOnly = type === LOCAL_PREF || type === ORIGINATOR_ID || type === CLUSTER_LIST;
  if (isInternalOnly && !context.isInternal) return DISCARD;
  const onError = at(IS_DISCARD_CLASS, type) === 1 ? DISCARD : WITHDRAW;
  if (!areFlagsRight(type, flags)) return onError;
  return isValueRight(type, b, start, end, context) ? KEEP : onError;
}

/** RFC 7606 §3 c; RFC 4271 §4.3 forbids the partial bit on well-known attributes. */
export function areFlagsRight(type: number, flags: number): boolean {
  const expected = at(ATTRIBUTE_FLAGS, type);
  if ((flags & (OPTIONAL | TRANSITIVE)) !== expected) return false;
  return expected !== TRANSITIVE || (flags & PARTIAL) === 0;
}

function isValueRight(
  type: number,
  b: Uint8Array,
  start: number,
  end: number,
  context: UpdateContext,
): boolean {
  const length = end - start;
  switch (type) {
    case ORIGIN:
      return length === 1 && at(b, start) <= 2;
    case AS_PATH:
      return checkAsPath(b, start, end, context.fourOctetAs ? 4 : 2);
    case NEXT_HOP:
    case MULTI_EXIT_DISC:
    case LOCAL_PREF:
    case ORIGINATOR_ID:
    case ONLY_TO_CUSTOMER:
      return length === 4;
    case CLUSTER_LIST:
      return length > 0 && length % 4 === 0;
    case ATOMIC_AGGREGATE:
      return length === 0;
    case AGGREGATOR:
      return context.fourOctetAs
        ? length === 8 && readUint32(b, start) !== 0
        : length === 6 && readUint16(b, start) !== 0;
    case COMMUNITIES:
      return isCommunityList(length, COMMUNITY_BYTES);
    case EXTENDED_COMMUNITIES:
      return isCommunityList(length, EXTENDED_COMMUNITY_BYTES);
    case LARGE_COMMUNITIES:
      return isCommunityList(length, LARGE_COMMUNITY_BYTES);
    case AS4_PATH:
      // RFC 6793 §4.1: between speakers of four octets these two do not occur.
      return !context.fourOctetAs && length > 0 && checkAsPath(b, start, end, 4);
    case AS4_AGGREGATOR:
      return !context.fourOctetAs && length === 8 && readUint32(b, start) !== 0;
    case AIGP:
      // RFC 7311 §3: only where configured, and we have no such configuration.
      return false;
    default:
      return true;
  }
}

const isCommunityList = (length: number, width: number): boolean =>
  length > 0 && length % width === 0 && length / width <= COMMUNITIES_MAX;
