/**
 * What is added to the attributes of a route on its way in, before the set is stored.
 *
 * Standard: RFC 9234 §5 (ONLY_TO_CUSTOMER); BGP specification §6.7 (local-as).
 *
 * @module
 */
import { markImported } from '../policy/only-to-customer.ts';
import { prependLocalAs } from '../update/canonicalize.ts';
import type { ImportTerms } from './import-terms.ts';

/** Changes a canonical block in place; returns its new end. */
export function stampReceived(
  { view, rules }: ImportTerms,
  block: Uint8Array,
  end: number,
): number {
  const marked = markImported(view.role, view.peerAsn, block, end);
  return rules.isPrepended ? prependLocalAs(block, marked, view.localAsn) : marked;
}
