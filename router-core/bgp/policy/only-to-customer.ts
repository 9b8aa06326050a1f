/**
 * What a role means for routes: the attribute ONLY_TO_CUSTOMER, which stops route leaks.
 *
 * Standard: RFC 9234 §5; BGP specification §8. Without a role the attribute is carried and means
 * nothing.
 *
 *   we are to the neighbor       in, without it    in, with it              out, without it   out, with it
 *   provider, rs-server          accept            leak                     add our AS        send
 *   peer                         add its AS        leak unless it is its AS add our AS        do not send
 *   customer, rs-client          add its AS        accept                   send              do not send
 *
 * What is added on import is what a later judgment expects to find, so judging twice changes nothing.
 *
 * @module
 */
import { readUint32 } from '../../base/bytes.ts';
import { type AttributeStore, HAS_OTC } from '../attribute/attribute-store.ts';
import {
  CANONICAL_HEADER_BYTES,
  findCanonical,
  insertCanonicalUint32,
} from '../attribute/canonical-block.ts';
import { ONLY_TO_CUSTOMER } from '../attribute/table.ts';
import { u8 } from '../rib/columns.ts';
import type { BgpRole } from '../types.ts';

/** Whether routes of the neighbor come from above or from beside: they may go down only. */
const isImportMarked = (role: BgpRole | undefined): boolean =>
  role === 'customer' || role === 'rs-client' || role === 'peer';

/**
 * Adds the neighbor's AS to a canonical block that came without the attribute, where the role asks
 * for it; returns the new end.
 */
export function markImported(
  role: BgpRole | undefined,
  peerAsn: number,
  block: Uint8Array,
  end: number,
): number {
  if (!isImportMarked(role) || findCanonical(block, 0, end, ONLY_TO_CUSTOMER) !== -1) return end;
  return insertCanonicalUint32(block, 0, end, ONLY_TO_CUSTOMER, peerAsn);
}

/** Whether a received set of attributes shows that its route was leaked. */
export function isLeaked(
  store: AttributeStore,
  id: number,
  role: BgpRole | undefined,
  peerAsn: number,
): boolean {
  if (role === undefined || (u8(store.flags, id) & HAS_OTC) === 0) return false;
  if (role === 'provider' || role === 'rs-server') return true;
  if (role !== 'peer') return false;
  const value = store.find(id, ONLY_TO_CUSTOMER) + CANONICAL_HEADER_BYTES;
  return readUint32(store.bytes, value) !== peerAsn;
}

/** Whether the attribute keeps a route from a neighbor to whom we have this role. */
export const keepsFromNeighbor = (
  store: AttributeStore,
  id: number,
  role: BgpRole | undefined,
): boolean =>
  (role === 'peer' || role === 'customer' || role === 'rs-client') &&
  (u8(store.flags, id) & HAS_OTC) !== 0;

/** The AS a route gets on its way out when it has no such attribute yet; 0: none. */
export const markOnExport = (role: BgpRole | undefined, localAsn: number): number =>
  role === 'provider' || role === 'rs-server' || role === 'peer' ? localAsn : 0;
