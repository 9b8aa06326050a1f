/**
 * Errors we report: what may be answered, how often, from which address, with how much of the original.
 *
 * Standard: RFC 1812 §4.3 (IPv4), RFC 4443 §2.2 and §2.4 (IPv6), RFC 1191 §4 and RFC 8201 (MTU).
 *
 * The error is built in the slot of the packet it is about: the original becomes the quotation and the
 * headers go into the headroom. So an error costs no slot and no copy.
 *
 * Never answered: ICMP errors, anything but the first fragment, packets to many or from nobody in
 * particular (RFC 1812 §4.3.2.7, RFC 4443 §2.4 e), and packets that say they come from us.
 *
 * Invariant: the original is counted under its own reason; an error that was owed and not sent
 * because the bucket was empty counts as `icmp-limited` besides.
 *
 * @module
 */
import type { DropReason } from '../base/drop-reason.ts';
import type { IpFamily } from '../base/ip-address.ts';
import { type Instant, NONE, type PacketSlot } from '../base/units.ts';
import {
  HEADROOM_BYTES,
  ICMP_HEADER_BYTES,
  ICMPV6_PARAMETER_PROBLEM,
  ICMPV6_UNKNOWN_OPTION,
  IPV4_DESTINATION,
  IPV4_HEADER_BYTES,
  IPV4_SOURCE,
  IPV6_DESTINATION,
  IPV6_HEADER_BYTES,
  IPV6_SOURCE,
  icmpType,
  ipv4FragmentOffset,
  ipv4HeaderBytes,
  ipv4Protocol,
  isIcmpv4Error,
  isIcmpv6Error,
  isIpv4Multicast,
  isIpv6Multicast,
  isIpv6Unspecified,
  PROTOCOL_ICMPV4,
  PROTOCOL_ICMPV6,
  SLOT_BYTES,
  writeIcmpHeader,
  writeIcmpv4Checksum,
  writeIcmpv6Checksum,
  writeIpv4Address,
  writeIpv6Address,
} from '../packet/index.ts';
import {
  DEFAULT_HOP_LIMIT,
  ICMPV4_ERROR_BYTES_MAX,
  ICMPV4_ERROR_TRAFFIC_CLASS,
  ICMPV6_ERROR_BYTES_MAX,
} from './constants.ts';
import { walkExtensionHeaders } from './extension-headers.ts';
import {
  ICMP_ERRORS_BURST,
  ICMP_ERRORS_BURST_TOTAL,
  ICMP_ERRORS_PER_SECOND,
  ICMP_ERRORS_PER_SECOND_TOTAL,
} from './limits.ts';
import { chooseInterface, chooseSource, prependIp, sendIp } from './send.ts';
import { drop, type Stack } from './stack.ts';

/** Room that must stay before an error: the header and padding of the tunnel it leaves by. */
const TUNNEL_HEADROOM_BYTES = HEADROOM_BYTES / 2;

/**
 * Drops the slot's packet for `reason` and reports it to its sender when that is allowed. The packet
 * is as it was received, from its IP header on; `parameter` is the second word of the message.
 */
export function dropWithError(
  stack: Stack,
  slot: PacketSlot,
  family: IpFamily,
  type: number,
  code: number,
  parameter: number,
  reason: DropReason,
  now: Instant,
): DropReason {
  const { arena } = stack;
  const link = stack.interfaces.find(arena.ingress[slot] as number);
  const mayAnswer =
    link !== NONE &&
    hasRoomForError(stack, slot, family) &&
    (family === 4
      ? mayAnswer4(stack, arena.start[slot] as number, arena.end[slot] as number)
      : mayAnswer6(
          stack,
          arena.start[slot] as number,
          arena.end[slot] as number,
          link,
          type === ICMPV6_PARAMETER_PROBLEM && code === ICMPV6_UNKNOWN_OPTION,
        ));
  if (!mayAnswer || !chooseAddresses(stack, slot, family, link)) return drop(stack, slot, reason);
  if (!takeToken(stack, link, now)) {
    stack.drops['icmp-limited']++;
    return drop(stack, slot, reason);
  }
  stack.drops[reason]++;
  quote(stack, slot, family, type, code, parameter);
  sendIp(stack, slot, family, chooseInterface(stack, family, link), now);
  return reason;
}

function hasRoomForError(stack: Stack, slot: PacketSlot, family: IpFamily): boolean {
  const headers = ICMP_HEADER_BYTES + (family === 4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES);
  const room = (stack.arena.start[slot] as number) - slot * SLOT_BYTES;
  return room >= headers + TUNNEL_HEADROOM_BYTES;
}

function mayAnswer4(stack: Stack, ip: number, end: number): boolean {
  const b = stack.arena.bytes;
  if (ipv4FragmentOffset(b, ip) !== 0) return false;
  if (isIpv4Multicast(b, ip + IPV4_DESTINATION)) return false;
  if (stack.addresses.isLocal4(b, ip + IPV4_SOURCE)) return false;
  if (ipv4Protocol(b, ip) !== PROTOCOL_ICMPV4) return true;
  const icmp = ip + ipv4HeaderBytes(b, ip);
  return icmp < end && !isIcmpv4Error(icmpType(b, icmp));
}

function mayAnswer6(
  stack: Stack,
  ip: number,
  end: number,
  link: number,
  isUnknownOption: boolean,
): boolean {
  const b = stack.arena.bytes;
  const source = ip + IPV6_SOURCE;
  if (isIpv6Multicast(b, source) || isIpv6Unspecified(b, source)) return false;
  // RFC 4443 §2.4 e.3: only an unknown option is reported although many received it.
  if (isIpv6Multicast(b, ip + IPV6_DESTINATION) && !isUnknownOption) return false;
  if (stack.addresses.isLocal6(b, source, link)) return false;
  const { walk } = stack;
  walkExtensionHeaders(walk, b, ip, end);
  if (walk.fragmentOffset !== 0) return false;
  if (walk.protocol !== PROTOCOL_ICMPV6) return true;
  return walk.offset < end && !isIcmpv6Error(icmpType(b, walk.offset));
}

/**
 * RFC 4443 §2.2: the source is the address the packet was for, when that is ours; else one that the
 * sender can reach and that traceroute can show.
 */
function chooseAddresses(stack: Stack, slot: PacketSlot, family: IpFamily, link: number): boolean {
  const b = stack.arena.bytes;
  const ip = stack.arena.start[slot] as number;
  if (family === 4) {
    writeIpv4Address(stack.destination, 0, b, ip + IPV4_SOURCE);
    if (!stack.addresses.isLocal4(b, ip + IPV4_DESTINATION)) return chooseSource(stack, 4, link);
    writeIpv4Address(stack.source, 0, b, ip + IPV4_DESTINATION);
    return true;
  }
  writeIpv6Address(stack.destination, 0, b, ip + IPV6_SOURCE);
  if (!stack.addresses.isLocal6(b, ip + IPV6_DESTINATION, link))
    return chooseSource(stack, 6, link);
  writeIpv6Address(stack.source, 0, b, ip + IPV6_DESTINATION);
  return true;
}

/** RFC 4443 §2.4 f: a token bucket per interface, so that one peer cannot use up what others need, and one for all. */
function takeToken(stack: Stack, link: number, now: Instant): boolean {
  const { interfaces } = stack;
  const own = Math.min(
    ICMP_ERRORS_BURST,
    (interfaces.errorTokens[link] as number) +
      ((now - (interfaces.errorTokensAt[link] as number)) * ICMP_ERRORS_PER_SECOND) / 1000,
  );
  const all = Math.min(
    ICMP_ERRORS_BURST_TOTAL,
    stack.errorTokens + ((now - stack.errorTokensAt) * ICMP_ERRORS_PER_SECOND_TOTAL) / 1000,
  );
  const mayTake = own >= 1 && all >= 1;
  const taken = mayTake ? 1 : 0;
  interfaces.errorTokens[link] = own - taken;
  interfaces.errorTokensAt[link] = now;
  stack.errorTokens = all - taken;
  stack.errorTokensAt = now;
  return mayTake;
}

/** Turns the packet into an error about itself, from `stack.source` to `stack.destination`; there is room. */
export function quote(
  stack: Stack,
  slot: PacketSlot,
  family: IpFamily,
  type: number,
  code: number,
  parameter: number,
): void {
  const { arena } = stack;
  const original = arena.start[slot] as number;
  const icmp = original - ICMP_HEADER_BYTES;
  const ip = icmp - (family === 4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES);
  const most = ip + (family === 4 ? ICMPV4_ERROR_BYTES_MAX : ICMPV6_ERROR_BYTES_MAX);
  const end = Math.min(arena.end[slot] as number, most);
  arena.start[slot] = icmp;
  arena.end[slot] = end;
  writeIcmpHeader(arena.bytes, icmp, type, code, parameter);
  if (family === 4) {
    writeIcmpv4Checksum(arena.bytes, icmp, end);
    prependIp(stack, slot, 4, PROTOCOL_ICMPV4, DEFAULT_HOP_LIMIT, ICMPV4_ERROR_TRAFFIC_CLASS);
  } else {
    prependIp(stack, slot, 6, PROTOCOL_ICMPV6, DEFAULT_HOP_LIMIT, 0);
    writeIcmpv6Checksum(arena.bytes, ip, icmp, end);
  }
}
