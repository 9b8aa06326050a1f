/**
 * The attributes a group of neighbors gets to see for a stored set.
 *
 * Standard: RFC 4271 §5.1 and §9.1.2.1 (what crosses the border of an AS), RFC 6793 §4.2.2,
 * RFC 4360 §6; BGP specification §6.2.
 *
 *   external   own AS prepended; LOCAL_PREF, received MED, ORIGINATOR_ID, CLUSTER_LIST and non-transitive
 *              extended communities dropped
 *   internal   path kept; LOCAL_PREF set; the rest as it is
 *   reflected  as internal, with ORIGINATOR_ID and a longer CLUSTER_LIST (RFC 4456 §8)
 *   client of a route server   as external, but path and MED kept (RFC 7947 §2.2)
 *
 * NEXT_HOP is written here when it is the classic attribute; MP_REACH_NLRI is the message's
 * (update-writer.ts).
 *
 * @module
 */
import { AS_TRANS } from '../../base/asn.ts';
import { at, readUint16, readUint32, writeUint16, writeUint32 } from '../../base/bytes.ts';
import { AS_SEQUENCE, joinsFirstSegment } from '../attribute/as-path.ts';
import type { AttributeStore } from '../attribute/attribute-store.ts';
import { CANONICAL_HEADER_BYTES, canonicalEnd } from '../attribute/canonical-block.ts';
import { EXTENDED_COMMUNITY_BYTES, EXTENDED_NON_TRANSITIVE } from '../attribute/communities.ts';
import {
  AGGREGATOR,
  AS_PATH,
  AS4_AGGREGATOR,
  AS4_PATH,
  ATTRIBUTE_FLAGS,
  CLUSTER_LIST,
  EXTENDED_COMMUNITIES,
  EXTENDED_LENGTH,
  LOCAL_PREF,
  MULTI_EXIT_DISC,
  NEXT_HOP,
  ONLY_TO_CUSTOMER,
  ORIGINATOR_ID,
} from '../attribute/table.ts';
import { u8, u16, u32 } from '../rib/columns.ts';
import { type PathRewrite, rewriteAsPath } from './rewrite-path.ts';

export type OutgoingView = {
  readonly isInternal: boolean;
  readonly fourOctetAs: boolean;
  readonly localAsn: number;
  /** RFC 9234 §5: the AS that marks routes without ONLY_TO_CUSTOMER; 0: none. */
  readonly onlyToCustomer: number;
  /** RFC 7947: path and MED pass as they are, although the neighbor is external. */
  readonly isTransparent: boolean;
  /** RFC 4456 §8: what a reflector adds; absent: nothing is reflected. */
  readonly reflection?: Reflection;
  /** What the session's options do to AS_PATH; absent: nothing. */
  readonly rewrite?: PathRewrite;
  /** A policy of ours set MED where it is there (RFC 4271 §5.1.4). */
  readonly hasMedOfOurs?: boolean;
};

/** How a route came to the reflector, for those who look for loops (RFC 4456 §8). */
export type Reflection = {
  /** The identifier of the internal neighbor it came from, where the route names no other. */
  readonly originatorId: number;
  readonly clusterId: number;
};

const LARGEST_SHORT_LENGTH = 255;
const LARGEST_TWO_OCTET_AS = 65535;

/** Writes the outgoing block of a set at `w`; returns its end. `classicNextHop`: 4 octets or none. */
export function writeOutgoingAttributes(
  store: AttributeStore,
  id: number,
  view: OutgoingView,
  classicNextHop: Uint8Array | undefined,
  out: Uint8Array,
  w: number,
): number {
  const b = store.bytes;
  const end = store.end(id);
  let path: Uint8Array = b;
  let pathAt = -1;
  let aggregatorAt = -1;
  let isNextHopPending = classicNextHop !== undefined;
  let isLocalPrefPending = view.isInternal;
  let areAs4Pending = !view.fourOctetAs;
  let isReflectionPending = view.reflection !== undefined;
  let isOtcPending = view.onlyToCustomer !== 0;
  for (let o = store.start(id); o < end; o = canonicalEnd(b, o)) {
    const type = at(b, o + 1);
    if (isNextHopPending && type >= NEXT_HOP) {
      w = writeNextHop(classicNextHop as Uint8Array, out, w);
      isNextHopPending = false;
    }
    if (isLocalPrefPending && type >= LOCAL_PREF) {
      w = writeLocalPref(store.localPref(id), out, w);
      isLocalPrefPending = false;
    }
    if (isReflectionPending && type >= ORIGINATOR_ID) {
      w = writeReflection(store, id, view.reflection as Reflection, out, w);
      isReflectionPending = false;
    }
    if (areAs4Pending && type > AS4_PATH) {
      w = writeAs4(path, pathAt, b, aggregatorAt, view, out, w);
      areAs4Pending = false;
    }
    if (isOtcPending && type >= ONLY_TO_CUSTOMER) {
      if (type > ONLY_TO_CUSTOMER) w = writeOnlyToCustomer(view.onlyToCustomer, out, w);
      isOtcPending = false;
    }
    const value = o + CANONICAL_HEADER_BYTES;
    const valueEnd = canonicalEnd(b, o);
    if (type === AS_PATH) {
      pathAt = o;
      if (view.rewrite !== undefined) {
        path = rewriteAsPath(b, o, view.rewrite);
        pathAt = 0;
      }
      const pathValue = pathAt + CANONICAL_HEADER_BYTES;
      w = writePath(path, pathValue, canonicalEnd(path, pathAt), view, out, w);
    } else if (type === AGGREGATOR && !view.fourOctetAs) {
      w = writeShortAggregator(b, o, value, out, w);
      aggregatorAt = o;
    } else if (type === NEXT_HOP || type === LOCAL_PREF) {
      // Ours was written above.
    } else if (view.isInternal) {
      // RFC 4456 §8: these are the reflector's; what is reflected has them written above.
      if (type !== ORIGINATOR_ID && type !== CLUSTER_LIST) w = copyAttribute(b, o, out, w);
    } else if (type === EXTENDED_COMMUNITIES) {
      w = writeTransitiveCommunities(b, o, value, valueEnd, out, w);
    } else if (type === MULTI_EXIT_DISC) {
      if (view.isTransparent || view.hasMedOfOurs === true) w = copyAttribute(b, o, out, w);
    } else if (type !== ORIGINATOR_ID && type !== CLUSTER_LIST) {
      w = copyAttribute(b, o, out, w);
    }
  }
  if (isNextHopPending) w = writeNextHop(classicNextHop as Uint8Array, out, w);
  if (isLocalPrefPending) w = writeLocalPref(store.localPref(id), out, w);
  if (isReflectionPending) w = writeReflection(store, id, view.reflection as Reflection, out, w);
  if (areAs4Pending) w = writeAs4(path, pathAt, b, aggregatorAt, view, out, w);
  if (isOtcPending) w = writeOnlyToCustomer(view.onlyToCustomer, out, w);
  return w;
}

/** Writes flags, type and the shortest length; returns where the value begins. */
export function writeHeader(
  flags: number,
  type: number,
  length: number,
  out: Uint8Array,
  w: number,
): number {
  const isLong = length > LARGEST_SHORT_LENGTH;
  out[w] = isLong ? flags | EXTENDED_LENGTH : flags & ~EXTENDED_LENGTH;
  out[w + 1] = type;
  if (!isLong) {
    out[w + 2] = length;
    return w + 3;
  }
  writeUint16(out, w + 2, length);
  return w + 4;
}

/** Copies the canonical attribute at `o` with the shortest length; returns the end. */
export function copyAttribute(b: Uint8Array, o: number, out: Uint8Array, w: number): number {
  const length = readUint16(b, o + 2);
  let to = writeHeader(at(b, o), at(b, o + 1), length, out, w);
  const from = o + CANONICAL_HEADER_BYTES;
  for (let i = from; i < from + length; i++) out[to++] = at(b, i);
  return to;
}

function writeNextHop(nextHop: Uint8Array, out: Uint8Array, w: number): number {
  const value = writeHeader(u8(ATTRIBUTE_FLAGS, NEXT_HOP), NEXT_HOP, 4, out, w);
  out.set(nextHop, value);
  return value + 4;
}

export function writeLocalPref(localPref: number, out: Uint8Array, w: number): number {
  const value = writeHeader(u8(ATTRIBUTE_FLAGS, LOCAL_PREF), LOCAL_PREF, 4, out, w);
  writeUint32(out, value, localPref);
  return value + 4;
}

function writeOnlyToCustomer(asn: number, out: Uint8Array, w: number): number {
  const value = writeHeader(u8(ATTRIBUTE_FLAGS, ONLY_TO_CUSTOMER), ONLY_TO_CUSTOMER, 4, out, w);
  writeUint32(out, value, asn);
  return value + 4;
}

/** RFC 4456 §8: an ORIGINATOR_ID stays, our cluster goes in front of those the route has passed. */
function writeReflection(
  store: AttributeStore,
  id: number,
  { originatorId, clusterId }: Reflection,
  out: Uint8Array,
  w: number,
): number {
  const originator = u32(store.originatorId, id);
  let to = writeHeader(u8(ATTRIBUTE_FLAGS, ORIGINATOR_ID), ORIGINATOR_ID, 4, out, w);
  writeUint32(out, to, originator === 0 ? originatorId : originator);
  const length = (u16(store.clusterCount, id) + 1) * 4;
  to = writeHeader(u8(ATTRIBUTE_FLAGS, CLUSTER_LIST), CLUSTER_LIST, length, out, to + 4);
  writeUint32(out, to, clusterId);
  to += 4;
  const passed = store.find(id, CLUSTER_LIST);
  if (passed === -1) return to;
  const end = canonicalEnd(store.bytes, passed);
  for (let o = passed + CANONICAL_HEADER_BYTES; o < end; o++) out[to++] = at(store.bytes, o);
  return to;
}

/** RFC 4271 §5.1.2 b: the own AS joins a leading SEQUENCE with room, else begins one. */
function writePath(
  b: Uint8Array,
  start: number,
  end: number,
  view: OutgoingView,
  out: Uint8Array,
  w: number,
): number {
  const width = view.fourOctetAs ? 4 : 2;
  const isJoined = joinsFirstSegment(b, start, end);
  const isKept = keepsPath(view, start, end);
  const header = isKept ? 0 : isJoined ? 1 : 2 / width + 1;
  const length = pathBytes(b, start, end, width) + header * width;
  let to = writeHeader(u8(ATTRIBUTE_FLAGS, AS_PATH), AS_PATH, length, out, w);
  let o = start;
  if (!isKept) {
    out[to++] = AS_SEQUENCE;
    out[to++] = isJoined ? at(b, start + 1) + 1 : 1;
    to = writeAs(view.localAsn, width, out, to);
    if (isJoined) {
      const next = start + 2 + at(b, start + 1) * 4;
      for (o = start + 2; o < next; o += 4) to = writeAs(readUint32(b, o), width, out, to);
    }
  }
  while (o < end) {
    const next = o + 2 + at(b, o + 1) * 4;
    out[to++] = at(b, o);
    out[to++] = at(b, o + 1);
    for (o += 2; o < next; o += 4) to = writeAs(readUint32(b, o), width, out, to);
  }
  return to;
}

/** An empty path is of our own AS: nobody else would put a number in front of it. */
const keepsPath = (view: OutgoingView, start: number, end: number): boolean =>
  view.isInternal || (view.isTransparent && start < end);

function pathBytes(b: Uint8Array, start: number, end: number, width: number): number {
  if (width === 4) return end - start;
  let bytes = 0;
  for (let o = start; o < end; o += 2 + at(b, o + 1) * 4) bytes += 2 + at(b, o + 1) * width;
  return bytes;
}

function writeAs(asn: number, width: number, out: Uint8Array, w: number): number {
  if (width === 4) {
    writeUint32(out, w, asn);
    return w + 4;
  }
  writeUint16(out, w, asn > LARGEST_TWO_OCTET_AS ? AS_TRANS : asn);
  return w + 2;
}

function writeShortAggregator(
  b: Uint8Array,
  o: number,
  value: number,
  out: Uint8Array,
  w: number,
): number {
  let to = writeHeader(at(b, o), AGGREGATOR, 6, out, w);
  to = writeAs(readUint32(b, value), 2, out, to);
  for (let i = 4; i < 8; i++) out[to++] = at(b, value + i);
  return to;
}

/** RFC 6793 §4.2.2: beside attributes that lost numbers, the whole ones. */
function writeAs4(
  pathBlock: Uint8Array,
  path: number,
  b: Uint8Array,
  aggregator: number,
  view: OutgoingView,
  out: Uint8Array,
  w: number,
): number {
  let to = w;
  if (path !== -1) {
    const value = path + CANONICAL_HEADER_BYTES;
    const end = canonicalEnd(pathBlock, path);
    if (
      (!keepsPath(view, value, end) && view.localAsn > LARGEST_TWO_OCTET_AS) ||
      hasLongAs(pathBlock, value, end)
    ) {
      to = writePath(pathBlock, value, end, { ...view, fourOctetAs: true }, out, w);
      out[w] = u8(ATTRIBUTE_FLAGS, AS4_PATH) | (at(out, w) & EXTENDED_LENGTH);
      out[w + 1] = AS4_PATH;
    }
  }
  if (aggregator !== -1) {
    const value = aggregator + CANONICAL_HEADER_BYTES;
    if (readUint32(b, value) > LARGEST_TWO_OCTET_AS) {
      to = writeHeader(u8(ATTRIBUTE_FLAGS, AS4_AGGREGATOR), AS4_AGGREGATOR, 8, out, to);
      for (let i = 0; i < 8; i++) out[to++] = at(b, value + i);
    }
  }
  return to;
}

function hasLongAs(b: Uint8Array, start: number, end: number): boolean {
  for (let o = start; o < end; ) {
    const next = o + 2 + at(b, o + 1) * 4;
    for (o += 2; o < next; o += 4) if (readUint32(b, o) > LARGEST_TWO_OCTET_AS) return true;
  }
  return false;
}

/** Writes the attribute without the communities that end at our border, or nothing. */
function writeTransitiveCommunities(
  b: Uint8Array,
  o: number,
  value: number,
  end: number,
  out: Uint8Array,
  w: number,
): number {
  let length = 0;
  for (let c = value; c < end; c += EXTENDED_COMMUNITY_BYTES) {
    if ((at(b, c) & EXTENDED_NON_TRANSITIVE) === 0) length += EXTENDED_COMMUNITY_BYTES;
  }
  if (length === 0) return w;
  let to = writeHeader(at(b, o), EXTENDED_COMMUNITIES, length, out, w);
  for (let c = value; c < end; c += EXTENDED_COMMUNITY_BYTES) {
    if ((at(b, c) & EXTENDED_NON_TRANSITIVE) !== 0) continue;
    for (let i = c; i < c + EXTENDED_COMMUNITY_BYTES; i++) out[to++] = at(b, i);
  }
  return to;
}
