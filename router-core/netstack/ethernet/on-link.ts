/**
 * Whether an address lives on the link of a port, and by which neighbor one beyond it is reached.
 *
 * Standard: RFC 5942 §3 and RFC 4861 §2.1 (on-link is what is configured, not what somebody says);
 * RFC 1812 §5.2.4.2.
 *
 * The forwarding table knows it all: a prefix of the link is a route to the port itself, a route by a
 * neighbor is one to a next hop. Link-local addresses are on-link without a route.
 *
 * @module
 */
import type { IpFamily } from '../../base/ip-address.ts';
import { isIpv4LinkLocal, isIpv6LinkLocal } from '../../packet/index.ts';
import type { Stack } from '../stack.ts';
import { lookup, rowTowards } from '../way-out.ts';
import type { EthernetPort } from './port.ts';

export const isOnLink = (
  stack: Stack,
  port: EthernetPort,
  family: IpFamily,
  b: Uint8Array,
  i: number,
): boolean => routeTo(stack, port, family, b, i) === port.index;

/** Returns the row the address is reached by: the port's own when it is on-link, else what the table says. */
export function routeTo(
  stack: Stack,
  port: EthernetPort,
  family: IpFamily,
  b: Uint8Array,
  i: number,
): number {
  const isOfLink = family === 4 ? isIpv4LinkLocal(b, i) : isIpv6LinkLocal(b, i);
  if (isOfLink) return port.index;
  return rowTowards(stack, lookup(stack, family, b, i), family, b, i);
}
