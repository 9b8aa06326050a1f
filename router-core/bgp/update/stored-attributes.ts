/**
 * The attributes of a stored set as they are, for those who write tables down or mirror them.
 *
 * Standard: RFC 6396 §4.3.4 (in an MRT table MP_REACH_NLRI is its next hop alone); RFC 7854 §5.
 *
 * Nothing is prepended and nothing dropped: this is our view of a route, not a neighbor's. Types ascend,
 * lengths are as short as they can be. A NEXT_HOP of 4 octets is the classic attribute; a longer one
 * belongs into MP_REACH_NLRI, which is written here (`abridged`) or by the message around it (`apart`).
 *
 * @module
 */
import { at, readUint16 } from '../../base/bytes.ts';
import type { AttributeStore } from '../attribute/attribute-store.ts';
import { CANONICAL_HEADER_BYTES, canonicalEnd } from '../attribute/canonical-block.ts';
import { LOCAL_PREF, MP_REACH_NLRI, NEXT_HOP, OPTIONAL } from '../attribute/table.ts';
import { copyAttribute, writeHeader, writeLocalPref } from './outgoing-attributes.ts';

export type StoredView = {
  readonly reach: 'abridged' | 'apart';
  /** The family of the prefixes: a classic NEXT_HOP exists for IPv4 alone. */
  readonly family: 4 | 6;
  /** LOCAL_PREF as the decision uses it, instead of what came. */
  readonly withLocalPref: boolean;
};

/** Writes the set at `w`; returns its end. */
export function writeStoredAttributes(
  store: AttributeStore,
  id: number,
  view: StoredView,
  out: Uint8Array,
  w: number,
): number {
  const b = store.bytes;
  const end = store.end(id);
  let isLocalPrefPending = view.withLocalPref;
  let nextHopAt = -1;
  for (let o = store.start(id); o < end; o = canonicalEnd(b, o)) {
    const type = at(b, o + 1);
    if (isLocalPrefPending && type >= LOCAL_PREF) {
      w = writeLocalPref(store.localPref(id), out, w);
      isLocalPrefPending = false;
    }
    if (nextHopAt !== -1 && type > MP_REACH_NLRI) {
      w = writeAbridgedReach(b, nextHopAt, out, w);
      nextHopAt = -1;
    }
    if (type === NEXT_HOP && !isClassic(b, o, view.family)) {
      if (view.reach === 'abridged') nextHopAt = o;
    } else if (type !== LOCAL_PREF || !view.withLocalPref) {
      w = copyAttribute(b, o, out, w);
    }
  }
  if (isLocalPrefPending) w = writeLocalPref(store.localPref(id), out, w);
  return nextHopAt === -1 ? w : writeAbridgedReach(b, nextHopAt, out, w);
}

/** Returns the next hop of a stored set (4, 16 or 32 octets), none for a route of our own. */
export function storedNextHop(store: AttributeStore, id: number): Uint8Array {
  const o = store.find(id, NEXT_HOP);
  if (o === -1) return NO_NEXT_HOP;
  return store.bytes.slice(o + CANONICAL_HEADER_BYTES, canonicalEnd(store.bytes, o));
}

const NO_NEXT_HOP = new Uint8Array(0);

const isClassic = (b: Uint8Array, o: number, family: 4 | 6): boolean =>
  family === 4 && readUint16(b, o + 2) === 4;

/** RFC 6396 §4.3.4: next hop length and next hop. */
function writeAbridgedReach(b: Uint8Array, o: number, out: Uint8Array, w: number): number {
  const length = readUint16(b, o + 2);
  let to = writeHeader(OPTIONAL, MP_REACH_NLRI, 1 + length, out, w);
  out[to++] = length;
  const from = o + CANONICAL_HEADER_BYTES;
  for (let i = from; i < from + length; i++) out[to++] = at(b, i);
  return to;
}
