/**
 * ICMP messages for us: echo, errors about what we sent, neighbor discovery.
 *
 * Standard: RFC 792, RFC 1122 §3.2.2.6 (echo); RFC 4443 §4.1 and §4.2.
 *
 * Router solicitations, router advertisements, redirects and listener discovery have no meaning on a
 * link whose addresses are configured, and are dropped quietly.
 *
 * @module
 */
import type { DropReason } from '../base/drop-reason.ts';
import { type Instant, NONE, type PacketSlot } from '../base/units.ts';
import {
  ICMP_HEADER_BYTES,
  ICMPV4_ECHO_REPLY,
  ICMPV4_ECHO_REQUEST,
  ICMPV6_ECHO_REPLY,
  ICMPV6_ECHO_REQUEST,
  ICMPV6_MLD_DONE,
  ICMPV6_MLD_QUERY,
  ICMPV6_MLD_REPORT,
  ICMPV6_MLDV2_REPORT,
  ICMPV6_NEIGHBOR_ADVERTISEMENT,
  ICMPV6_NEIGHBOR_SOLICITATION,
  ICMPV6_REDIRECT,
  ICMPV6_ROUTER_ADVERTISEMENT,
  ICMPV6_ROUTER_SOLICITATION,
  IPV4_DESTINATION,
  IPV4_SOURCE,
  IPV6_DESTINATION,
  IPV6_SOURCE,
  icmpParameter,
  icmpType,
  isIcmpv4ChecksumRight,
  isIcmpv4Error,
  isIcmpv6ChecksumRight,
  isIcmpv6Error,
  isIpv6Multicast,
  isIpv6Unspecified,
  PROTOCOL_ICMPV4,
  PROTOCOL_ICMPV6,
  writeIcmpHeader,
  writeIcmpv4Checksum,
  writeIcmpv6Checksum,
  writeIpv4Address,
  writeIpv6Address,
} from '../packet/index.ts';
import { DEFAULT_HOP_LIMIT } from './constants.ts';
import { sendIpv6Fragments } from './fragment-ipv6.ts';
import { receiveIcmpError } from './icmp-error-input.ts';
import { receiveNeighborSolicitation } from './neighbor-discovery.ts';
import { receiveEchoReply } from './probe.ts';
import { chooseInterface, chooseSource, prependIp, sendIp } from './send.ts';
import { drop, type Stack } from './stack.ts';

/** Takes a packet for us whose ICMP message begins at `icmp`. */
export function receiveIcmpv4(
  stack: Stack,
  slot: PacketSlot,
  icmp: number,
  link: number,
  now: Instant,
): DropReason | undefined {
  const b = stack.arena.bytes;
  const end = stack.arena.end[slot] as number;
  if (end - icmp < ICMP_HEADER_BYTES) return drop(stack, slot, 'truncated');
  if (!isIcmpv4ChecksumRight(b, icmp, end)) return drop(stack, slot, 'bad-checksum');
  const type = icmpType(b, icmp);
  if (type === ICMPV4_ECHO_REQUEST) return answerEcho4(stack, slot, icmp, link, now);
  if (type === ICMPV4_ECHO_REPLY) return receiveEchoReply(stack, slot, 4, icmp, link, now);
  if (isIcmpv4Error(type)) return receiveIcmpError(stack, slot, 4, icmp, link, now);
  return drop(stack, slot, 'unknown-protocol');
}

/** Takes a packet for us, or for a group we are in, whose ICMPv6 message begins at `icmp`. */
export function receiveIcmpv6(
  stack: Stack,
  slot: PacketSlot,
  icmp: number,
  link: number,
  now: Instant,
): DropReason | undefined {
  const b = stack.arena.bytes;
  const ip = stack.arena.start[slot] as number;
  const end = stack.arena.end[slot] as number;
  if (end - icmp < ICMP_HEADER_BYTES) return drop(stack, slot, 'truncated');
  if (!isIcmpv6ChecksumRight(b, ip, icmp, end)) return drop(stack, slot, 'bad-checksum');
  const type = icmpType(b, icmp);
  switch (type) {
    case ICMPV6_ECHO_REQUEST:
      return answerEcho6(stack, slot, icmp, link, now);
    case ICMPV6_ECHO_REPLY:
      return receiveEchoReply(stack, slot, 6, icmp, link, now);
    case ICMPV6_NEIGHBOR_SOLICITATION:
      return stack.interfaces.port[link] === NONE
        ? receiveNeighborSolicitation(stack, slot, icmp, link, now)
        : stack.ethernet.receiveSolicitation(slot, icmp, link, now);
    case ICMPV6_NEIGHBOR_ADVERTISEMENT:
      return stack.interfaces.port[link] === NONE
        ? drop(stack, slot, 'not-for-us')
        : stack.ethernet.receiveAdvertisement(slot, icmp, link, now);
    case ICMPV6_ROUTER_SOLICITATION:
    case ICMPV6_ROUTER_ADVERTISEMENT:
    case ICMPV6_REDIRECT:
    case ICMPV6_MLD_QUERY:
    case ICMPV6_MLD_REPORT:
    case ICMPV6_MLD_DONE:
    case ICMPV6_MLDV2_REPORT:
      return drop(stack, slot, 'not-for-us');
    default:
      if (isIcmpv6Error(type)) return receiveIcmpError(stack, slot, 6, icmp, link, now);
      return drop(stack, slot, 'unknown-protocol');
  }
}

/** RFC 1122 §3.2.2.6: source and destination change places, the data returns whole. */
function answerEcho4(
  stack: Stack,
  slot: PacketSlot,
  icmp: number,
  link: number,
  now: Instant,
): DropReason | undefined {
  const { arena } = stack;
  const b = arena.bytes;
  const ip = arena.start[slot] as number;
  writeIpv4Address(stack.source, 0, b, ip + IPV4_DESTINATION);
  writeIpv4Address(stack.destination, 0, b, ip + IPV4_SOURCE);
  writeIcmpHeader(b, icmp, ICMPV4_ECHO_REPLY, 0, icmpParameter(b, icmp));
  writeIcmpv4Checksum(b, icmp, arena.end[slot] as number);
  arena.start[slot] = icmp;
  prependIp(stack, slot, 4, PROTOCOL_ICMPV4, DEFAULT_HOP_LIMIT, 0);
  return sendIp(stack, slot, 4, chooseInterface(stack, 4, link), now);
}

/** RFC 4443 §4.2: a request to a group is answered from an address of the interface it came in by. */
function answerEcho6(
  stack: Stack,
  slot: PacketSlot,
  icmp: number,
  link: number,
  now: Instant,
): DropReason | undefined {
  const { arena } = stack;
  const b = arena.bytes;
  const ip = arena.start[slot] as number;
  if (isIpv6Unspecified(b, ip + IPV6_SOURCE)) return drop(stack, slot, 'bad-source');
  writeIpv6Address(stack.destination, 0, b, ip + IPV6_SOURCE);
  if (!isIpv6Multicast(b, ip + IPV6_DESTINATION)) {
    writeIpv6Address(stack.source, 0, b, ip + IPV6_DESTINATION);
  } else if (!chooseSource(stack, 6, link)) {
    return drop(stack, slot, 'not-for-us');
  }
  writeIcmpHeader(b, icmp, ICMPV6_ECHO_REPLY, 0, icmpParameter(b, icmp));
  arena.start[slot] = icmp;
  const reply = prependIp(stack, slot, 6, PROTOCOL_ICMPV6, DEFAULT_HOP_LIMIT, 0);
  const end = arena.end[slot] as number;
  writeIcmpv6Checksum(b, reply, icmp, end);
  const out = chooseInterface(stack, 6, link);
  if (out !== NONE && end - reply > (stack.interfaces.mtu[out] as number)) {
    return sendIpv6Fragments(stack, slot, out, now);
  }
  return sendIp(stack, slot, 6, out, now);
}
