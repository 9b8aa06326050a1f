/**
 * Packets for us: to ICMP, to TCP, or back with an error.
 *
 * Standard: RFC 1122 §3.2.2 and §4.1.3.1 (unreachable protocols and ports); RFC 8200 §4 (extension
 * headers and their errors); RFC 4443 §3.
 *
 * A datagram that is no answer to a question of ours, and that nobody here listens for (link-datagrams.ts),
 * is answered with "port unreachable", which is what ends a traceroute. Fragments are put together first
 * (reassembly.ts).
 *
 * @module
 */
import type { DropReason } from '../base/drop-reason.ts';
import type { IpFamily } from '../base/ip-address.ts';
import type { Instant, PacketSlot } from '../base/units.ts';
import {
  ICMPV4_PORT_UNREACHABLE,
  ICMPV4_PROTOCOL_UNREACHABLE,
  ICMPV4_UNREACHABLE,
  ICMPV6_ERRONEOUS_FIELD,
  ICMPV6_PARAMETER_PROBLEM,
  ICMPV6_PORT_UNREACHABLE,
  ICMPV6_REDIRECT,
  ICMPV6_ROUTER_SOLICITATION,
  ICMPV6_UNKNOWN_NEXT_HEADER,
  ICMPV6_UNKNOWN_OPTION,
  ICMPV6_UNREACHABLE,
  IPV4_SOURCE,
  IPV6_DESTINATION,
  IPV6_SOURCE,
  icmpType,
  ipv4HeaderBytes,
  ipv4Protocol,
  isIpv4Fragment,
  isIpv6Multicast,
  isIpv6Unspecified,
  isUdpChecksumRight,
  isUdpComplete,
  PROTOCOL_ICMPV4,
  PROTOCOL_ICMPV6,
  PROTOCOL_NO_NEXT_HEADER,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from '../packet/index.ts';
import { WALK_DONE, WALK_OPTION, WALK_ROUTING, walkExtensionHeaders } from './extension-headers.ts';
import { receiveIcmpv4, receiveIcmpv6 } from './icmp.ts';
import { dropWithError } from './icmp-errors.ts';
import { hasReceiver, receiveLinkDatagram } from './link-datagrams.ts';
import { noteProbeSegment } from './probe.ts';
import { reassembleIpv4, reassembleIpv6 } from './reassembly.ts';
import { drop, type Stack } from './stack.ts';
import { takeDatagram } from './udp.ts';

export function deliverIpv4(
  stack: Stack,
  slot: PacketSlot,
  link: number,
  now: Instant,
): DropReason | undefined {
  const b = stack.arena.bytes;
  const ip = stack.arena.start[slot] as number;
  // RFC 1812 §5.3.7: our own address comes in from outside only when somebody forges it.
  if (stack.addresses.isLocal4(b, ip + IPV4_SOURCE)) return drop(stack, slot, 'bad-source');
  if (isIpv4Fragment(b, ip)) {
    const outcome = reassembleIpv4(stack, slot, link, now);
    if (outcome !== 'whole') return outcome === 'kept' ? undefined : outcome;
    return deliverIpv4(stack, slot, link, now);
  }
  const payload = ip + ipv4HeaderBytes(b, ip);
  switch (ipv4Protocol(b, ip)) {
    case PROTOCOL_ICMPV4:
      return receiveIcmpv4(stack, slot, payload, link, now);
    case PROTOCOL_TCP:
      return deliverTcp(stack, slot, 4, payload, link, now);
    case PROTOCOL_UDP:
      return deliverUdp(stack, slot, 4, payload, link, now);
    default:
      return dropWithError(
        stack,
        slot,
        4,
        ICMPV4_UNREACHABLE,
        ICMPV4_PROTOCOL_UNREACHABLE,
        0,
        'unknown-protocol',
        now,
      );
  }
}

export function deliverIpv6(
  stack: Stack,
  slot: PacketSlot,
  link: number,
  now: Instant,
): DropReason | undefined {
  const { arena, walk } = stack;
  const b = arena.bytes;
  const ip = arena.start[slot] as number;
  if (stack.addresses.isLocal6(b, ip + IPV6_SOURCE, link)) return drop(stack, slot, 'bad-source');
  walkExtensionHeaders(walk, b, ip, arena.end[slot] as number);
  if (walk.outcome !== WALK_DONE) return dropBadExtension(stack, slot, now);
  if (walk.isFragment) {
    const outcome = reassembleIpv6(stack, slot, link, now);
    if (outcome !== 'whole') return outcome === 'kept' ? undefined : outcome;
    return deliverReassembled(stack, slot, link, now);
  }
  if (walk.protocol === PROTOCOL_ICMPV6) {
    return receiveIcmpv6(stack, slot, walk.offset, link, now);
  }
  // RFC 4291 §2.5.2: nobody can be answered at `::`; only neighbor discovery speaks from it.
  if (isIpv6Unspecified(b, ip + IPV6_SOURCE)) return drop(stack, slot, 'bad-source');
  switch (walk.protocol) {
    case PROTOCOL_TCP:
      // RFC 9293 §3.9.2.3: TCP is between two.
      if (isIpv6Multicast(b, ip + IPV6_DESTINATION)) return drop(stack, slot, 'bad-destination');
      return deliverTcp(stack, slot, 6, walk.offset, link, now);
    case PROTOCOL_UDP:
      return deliverUdp(stack, slot, 6, walk.offset, link, now);
    case PROTOCOL_NO_NEXT_HEADER:
      return drop(stack, slot, 'unknown-protocol');
    default:
      return dropWithError(
        stack,
        slot,
        6,
        ICMPV6_PARAMETER_PROBLEM,
        ICMPV6_UNKNOWN_NEXT_HEADER,
        walk.pointer,
        'unknown-protocol',
        now,
      );
  }
}

/** What was cut twice is not put together twice, and discovery is never cut (RFC 6980 §5). */
function deliverReassembled(
  stack: Stack,
  slot: PacketSlot,
  link: number,
  now: Instant,
): DropReason | undefined {
  const { arena, walk } = stack;
  walkExtensionHeaders(walk, arena.bytes, arena.start[slot] as number, arena.end[slot] as number);
  const isDiscovery =
    walk.protocol === PROTOCOL_ICMPV6 && isNeighborDiscovery(icmpType(arena.bytes, walk.offset));
  if (walk.isFragment || isDiscovery) return drop(stack, slot, 'fragment');
  return deliverIpv6(stack, slot, link, now);
}

/** TCP takes the slot over; an answer to a SYN of our own is a stray to it, which it resets. */
function deliverTcp(
  stack: Stack,
  slot: PacketSlot,
  family: IpFamily,
  segment: number,
  link: number,
  now: Instant,
): DropReason | undefined {
  if (!stack.probes.isEmpty) noteProbeSegment(stack, slot, family, segment, link, now);
  const ip = stack.arena.start[slot] as number;
  const reason = stack.tcp.receiveSegment(slot, ip, family, segment, now);
  if (reason !== undefined) stack.drops[reason]++;
  return reason;
}

function deliverUdp(
  stack: Stack,
  slot: PacketSlot,
  family: IpFamily,
  datagram: number,
  link: number,
  now: Instant,
): DropReason | undefined {
  const b = stack.arena.bytes;
  const ip = stack.arena.start[slot] as number;
  if (!isUdpComplete(b, datagram, stack.arena.end[slot] as number)) {
    return drop(stack, slot, 'truncated');
  }
  if (!isUdpChecksumRight(family, b, ip, datagram)) return drop(stack, slot, 'bad-checksum');
  if (hasReceiver(stack, datagram))
    return receiveLinkDatagram(stack, slot, family, datagram, link, now);
  if (takeDatagram(stack, slot, family, datagram, link, now)) return undefined;
  const type = family === 4 ? ICMPV4_UNREACHABLE : ICMPV6_UNREACHABLE;
  const code = family === 4 ? ICMPV4_PORT_UNREACHABLE : ICMPV6_PORT_UNREACHABLE;
  return dropWithError(stack, slot, family, type, code, 0, 'no-listener', now);
}

/** RFC 8200 §4.2 and §4.4: which failures of the walk are told. */
function dropBadExtension(stack: Stack, slot: PacketSlot, now: Instant): DropReason {
  const { outcome, pointer } = stack.walk;
  if (outcome !== WALK_ROUTING && outcome !== WALK_OPTION) return drop(stack, slot, 'malformed');
  return dropWithError(
    stack,
    slot,
    6,
    ICMPV6_PARAMETER_PROBLEM,
    outcome === WALK_ROUTING ? ICMPV6_ERRONEOUS_FIELD : ICMPV6_UNKNOWN_OPTION,
    pointer,
    'malformed',
    now,
  );
}

/** Router solicitation to redirect (RFC 4861 §4). */
const isNeighborDiscovery = (type: number): boolean =>
  type >= ICMPV6_ROUTER_SOLICITATION && type <= ICMPV6_REDIRECT;
