/**
 * The attributes of a route nobody announced, as they would stand in the store.
 *
 * Not standardized; BGP specification §13.3.
 *
 * @module
 */
import type { IpAddress } from '../../base/ip-address.ts';
import { AS_SEQUENCE } from '../attribute/as-path.ts';
import type { AttributeStore } from '../attribute/attribute-store.ts';
import { insertCanonicalUint32 } from '../attribute/canonical-block.ts';
import { ONLY_TO_CUSTOMER } from '../attribute/table.ts';
import { EditableAttributes } from '../policy/rules/editable-attributes.ts';
import { parseCommunity } from '../policy/rules/patterns.ts';
import type { ImportTerms } from './import-terms.ts';
import { stampReceived } from './received-set.ts';
import type { SupposedRoute } from './types.ts';

const IGP = 0;

/**
 * Puts the set into the store, where nobody refers to it. `teller`: who would tell it, and is its next hop
 * unless the route names one; undefined: a route of our own. `terms`: as it comes in from the teller; undefined:
 * as it stands in the table.
 */
export function supposedSet(
  { store, scratch }: { readonly store: AttributeStore; readonly scratch: Uint8Array },
  route: SupposedRoute,
  teller: IpAddress | undefined,
  terms?: ImportTerms,
): number {
  const { prefix, path, communities, med, localPref, onlyToCustomer } = route;
  const attributes = new EditableAttributes(new Uint8Array(0), 0, 0);
  attributes.origin = IGP;
  attributes.path = path.length === 0 ? [] : [{ type: AS_SEQUENCE, asns: [...path] }];
  attributes.med = med;
  // RFC 4271 §5.1.5: of an external neighbor it is ignored.
  if (terms === undefined || terms.view.isInternal) attributes.localPrefAttribute = localPref;
  const nextHop = route.nextHop ?? teller;
  if (nextHop !== undefined) attributes.nextHop = nextHopOctets(nextHop, prefix.family);
  for (const text of communities) {
    const community = parseCommunity(text);
    if (community !== undefined) attributes.add(community);
  }
  let end = attributes.write(scratch);
  if (onlyToCustomer !== undefined)
    end = insertCanonicalUint32(scratch, 0, end, ONLY_TO_CUSTOMER, onlyToCustomer);
  if (terms !== undefined) end = stampReceived(terms, scratch, end);
  return store.intern(scratch, 0, end);
}

/** An IPv6 route told over IPv4 has a next hop nobody here knows; the mapped address stands for it. */
function nextHopOctets({ family, bytes }: IpAddress, ofPrefix: 4 | 6): Uint8Array {
  if (family === 6 || ofPrefix === 4) return bytes;
  const mapped = new Uint8Array(16).fill(0xff, 10, 12);
  mapped.set(bytes, 12);
  return mapped;
}
