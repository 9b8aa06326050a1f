/**
 * By which interface a packet leaves: what the forwarding table says, and for routes of several next hops
 * the one that carries the packet's flow.
 *
 * Standard: RFC 1812 §5.2.4.3, RFC 2991.
 *
 * A route of one next hop costs one comparison more than its lookup.
 *
 * @module
 */
import type { IpFamily } from '../base/ip-address.ts';
import { DISCARD, NONE } from '../base/units.ts';
import { IPV4_DESTINATION, IPV6_DESTINATION } from '../packet/index.ts';
import { flowOf4, flowOf6, flowTowards } from './flow-hash.ts';
import type { Stack } from './stack.ts';

/** Returns the row a packet that came by `link` leaves by, or NONE. */
export function wayOut4(stack: Stack, ip: number, end: number, link: number): number {
  const b = stack.arena.bytes;
  const id = stack.routes.lookup4(b, ip + IPV4_DESTINATION);
  if (id <= DISCARD) return stack.interfaces.find(id);
  const { nextHopSets } = stack;
  return nextHopSets.choose(id, flowOf4(nextHopSets.seed, b, ip, end), link);
}

export function wayOut6(stack: Stack, ip: number, end: number, link: number): number {
  const b = stack.arena.bytes;
  const id = stack.routes.lookup6(b, ip + IPV6_DESTINATION);
  if (id <= DISCARD) return stack.interfaces.find(id);
  const { nextHopSets } = stack;
  return nextHopSets.choose(id, flowOf6(nextHopSets.seed, b, ip, end), link);
}

/** Returns what the table says of an address: the id of an interface, of a set, DISCARD, or NONE. */
export const lookup = (stack: Stack, family: IpFamily, b: Uint8Array, i: number): number =>
  family === 4 ? stack.routes.lookup4(b, i) : stack.routes.lookup6(b, i);

/** Returns the row by which an address is reached from here, where nothing came from, or NONE. */
export function rowTowards(
  stack: Stack,
  id: number,
  family: IpFamily,
  b: Uint8Array,
  i: number,
): number {
  if (id <= DISCARD) return stack.interfaces.find(id);
  const { nextHopSets } = stack;
  return nextHopSets.choose(id, flowTowards(nextHopSets.seed, family, b, i), NONE);
}
