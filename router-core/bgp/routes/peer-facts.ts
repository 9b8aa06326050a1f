/**
 * What policies see of a neighbor, in either direction.
 *
 * Not standardized; BGP specification §13.2.
 *
 * @module
 */
import type { PeerFacts } from '../policy/rules/condition.ts';
import type { NegotiatedSession } from '../types.ts';
import { routeOptionsOf } from './route-options.ts';
import type { RouteNeighborConfig } from './types.ts';

export const peerFactsOf = (
  config: RouteNeighborConfig,
  session: NegotiatedSession | undefined,
): PeerFacts => ({
  name: config.rules?.peering ?? config.name,
  // A dynamic neighbor is one of several ASes.
  asn: session?.peerAsn ?? config.peerAsn,
  groups: config.rules?.groups ?? [],
  role: config.policy,
  isInternal: session?.isInternal ?? false,
  mayBlackhole: routeOptionsOf(config.options, 'ipv4').blackhole,
});
