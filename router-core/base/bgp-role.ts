/**
 * Roles of the two ends of an external BGP session, as codes and people have them.
 *
 * Standard: RFC 9234 §3, §4.1 (numbers), §4.2 (which fits which).
 *
 *   ours          fits only
 *   provider      customer
 *   customer      provider
 *   rs-server     rs-client
 *   rs-client     rs-server
 *   peer          peer
 *
 * @module
 */

/** In the order of their numbers, from 0. */
export const BGP_ROLES = ['provider', 'rs-server', 'rs-client', 'customer', 'peer'] as const;
/** What we are to the other side. */
export type BgpRole = (typeof BGP_ROLES)[number];

const COUNTERPARTS: Readonly<Record<BgpRole, BgpRole>> = {
  provider: 'customer',
  customer: 'provider',
  'rs-server': 'rs-client',
  'rs-client': 'rs-server',
  peer: 'peer',
};

/** Returns the role the other side has to have. */
export const counterpartOf = (role: BgpRole): BgpRole => COUNTERPARTS[role];
