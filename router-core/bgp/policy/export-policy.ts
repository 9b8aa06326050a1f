/**
 * Which routes a neighbor is told of, by what it is to us and what their source is.
 *
 * Standard: RFC 1997 and RFC 8092 well-known communities, RFC 8212; the kinds of neighbor are those of
 * portal specification §4.1.
 *
 *   from \ to     full   peer-only   downstream   upstream   accept-all
 *   own            yes      yes         yes          yes         yes
 *   full           yes       –          yes           –          yes
 *   accept-all     yes       –          yes           –          yes
 *   downstream     yes       –          yes          yes         yes
 *   upstream       yes       –          yes           –          yes
 *   peer-only       –        –          yes           –           –
 *
 * What another router of our AS originates counts as own; the rest it tells, as the policy of its peering.
 * "full" is DN42's habit: both give each other everything. Nobody carries traffic for a network that
 * is a peer only, except for those who are downstream of us.
 *
 * @module
 */
import {
  type AttributeStore,
  HAS_NO_ADVERTISE,
  HAS_NO_EXPORT,
} from '../attribute/attribute-store.ts';
import { u8 } from '../rib/columns.ts';
import { FOR_NEIGHBOR, NO_ADVERTISE, NO_EXPORT } from './export-reason.ts';

export const NEIGHBOR_POLICIES = [
  'full',
  'peer-only',
  'downstream',
  'upstream',
  'accept-all',
] as const;
/** What a neighbor is to us. */
export type NeighborPolicy = (typeof NEIGHBOR_POLICIES)[number];

const TO_ALL: readonly NeighborPolicy[] = NEIGHBOR_POLICIES;
const TO_FRIENDS: readonly NeighborPolicy[] = ['full', 'downstream', 'accept-all'];
const TO_FRIENDS_AND_UPSTREAM: readonly NeighborPolicy[] = [...TO_FRIENDS, 'upstream'];

const TARGETS: Readonly<Record<NeighborPolicy | 'own', readonly NeighborPolicy[]>> = {
  own: TO_ALL,
  full: TO_FRIENDS,
  'accept-all': TO_FRIENDS,
  upstream: TO_FRIENDS,
  downstream: TO_FRIENDS_AND_UPSTREAM,
  'peer-only': ['downstream'],
};

/** Whether routes of `from` are for neighbors of the kind `to`. */
export const isForNeighbor = (from: NeighborPolicy | 'own', to: NeighborPolicy): boolean =>
  TARGETS[from].includes(to);

/** Which of the route's own communities keeps it here, if one does (RFC 1997). */
export function communityRefusal(store: AttributeStore, id: number, isInternal: boolean): number {
  const flags = u8(store.flags, id);
  if ((flags & HAS_NO_ADVERTISE) !== 0) return NO_ADVERTISE;
  return isInternal || (flags & HAS_NO_EXPORT) === 0 ? FOR_NEIGHBOR : NO_EXPORT;
}
