/**
 * Neighbor solicitations and advertisements that came in by an Ethernet port.
 *
 * Standard: RFC 4861 §7.1 (validation), §7.2.3 to §7.2.5; RFC 4862 §5.4.3 and §5.4.4 (messages about an
 * address of ours); RFC 5942 §3 (a source that is not on-link teaches nothing).
 *
 * @module
 */
import type { DropReason } from '../../base/drop-reason.ts';
import { equalMacAddresses, isStationMacAddress } from '../../base/mac-address.ts';
import { type Instant, NONE, type PacketSlot } from '../../base/units.ts';
import {
  ADVERTISEMENT_OVERRIDE,
  ADVERTISEMENT_ROUTER,
  ADVERTISEMENT_SOLICITED,
  findLinkLayerAddress,
  IPV6_DESTINATION,
  IPV6_SOURCE,
  icmpCode,
  icmpParameter,
  ipv6HopLimit,
  isIpv6Multicast,
  isIpv6Unspecified,
  isNeighborMessageComplete,
  NEIGHBOR_DISCOVERY_HOP_LIMIT,
  NEIGHBOR_TARGET,
  OPTION_SOURCE_LINK_LAYER_ADDRESS,
  OPTION_TARGET_LINK_LAYER_ADDRESS,
} from '../../packet/index.ts';
import { answerSolicitation, isSolicitationValid } from '../neighbor-discovery.ts';
import { drop, type Stack } from '../stack.ts';
import { isOnLink } from './on-link.ts';
import type { EthernetPort } from './port.ts';

export function receiveSolicitationOn(
  stack: Stack,
  port: EthernetPort,
  slot: PacketSlot,
  icmp: number,
  now: Instant,
): DropReason | undefined {
  const { arena } = stack;
  const b = arena.bytes;
  const ip = arena.start[slot] as number;
  const end = arena.end[slot] as number;
  if (!isSolicitationValid(b, ip, icmp, end)) return drop(stack, slot, 'malformed');
  const target = icmp + NEIGHBOR_TARGET;
  const state = port.claims.stateOf(6, b, target);
  const isProbe = isIpv6Unspecified(b, ip + IPV6_SOURCE);
  // RFC 4862 §5.4.3: who probes for what we probe for is a duplicate; who only asks gets no answer yet.
  if (state === 'tentative' && isProbe) port.claims.claimedByOther(6, b, target, now);
  if (state !== 'assigned') return drop(stack, slot, 'not-for-us');
  if (!isProbe) {
    const option = findLinkLayerAddress(b, icmp, end, OPTION_SOURCE_LINK_LAYER_ADDRESS);
    if (option !== NONE) {
      if (!isBelievable(port, b, option)) return drop(stack, slot, 'bad-source');
      if (isOnLink(stack, port, 6, b, ip + IPV6_SOURCE))
        port.neighbors.heardAsking(6, b, ip + IPV6_SOURCE, b, option, now);
    }
  }
  if (!port.answers.take(now)) return drop(stack, slot, 'rate-limited');
  return answerSolicitation(stack, slot, icmp, port.index, port.linkAddress, now);
}

export function receiveAdvertisementOn(
  stack: Stack,
  port: EthernetPort,
  slot: PacketSlot,
  icmp: number,
  now: Instant,
): DropReason | undefined {
  const { arena } = stack;
  const b = arena.bytes;
  const ip = arena.start[slot] as number;
  const end = arena.end[slot] as number;
  if (!isAdvertisementValid(b, ip, icmp, end)) return drop(stack, slot, 'malformed');
  const target = icmp + NEIGHBOR_TARGET;
  if (port.claims.isOurs(6, b, target)) {
    port.claims.claimedByOther(6, b, target, now);
    return drop(stack, slot, 'bad-source');
  }
  const option = findLinkLayerAddress(b, icmp, end, OPTION_TARGET_LINK_LAYER_ADDRESS);
  if (option !== NONE && !isBelievable(port, b, option)) return drop(stack, slot, 'bad-source');
  const flags = icmpParameter(b, icmp);
  const says = {
    isSolicited: (flags & ADVERTISEMENT_SOLICITED) !== 0,
    isOverride: (flags & ADVERTISEMENT_OVERRIDE) !== 0,
    isRouter: (flags & ADVERTISEMENT_ROUTER) !== 0,
  };
  port.neighbors.advertised(6, b, target, b, option, says, now);
  arena.release(slot);
  return undefined;
}

/** RFC 4861 §7.1.2. */
function isAdvertisementValid(b: Uint8Array, ip: number, icmp: number, end: number): boolean {
  if (ipv6HopLimit(b, ip) !== NEIGHBOR_DISCOVERY_HOP_LIMIT) return false;
  if (icmpCode(b, icmp) !== 0 || !isNeighborMessageComplete(b, icmp, end)) return false;
  if (isIpv6Multicast(b, icmp + NEIGHBOR_TARGET)) return false;
  const isSolicited = (icmpParameter(b, icmp) & ADVERTISEMENT_SOLICITED) !== 0;
  return !(isSolicited && isIpv6Multicast(b, ip + IPV6_DESTINATION));
}

/** A station's address, and not ours. */
const isBelievable = (port: EthernetPort, b: Uint8Array, i: number): boolean =>
  isStationMacAddress(b, i) && !equalMacAddresses(b, i, port.linkAddress, 0);
