/**
 * Routes told on within our AS, or by us as a route server: to whom, and what stays as it came.
 *
 * Standard: RFC 4456 §6 (who hears what), §8 (loops), §10 (next hops stay); RFC 7947 §2.2.1.
 *
 *   from \ to        client   other internal
 *   client            yes         yes
 *   other internal    yes          –
 *
 * A next hop is replaced by ours where it can not mean anything to the receiver: link-local addresses,
 * IPv6 addresses for IPv4 routes where the session does not carry them, and every one on a session over
 * link-local addresses. That departs from RFC 4456 §10 and RFC 7947 §2.2.1, which think of one link for
 * all: here each tunnel is a link of its own, and BIRD refuses a next hop that is not on it.
 *
 * @module
 */
import { isLinkLocal } from '../../base/ip-address.ts';
import type { AttributeStore } from '../attribute/attribute-store.ts';
import { CANONICAL_HEADER_BYTES, canonicalEnd } from '../attribute/canonical-block.ts';
import { NEXT_HOP } from '../attribute/table.ts';
import { globalNextHop } from '../policy/next-hop.ts';
import type { NegotiatedSession } from '../types.ts';
import type { Reflection } from '../update/outgoing-attributes.ts';
import type { NextHopForm } from '../update/update-writer.ts';
import type { RouteNeighborConfig } from './types.ts';

/** The neighbor a route came from, as far as it matters here. */
type Source = {
  readonly session: NegotiatedSession | undefined;
  readonly keptSession: NegotiatedSession | undefined;
};

/** Whether what one internal neighbor told is for a group of others. */
export const isReflected = (
  from: Pick<RouteNeighborConfig, 'routeReflectorClient'>,
  to: { readonly isReflectorClient: boolean },
): boolean => from.routeReflectorClient === true || to.isReflectorClient;

/** Returns what is added to a route on its way from one internal neighbor to others; else undefined. */
export function reflectionOf(
  from: Source | undefined,
  to: { readonly view: { readonly isInternal: boolean } },
  clusterId: number,
): Reflection | undefined {
  const session = from?.session ?? from?.keptSession;
  if (session === undefined || !session.isInternal || !to.view.isInternal) return undefined;
  return { originatorId: session.peerRouterId, clusterId };
}

/** Which next hops of others a session carries. */
export type KeptNextHops = 'none' | 'of-its-family' | 'all';

export function keptNextHopsOf(session: NegotiatedSession): KeptNextHops {
  if (isLinkLocal(session.localAddress)) return 'none';
  return session.extendedNextHop ? 'all' : 'of-its-family';
}

/** Returns the next hop as it came, when it means something to others; else undefined. */
export function keptNextHop(
  store: AttributeStore,
  attributes: number,
  family: 4 | 6,
  keeps: KeptNextHops,
): NextHopForm | undefined {
  if (keeps === 'none') return undefined;
  const o = store.find(attributes, NEXT_HOP);
  if (o === -1) return undefined;
  const value = o + CANONICAL_HEADER_BYTES;
  const address = globalNextHop(store.bytes, value, canonicalEnd(store.bytes, o));
  if (address === undefined) return undefined;
  if (address.family === 4) return { kind: 'classic', bytes: address.bytes };
  return family === 6 || keeps === 'all' ? { kind: 'mp', bytes: address.bytes } : undefined;
}
