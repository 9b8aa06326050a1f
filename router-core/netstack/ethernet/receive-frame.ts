/**
 * The entrance of an Ethernet port: is this frame for us, and what is in it?
 *
 * Standard: RFC 894, RFC 2464; RFC 1122 §3.3.6 and RFC 1812 §5.3.4 (what came to all is not for one).
 *
 * Padding behind the payload is cut off by the payload's own length, later.
 *
 * @module
 */
import { assert } from '../../base/assert.ts';
import type { DropReason } from '../../base/drop-reason.ts';
import {
  equalMacAddresses,
  isGroupMacAddress,
  isStationMacAddress,
} from '../../base/mac-address.ts';
import type { Instant, PacketSlot } from '../../base/units.ts';
import {
  ETHERNET_DESTINATION,
  ETHERNET_HEADER_BYTES,
  ETHERNET_SOURCE,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  etherType,
  ICMPV6_NEIGHBOR_ADVERTISEMENT,
  IPV4_DESTINATION,
  IPV4_HEADER_BYTES,
  IPV6_DESTINATION,
  IPV6_HEADER_BYTES,
  IPV6_SOURCE,
  icmpType,
  ipVersion,
  ipv6HopLimit,
  ipv6NextHeader,
  isEthernetComplete,
  isIpv4Multicast,
  isIpv6Multicast,
  NEIGHBOR_DISCOVERY_HOP_LIMIT,
  PROTOCOL_ICMPV6,
} from '../../packet/index.ts';
import { receivePacket } from '../receive.ts';
import { drop, type Stack } from '../stack.ts';
import { receiveArp } from './arp-input.ts';
import type { EthernetPort } from './port.ts';

/** Takes a frame that came in by the port; it begins with the Ethernet header. */
export function receiveFrameOn(
  stack: Stack,
  port: EthernetPort,
  slot: PacketSlot,
  now: Instant,
): DropReason | undefined {
  assert(!stack.isTransmitting, 'a sink does not call back');
  const { arena } = stack;
  const b = arena.bytes;
  const frame = arena.start[slot] as number;
  const end = arena.end[slot] as number;
  if (!isEthernetComplete(frame, end)) return drop(stack, slot, 'truncated');
  const source = frame + ETHERNET_SOURCE;
  // What we sent ourselves comes back on a link with a loop.
  if (!isStationMacAddress(b, source) || equalMacAddresses(b, source, port.linkAddress, 0))
    return drop(stack, slot, 'bad-source');
  const isToAll = isGroupMacAddress(b, frame + ETHERNET_DESTINATION);
  if (!isToAll && !equalMacAddresses(b, frame + ETHERNET_DESTINATION, port.linkAddress, 0))
    return drop(stack, slot, 'not-for-us');
  const packet = frame + ETHERNET_HEADER_BYTES;
  switch (etherType(b, frame)) {
    case ETHERTYPE_ARP:
      return receiveArp(stack, port, slot, now);
    case ETHERTYPE_IPV4:
      if (end - packet < IPV4_HEADER_BYTES) return drop(stack, slot, 'truncated');
      if (ipVersion(b, packet) !== 4) return drop(stack, slot, 'malformed');
      if (isToAll && !isIpv4Multicast(b, packet + IPV4_DESTINATION))
        return drop(stack, slot, 'bad-destination');
      break;
    case ETHERTYPE_IPV6:
      if (end - packet < IPV6_HEADER_BYTES) return drop(stack, slot, 'truncated');
      if (ipVersion(b, packet) !== 6) return drop(stack, slot, 'malformed');
      if (isToAll && !isIpv6Multicast(b, packet + IPV6_DESTINATION))
        return drop(stack, slot, 'bad-destination');
      noteOwnAddress(port, b, packet, end, now);
      break;
    default:
      return drop(stack, slot, 'unknown-protocol');
  }
  arena.start[slot] = packet;
  return receivePacket(stack, slot, now);
}

/**
 * Another station advertises from an address of ours. The packet path drops whatever says that it comes from
 * us, so the conflict is seen here; that the message is sound does not matter for that.
 */
function noteOwnAddress(
  port: EthernetPort,
  b: Uint8Array,
  ip: number,
  end: number,
  now: Instant,
): void {
  const icmp = ip + IPV6_HEADER_BYTES;
  if (ipv6NextHeader(b, ip) !== PROTOCOL_ICMPV6 || icmp >= end) return;
  if (icmpType(b, icmp) !== ICMPV6_NEIGHBOR_ADVERTISEMENT) return;
  if (ipv6HopLimit(b, ip) !== NEIGHBOR_DISCOVERY_HOP_LIMIT) return;
  if (port.claims.stateOf(6, b, ip + IPV6_SOURCE) === 'assigned')
    port.claims.claimedByOther(6, b, ip + IPV6_SOURCE, now);
}
