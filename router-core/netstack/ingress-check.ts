/**
 * Which packets a tunnel may bring in: the reverse-path check and the bogon check, per interface.
 *
 * Standard: RFC 3704 §2.2 (strict: the route back to the source leads into this tunnel) and §2.4 (loose: there
 * is a route back at all), RFC 2827. What belongs into DN42 is its registry's: 172.20.0.0/14, 172.31.0.0/16,
 * 10.0.0.0/8 and fd00::/8, as in the filters of the DN42 wiki.
 *
 * Both are off unless a peering asks: routing in DN42 is asymmetric, and routers there report errors from
 * public addresses. Exempt, because no route could speak for them: link-local sources, which never leave their
 * tunnel; `::`, which only neighbor discovery uses; and 192.0.0.8, the source of routers without an IPv4
 * address (RFC 7600), which leads nowhere.
 *
 * What is refused is dropped in silence (RFC 3704 §2), counted by reason and per interface. The plane
 * (fast-path/assembly/ingress-check.ts) lets pass what would pass here, and hands over the rest.
 *
 * @module
 */

import { at } from '../base/bytes.ts';
import type { DropReason } from '../base/drop-reason.ts';
import { NONE, type PacketSlot } from '../base/units.ts';
import {
  INGRESS_CHECKS,
  IPV4_DESTINATION,
  IPV4_SOURCE,
  IPV6_DESTINATION,
  IPV6_SOURCE,
  isIpv4LinkLocal,
  isIpv6LinkLocal,
  isIpv6Unspecified,
} from '../packet/index.ts';
import { drop, type Stack } from './stack.ts';

const EITHER_REVERSE_PATH = INGRESS_CHECKS.strict | INGRESS_CHECKS.loose;

/** Judges the source of a packet for anybody; the interface has rules. */
export function checkSource4(stack: Stack, slot: PacketSlot, link: number): DropReason | undefined {
  const b = stack.arena.bytes;
  const source = (stack.arena.start[slot] as number) + IPV4_SOURCE;
  if (isIpv4LinkLocal(b, source) || isDummy4(b, source)) return undefined;
  const rules = stack.interfaces.ingress[link] as number;
  if ((rules & INGRESS_CHECKS.bogons) !== 0 && !isDn42Ipv4(b, source)) {
    return refuseBogon(stack, slot, link);
  }
  if ((rules & EITHER_REVERSE_PATH) === 0) return undefined;
  return checkReversePath(stack, slot, link, rules, stack.routes.lookup4(b, source));
}

export function checkSource6(stack: Stack, slot: PacketSlot, link: number): DropReason | undefined {
  const b = stack.arena.bytes;
  const source = (stack.arena.start[slot] as number) + IPV6_SOURCE;
  if (isIpv6LinkLocal(b, source) || isIpv6Unspecified(b, source)) return undefined;
  const rules = stack.interfaces.ingress[link] as number;
  if ((rules & INGRESS_CHECKS.bogons) !== 0 && !isDn42Ipv6(b, source)) {
    return refuseBogon(stack, slot, link);
  }
  if ((rules & EITHER_REVERSE_PATH) === 0) return undefined;
  return checkReversePath(stack, slot, link, rules, stack.routes.lookup6(b, source));
}

/** Judges the destination of a packet for others. */
export function checkDestination4(
  stack: Stack,
  slot: PacketSlot,
  link: number,
): DropReason | undefined {
  const rules = stack.interfaces.ingress[link] as number;
  if ((rules & INGRESS_CHECKS.bogons) === 0) return undefined;
  const destination = (stack.arena.start[slot] as number) + IPV4_DESTINATION;
  return isDn42Ipv4(stack.arena.bytes, destination) ? undefined : refuseBogon(stack, slot, link);
}

export function checkDestination6(
  stack: Stack,
  slot: PacketSlot,
  link: number,
): DropReason | undefined {
  const rules = stack.interfaces.ingress[link] as number;
  if ((rules & INGRESS_CHECKS.bogons) === 0) return undefined;
  const destination = (stack.arena.start[slot] as number) + IPV6_DESTINATION;
  return isDn42Ipv6(stack.arena.bytes, destination) ? undefined : refuseBogon(stack, slot, link);
}

function checkReversePath(
  stack: Stack,
  slot: PacketSlot,
  link: number,
  rules: number,
  back: number,
): DropReason | undefined {
  const isLoose = (rules & INGRESS_CHECKS.loose) !== 0;
  const out = stack.interfaces.find(back);
  if (out === link || (out !== NONE && stack.interfaces.port[out] === link)) return undefined;
  if (out !== NONE && isLoose) return undefined;
  if (stack.nextHopSets.leadsTo(back, isLoose ? NONE : link)) return undefined;
  const { refusedReversePath } = stack.interfaces;
  refusedReversePath[link] = (refusedReversePath[link] as number) + 1;
  return drop(stack, slot, 'reverse-path');
}

function refuseBogon(stack: Stack, slot: PacketSlot, link: number): DropReason {
  const { refusedBogons } = stack.interfaces;
  refusedBogons[link] = (refusedBogons[link] as number) + 1;
  return drop(stack, slot, 'bogon');
}

/** 172.20.0.0/14, 172.31.0.0/16, 10.0.0.0/8. */
function isDn42Ipv4(b: Uint8Array, i: number): boolean {
  const first = at(b, i);
  if (first === 10) return true;
  const second = at(b, i + 1);
  return first === 172 && (second >>> 2 === 5 || second === 31);
}

/** fd00::/8. */
const isDn42Ipv6 = (b: Uint8Array, i: number): boolean => at(b, i) === 0xfd;

/** 192.0.0.8 (RFC 7600 §4). */
const isDummy4 = (b: Uint8Array, i: number): boolean =>
  at(b, i) === 192 && at(b, i + 1) === 0 && at(b, i + 2) === 0 && at(b, i + 3) === 8;
