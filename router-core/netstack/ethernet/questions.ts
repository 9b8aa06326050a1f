/**
 * What a port says of itself: ARP requests and announcements, neighbor solicitations, unsolicited advertisements.
 *
 * Standard: RFC 826; RFC 5227 §1.1, §2.3; RFC 4861 §4.3, §4.4, §7.2.2, §7.2.6; RFC 4862 §5.4.2.
 *
 * @module
 */
import type { IpAddress, IpFamily } from '../../base/ip-address.ts';
import { type Instant, NONE, type PacketSlot } from '../../base/units.ts';
import {
  ADVERTISEMENT_OVERRIDE,
  ADVERTISEMENT_ROUTER,
  ARP_BYTES,
  ARP_REQUEST,
  BROADCAST_MAC_ADDRESS,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV6,
  IPV6_DESTINATION,
  LINK_LAYER_OPTION_BYTES,
  NEIGHBOR_DISCOVERY_HOP_LIMIT,
  NEIGHBOR_MESSAGE_BYTES,
  OPTION_SOURCE_LINK_LAYER_ADDRESS,
  OPTION_TARGET_LINK_LAYER_ADDRESS,
  PROTOCOL_ICMPV6,
  writeArp,
  writeIcmpv6Checksum,
  writeIpv6MulticastMacAddress,
  writeIpv6SolicitedNode,
  writeLinkLayerOption,
  writeNeighborAdvertisement,
  writeNeighborSolicitation,
} from '../../packet/index.ts';
import { ALL_NODES } from '../neighbor-discovery.ts';
import { prependIp } from '../send.ts';
import { allocate, type Stack } from '../stack.ts';
import { type EthernetPort, sendFrame, sourceTowards } from './port.ts';

const UNSPECIFIED_IPV4 = new Uint8Array(4);

/** Asks who has the address at `i`: everybody, or the one at `linkAddressAt` when that is not NONE. */
export function solicit(
  stack: Stack,
  port: EthernetPort,
  family: IpFamily,
  b: Uint8Array,
  i: number,
  linkAddresses: Uint8Array,
  linkAddressAt: number,
  now: Instant,
): void {
  const target = b.slice(i, i + (family === 4 ? 4 : 16));
  const source = sourceTowards(port, family, target);
  // RFC 4861 §7.2.2: without an address of ours nobody could answer; the question counts all the same.
  if (source === undefined) return;
  if (family === 4) {
    const isUnicast = linkAddressAt !== NONE;
    const destination = isUnicast ? linkAddresses : BROADCAST_MAC_ADDRESS;
    sendArpRequest(
      stack,
      port,
      source.bytes,
      target,
      destination,
      isUnicast ? linkAddressAt : 0,
      now,
    );
    return;
  }
  sendSolicitation(stack, port, source.bytes, target, linkAddresses, linkAddressAt, now);
}

/** Asks whether anybody has an address we want (RFC 5227 §2.1.1, RFC 4862 §5.4.2). */
export function probeAddress(
  stack: Stack,
  port: EthernetPort,
  address: IpAddress,
  now: Instant,
): void {
  if (address.family === 4) {
    const { bytes } = address;
    sendArpRequest(stack, port, UNSPECIFIED_IPV4, bytes, BROADCAST_MAC_ADDRESS, 0, now);
  } else sendSolicitation(stack, port, undefined, address.bytes, BROADCAST_MAC_ADDRESS, NONE, now);
}

/** Tells the link that we have an address (RFC 5227 §2.3, RFC 4861 §7.2.6). */
export function announceAddress(
  stack: Stack,
  port: EthernetPort,
  address: IpAddress,
  isOverride: boolean,
  now: Instant,
): void {
  const { bytes } = address;
  if (address.family === 4) {
    sendArpRequest(stack, port, bytes, bytes, BROADCAST_MAC_ADDRESS, 0, now);
    return;
  }
  const slot = allocate(stack);
  if (slot === NONE) return;
  const start = stack.arena.start[slot] as number;
  const flags = ADVERTISEMENT_ROUTER | (isOverride ? ADVERTISEMENT_OVERRIDE : 0);
  writeNeighborAdvertisement(stack.arena.bytes, start, flags, bytes, 0);
  stack.source.set(bytes);
  stack.destination.set(ALL_NODES);
  sendMessage(
    stack,
    port,
    slot,
    OPTION_TARGET_LINK_LAYER_ADDRESS,
    BROADCAST_MAC_ADDRESS,
    NONE,
    now,
  );
}

function sendArpRequest(
  stack: Stack,
  port: EthernetPort,
  senderIp: Uint8Array,
  targetIp: Uint8Array,
  destination: Uint8Array,
  destinationAt: number,
  now: Instant,
): void {
  const { arena } = stack;
  const slot = allocate(stack);
  if (slot === NONE) return;
  const start = arena.start[slot] as number;
  writeArp(arena.bytes, start, ARP_REQUEST, port.linkAddress, senderIp, targetIp);
  arena.end[slot] = start + ARP_BYTES;
  sendFrame(stack, port, slot, ETHERTYPE_ARP, destination, destinationAt, now);
}

/** Without a source it is a probe, which carries no link-layer address (RFC 4861 §4.3). */
function sendSolicitation(
  stack: Stack,
  port: EthernetPort,
  source: Uint8Array | undefined,
  target: Uint8Array,
  linkAddresses: Uint8Array,
  linkAddressAt: number,
  now: Instant,
): void {
  const slot = allocate(stack);
  if (slot === NONE) return;
  const start = stack.arena.start[slot] as number;
  writeNeighborSolicitation(stack.arena.bytes, start, target, 0);
  if (source === undefined) stack.source.fill(0);
  else stack.source.set(source);
  if (linkAddressAt === NONE) writeIpv6SolicitedNode(stack.destination, 0, target, 0);
  else stack.destination.set(target);
  const option = source === undefined ? undefined : OPTION_SOURCE_LINK_LAYER_ADDRESS;
  sendMessage(stack, port, slot, option, linkAddresses, linkAddressAt, now);
}

/** Finishes the message at the slot's start, with its option, and sends it to a station or to the group. */
function sendMessage(
  stack: Stack,
  port: EthernetPort,
  slot: PacketSlot,
  option: number | undefined,
  linkAddresses: Uint8Array,
  linkAddressAt: number,
  now: Instant,
): void {
  const { arena } = stack;
  const b = arena.bytes;
  const message = arena.start[slot] as number;
  let end = message + NEIGHBOR_MESSAGE_BYTES;
  if (option !== undefined) {
    writeLinkLayerOption(b, end, option, port.linkAddress);
    end += LINK_LAYER_OPTION_BYTES;
  }
  arena.end[slot] = end;
  const ip = prependIp(stack, slot, 6, PROTOCOL_ICMPV6, NEIGHBOR_DISCOVERY_HOP_LIMIT, 0);
  writeIcmpv6Checksum(b, ip, message, end);
  if (linkAddressAt !== NONE) {
    sendFrame(stack, port, slot, ETHERTYPE_IPV6, linkAddresses, linkAddressAt, now);
    return;
  }
  const group = new Uint8Array(6);
  writeIpv6MulticastMacAddress(group, 0, b, ip + IPV6_DESTINATION);
  sendFrame(stack, port, slot, ETHERTYPE_IPV6, group, 0, now);
}
