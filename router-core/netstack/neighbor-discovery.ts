/**
 * Answers neighbor solicitations for our addresses.
 *
 * Standard: RFC 4861 §7.1.1 (validation), §7.2.4 (answers); RFC 4862 §5.4.3 (duplicate address
 * detection: the probe comes from `::` and is answered to all nodes).
 *
 * A tunnel has no link-layer addresses, so there is no neighbor cache and no option in the answer.
 * Kernels ask nothing on such a link; systems that bridge the tunnel do. Ethernet ports decide in ethernet/ and
 * answer by the same function.
 *
 * @module
 */
import type { DropReason } from '../base/drop-reason.ts';
import type { Instant, PacketSlot } from '../base/units.ts';
import {
  ADVERTISEMENT_OVERRIDE,
  ADVERTISEMENT_ROUTER,
  ADVERTISEMENT_SOLICITED,
  hasNeighborOption,
  IPV6_DESTINATION,
  IPV6_SOURCE,
  icmpCode,
  ipv6HopLimit,
  isIpv6Multicast,
  isIpv6SolicitedNode,
  isIpv6Unspecified,
  isNeighborMessageComplete,
  LINK_LAYER_OPTION_BYTES,
  NEIGHBOR_DISCOVERY_HOP_LIMIT,
  NEIGHBOR_MESSAGE_BYTES,
  NEIGHBOR_TARGET,
  OPTION_SOURCE_LINK_LAYER_ADDRESS,
  OPTION_TARGET_LINK_LAYER_ADDRESS,
  PROTOCOL_ICMPV6,
  writeIcmpv6Checksum,
  writeIpv6Address,
  writeLinkLayerOption,
  writeNeighborAdvertisement,
} from '../packet/index.ts';
import { prependIp, sendIp } from './send.ts';
import { drop, type Stack } from './stack.ts';

/** ff02::1 */
export const ALL_NODES = Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);

/** Takes a solicitation with a right checksum; it begins at `icmp`. */
export function receiveNeighborSolicitation(
  stack: Stack,
  slot: PacketSlot,
  icmp: number,
  link: number,
  now: Instant,
): DropReason | undefined {
  const { arena } = stack;
  const b = arena.bytes;
  const ip = arena.start[slot] as number;
  if (!isSolicitationValid(b, ip, icmp, arena.end[slot] as number)) {
    return drop(stack, slot, 'malformed');
  }
  if (!stack.addresses.isLocal6(b, icmp + NEIGHBOR_TARGET, link)) {
    return drop(stack, slot, 'not-for-us');
  }
  return answerSolicitation(stack, slot, icmp, link, undefined, now);
}

/** Turns a valid solicitation into its answer, with our link-layer address where the link has some. */
export function answerSolicitation(
  stack: Stack,
  slot: PacketSlot,
  icmp: number,
  link: number,
  linkAddress: Uint8Array | undefined,
  now: Instant,
): DropReason | undefined {
  const { arena } = stack;
  const b = arena.bytes;
  const ip = arena.start[slot] as number;
  const isProbe = isIpv6Unspecified(b, ip + IPV6_SOURCE);
  writeIpv6Address(stack.source, 0, b, icmp + NEIGHBOR_TARGET);
  if (isProbe) stack.destination.set(ALL_NODES);
  else writeIpv6Address(stack.destination, 0, b, ip + IPV6_SOURCE);
  // RFC 4861 §4.4 and §7.2.4: nobody solicited what a probe gets.
  const flags =
    ADVERTISEMENT_ROUTER | ADVERTISEMENT_OVERRIDE | (isProbe ? 0 : ADVERTISEMENT_SOLICITED);
  writeNeighborAdvertisement(b, icmp, flags, stack.source, 0);
  let end = icmp + NEIGHBOR_MESSAGE_BYTES;
  if (linkAddress !== undefined) {
    writeLinkLayerOption(b, end, OPTION_TARGET_LINK_LAYER_ADDRESS, linkAddress);
    end += LINK_LAYER_OPTION_BYTES;
  }
  arena.start[slot] = icmp;
  arena.end[slot] = end;
  const answer = prependIp(stack, slot, 6, PROTOCOL_ICMPV6, NEIGHBOR_DISCOVERY_HOP_LIMIT, 0);
  writeIcmpv6Checksum(b, answer, icmp, end);
  return sendIp(stack, slot, 6, link, now);
}

/** RFC 4861 §7.1.1. */
export function isSolicitationValid(b: Uint8Array, ip: number, icmp: number, end: number): boolean {
  if (ipv6HopLimit(b, ip) !== NEIGHBOR_DISCOVERY_HOP_LIMIT) return false;
  if (icmpCode(b, icmp) !== 0 || !isNeighborMessageComplete(b, icmp, end)) return false;
  if (isIpv6Multicast(b, icmp + NEIGHBOR_TARGET)) return false;
  if (!isIpv6Unspecified(b, ip + IPV6_SOURCE)) return true;
  return (
    isIpv6SolicitedNode(b, ip + IPV6_DESTINATION) &&
    !hasNeighborOption(b, icmp, end, OPTION_SOURCE_LINK_LAYER_ADDRESS)
  );
}
