/**
 * Loops, length and first AS of a received path, by the options of its session.
 *
 * Standard: RFC 4271 §6.3 (first AS), §9.1.2 (loops); BGP specification §6.7 (allowas-in, local-as,
 * enforce-first-as).
 *
 * Invariant: a local AS that we prepended ourselves counts for none of these.
 *
 * @module
 */
import { countInAsPath, secondAs } from '../attribute/as-path.ts';
import type { AttributeStore } from '../attribute/attribute-store.ts';
import { CANONICAL_HEADER_BYTES, canonicalEnd } from '../attribute/canonical-block.ts';
import { AS_PATH } from '../attribute/table.ts';
import { u16, u32 } from '../rib/columns.ts';
import { PATH_ASNS_MAX } from '../rib/limits.ts';
import type { BgpRole } from '../types.ts';
import { ACCEPTED, FIRST_AS, OWN_AS, PATH_TOO_LONG } from './reason.ts';

/** What a session asks of received paths of one family. */
export type PathRules = {
  /** Own AS numbers a path may hold. */
  readonly allowasIn: number;
  readonly enforceFirstAs: boolean;
  /** Stored paths begin with the local AS, which the neighbor did not write. */
  readonly isPrepended: boolean;
};

/** Who wrote the path, and to whom. */
type PathView = {
  readonly peerAsn: number;
  readonly localAsn: number;
  readonly isInternal: boolean;
  /** Ours: a route server does not put its AS into the path (RFC 7947 §2.2.2.1). */
  readonly role?: BgpRole | undefined;
};

/** Returns the first reason against a path. `asn` is the router's own AS. */
export function judgeAsNumbers(
  store: AttributeStore,
  id: number,
  asn: number,
  view: PathView,
  rules: PathRules,
): number {
  const { allowasIn, isPrepended, enforceFirstAs } = rules;
  const ours = isPrepended ? 1 : 0;
  if (occurs(store, id, asn, allowasIn)) return OWN_AS;
  if (view.localAsn !== asn && occurs(store, id, view.localAsn, allowasIn + ours)) return OWN_AS;
  if (u16(store.pathCount, id) - ours > PATH_ASNS_MAX) return PATH_TOO_LONG;
  if (view.isInternal || !enforceFirstAs || view.role === 'rs-client') return ACCEPTED;
  return firstAs(store, id, isPrepended) === view.peerAsn ? ACCEPTED : FIRST_AS;
}

/** Whether the path holds this AS alone, as its neighbor wrote it. */
export function holdsOnly(
  store: AttributeStore,
  id: number,
  asn: number,
  { isPrepended }: PathRules,
): boolean {
  if (!isPrepended) return u32(store.onlyAs, id) === asn;
  const o = store.find(id, AS_PATH);
  const start = o + CANONICAL_HEADER_BYTES;
  const end = canonicalEnd(store.bytes, o);
  const all = u16(store.pathCount, id) - 1;
  const isSequence = u32(store.originAs, id) === asn;
  return all > 0 && isSequence && countInAsPath(store.bytes, start, end, asn) === all;
}

/** More often than `allowed`. */
function occurs(store: AttributeStore, id: number, asn: number, allowed: number): boolean {
  if (allowed === 0) return store.pathContains(id, asn);
  const o = store.find(id, AS_PATH);
  if (o === -1) return false;
  const { bytes } = store;
  return countInAsPath(bytes, o + CANONICAL_HEADER_BYTES, canonicalEnd(bytes, o), asn) > allowed;
}

function firstAs(store: AttributeStore, id: number, isPrepended: boolean): number {
  if (!isPrepended) return u32(store.neighborAs, id);
  const o = store.find(id, AS_PATH);
  return secondAs(store.bytes, o + CANONICAL_HEADER_BYTES, canonicalEnd(store.bytes, o));
}
