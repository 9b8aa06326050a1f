/**
 * The entrance: is this an IP packet, may it be believed, is it for us or for others?
 *
 * Standard: RFC 1122 §3.2.1 and RFC 1812 §5.2.2 (header validation), §5.3.7 (martians); RFC 8200 §3;
 * RFC 4291 §2.5 and §2.7 (addresses that are never a source or destination).
 *
 *   receivePacket ─► receiveIpv4 ─┬─► deliverIpv4     ours
 *                    receiveIpv6 ─┤   deliverIpv6
 *                                 └─► forwardIpv4     others'
 *                                     forwardIpv6
 *
 * Reverse-path and bogon checks are a peering's wish (ingress-check.ts); without it any source passes.
 *
 * Invariant: whatever the octets are, the answer is a drop reason or undefined, never an exception.
 *
 * @module
 */
import { assert } from '../base/assert.ts';
import { at } from '../base/bytes.ts';
import type { DropReason } from '../base/drop-reason.ts';
import { type Instant, NONE, type PacketSlot } from '../base/units.ts';
import {
  ICMPV4_PROHIBITED,
  ICMPV4_UNREACHABLE,
  IPV4_DESTINATION,
  IPV4_HEADER_BYTES,
  IPV4_OPTION_END,
  IPV4_OPTION_LOOSE_SOURCE_ROUTE,
  IPV4_OPTION_NOP,
  IPV4_OPTION_STRICT_SOURCE_ROUTE,
  IPV4_SOURCE,
  IPV6_DESTINATION,
  IPV6_HEADER_BYTES,
  IPV6_SOURCE,
  ipVersion,
  ipv4HeaderBytes,
  ipv4TotalLength,
  ipv6PayloadLength,
  isIpv4ChecksumRight,
  isIpv4HeaderComplete,
  isIpv4Loopback,
  isIpv4Multicast,
  isIpv4Reserved,
  isIpv4ThisNetwork,
  isIpv6AllNodes,
  isIpv6AllRouters,
  isIpv6HeaderComplete,
  isIpv6LinkLocal,
  isIpv6Loopback,
  isIpv6Multicast,
  isIpv6SolicitedNode,
  isIpv6Unspecified,
} from '../packet/index.ts';
import { forwardIpv4, forwardIpv6 } from './forward.ts';
import { dropWithError } from './icmp-errors.ts';
import {
  checkDestination4,
  checkDestination6,
  checkSource4,
  checkSource6,
} from './ingress-check.ts';
import { deliverIpv4, deliverIpv6 } from './local.ts';
import { checkLinkLocalSource } from './source-mismatch.ts';
import { drop, type Stack } from './stack.ts';

/** Takes a packet that came out of a tunnel; `arena.ingress` names the interface. */
export function receivePacket(
  stack: Stack,
  slot: PacketSlot,
  now: Instant,
): DropReason | undefined {
  assert(!stack.isTransmitting, 'a sink does not call back');
  const { arena, interfaces } = stack;
  const link = interfaces.find(arena.ingress[slot] as number);
  if (link === NONE) return drop(stack, slot, 'unknown-interface');
  const start = arena.start[slot] as number;
  const end = arena.end[slot] as number;
  const packets = (interfaces.rxPackets[link] as number) + 1;
  interfaces.rxPackets[link] = packets;
  interfaces.rxBytes[link] = (interfaces.rxBytes[link] as number) + end - start;
  interfaces.lastReceived[link] = now;
  if (packets === 1) {
    stack.events.push({ kind: 'first-inner-packet', interface: interfaces.idOf(link), at: now });
  }
  if (start === end) return drop(stack, slot, 'truncated');
  const version = ipVersion(arena.bytes, start);
  if (version === 6) return receiveIpv6(stack, slot, link, now);
  if (version === 4) return receiveIpv4(stack, slot, link, now);
  return drop(stack, slot, 'malformed');
}

function receiveIpv4(
  stack: Stack,
  slot: PacketSlot,
  link: number,
  now: Instant,
): DropReason | undefined {
  const { arena } = stack;
  const b = arena.bytes;
  const ip = arena.start[slot] as number;
  if (!isIpv4HeaderComplete(b, ip, arena.end[slot] as number)) {
    return drop(stack, slot, 'truncated');
  }
  if (!isIpv4ChecksumRight(b, ip)) return drop(stack, slot, 'bad-checksum');
  // WireGuard pads to sixteen octets; what is behind the total length is not the packet's.
  arena.end[slot] = ip + ipv4TotalLength(b, ip);
  if (isMartianIpv4(b, ip + IPV4_SOURCE) || isIpv4Multicast(b, ip + IPV4_SOURCE)) {
    return drop(stack, slot, 'bad-source');
  }
  if (ipv4HeaderBytes(b, ip) > IPV4_HEADER_BYTES) {
    const verdict = readIpv4Options(b, ip);
    if (verdict === OPTIONS_MALFORMED) return drop(stack, slot, 'malformed');
    if (verdict === OPTIONS_SOURCE_ROUTE) return dropSourceRouted(stack, slot, now);
  }
  const isChecked = stack.interfaces.ingress[link] !== 0;
  if (isChecked) {
    const refused = checkSource4(stack, slot, link);
    if (refused !== undefined) return refused;
  }
  if (stack.addresses.isLocal4(b, ip + IPV4_DESTINATION)) {
    return deliverIpv4(stack, slot, link, now);
  }
  if (isIpv4Multicast(b, ip + IPV4_DESTINATION)) return drop(stack, slot, 'not-for-us');
  if (isMartianIpv4(b, ip + IPV4_DESTINATION)) return drop(stack, slot, 'bad-destination');
  if (isChecked) {
    const refused = checkDestination4(stack, slot, link);
    if (refused !== undefined) return refused;
  }
  return forwardIpv4(stack, slot, link, now);
}

function receiveIpv6(
  stack: Stack,
  slot: PacketSlot,
  link: number,
  now: Instant,
): DropReason | undefined {
  const { arena } = stack;
  const b = arena.bytes;
  const ip = arena.start[slot] as number;
  if (!isIpv6HeaderComplete(b, ip, arena.end[slot] as number)) {
    return drop(stack, slot, 'truncated');
  }
  arena.end[slot] = ip + IPV6_HEADER_BYTES + ipv6PayloadLength(b, ip);
  const source = ip + IPV6_SOURCE;
  const destination = ip + IPV6_DESTINATION;
  if (isIpv6Multicast(b, source) || isIpv6Loopback(b, source)) {
    return drop(stack, slot, 'bad-source');
  }
  if (isIpv6LinkLocal(b, source))
    checkLinkLocalSource(stack, link, b, ip, arena.end[slot] as number, now);
  const isChecked = stack.interfaces.ingress[link] !== 0;
  if (isChecked) {
    const refused = checkSource6(stack, slot, link);
    if (refused !== undefined) return refused;
  }
  if (isIpv6Multicast(b, destination)) {
    if (!isOurMulticast(b, destination)) return drop(stack, slot, 'not-for-us');
    return deliverIpv6(stack, slot, link, now);
  }
  if (stack.addresses.isLocal6(b, destination, link)) return deliverIpv6(stack, slot, link, now);
  if (isIpv6Unspecified(b, destination) || isIpv6Loopback(b, destination)) {
    return drop(stack, slot, 'bad-destination');
  }
  if (isChecked) {
    const refused = checkDestination6(stack, slot, link);
    if (refused !== undefined) return refused;
  }
  return forwardIpv6(stack, slot, link, now);
}

/** Groups of the link that every router is in, or that carry neighbor solicitations (RFC 4291 §2.8). */
const isOurMulticast = (b: Uint8Array, i: number): boolean =>
  isIpv6AllNodes(b, i) || isIpv6SolicitedNode(b, i) || isIpv6AllRouters(b, i);

/** RFC 1812 §5.3.7: no unicast address outside a host. */
export const isMartianIpv4 = (b: Uint8Array, i: number): boolean =>
  isIpv4ThisNetwork(b, i) || isIpv4Loopback(b, i) || isIpv4Reserved(b, i);

const OPTIONS_FINE = 0;
const OPTIONS_MALFORMED = 1;
const OPTIONS_SOURCE_ROUTE = 2;

/** Walks the options of a complete header (RFC 791 §3.1); at most 40 octets. */
function readIpv4Options(b: Uint8Array, ip: number): number {
  const end = ip + ipv4HeaderBytes(b, ip);
  for (let i = ip + IPV4_HEADER_BYTES; i < end; ) {
    const type = at(b, i);
    if (type === IPV4_OPTION_END) break;
    if (type === IPV4_OPTION_NOP) {
      i++;
      continue;
    }
    if (i + 1 >= end || at(b, i + 1) < 2 || i + at(b, i + 1) > end) return OPTIONS_MALFORMED;
    if (type === IPV4_OPTION_LOOSE_SOURCE_ROUTE || type === IPV4_OPTION_STRICT_SOURCE_ROUTE) {
      return OPTIONS_SOURCE_ROUTE;
    }
    i += at(b, i + 1);
  }
  return OPTIONS_FINE;
}

/** RFC 7126 §4.3 and §4.4: source routes are not followed, and the sender is told that it is policy. */
const dropSourceRouted = (stack: Stack, slot: PacketSlot, now: Instant): DropReason =>
  dropWithError(stack, slot, 4, ICMPV4_UNREACHABLE, ICMPV4_PROHIBITED, 0, 'bad-destination', now);
