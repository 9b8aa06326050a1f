/**
 * Packets for others: where to, may they go, do they fit, one hop less.
 *
 * Standard: RFC 1812 §5.2.1.2 (order of steps), §5.3.1 (TTL), §4.2.2.7 (fragmentation); RFC 8200 §3
 * and §5; RFC 4443 §3 (errors); RFC 3927 §7 and RFC 4007 §9 (link-local addresses stay on their link).
 *
 * What a neighbor asked to be discarded (RFC 7999) is, without an ICMP error. A packet whose route leads
 * back into the tunnel it came from is not sent back: on a point-to-point link it would bounce until its hop
 * limit ends (RFC 4443 §3.1, code 3). On Ethernet it goes to another neighbor.
 *
 * @module
 */
import type { DropReason } from '../base/drop-reason.ts';
import { DISCARD, type Instant, NONE, type PacketSlot } from '../base/units.ts';
import {
  decrementIpv4Ttl,
  decrementIpv6HopLimit,
  ICMPV4_FRAGMENTATION_NEEDED,
  ICMPV4_HOST_UNREACHABLE,
  ICMPV4_NET_UNREACHABLE,
  ICMPV4_TIME_EXCEEDED,
  ICMPV4_UNREACHABLE,
  ICMPV6_ADDRESS_UNREACHABLE,
  ICMPV6_BEYOND_SCOPE,
  ICMPV6_NO_ROUTE,
  ICMPV6_PACKET_TOO_BIG,
  ICMPV6_TIME_EXCEEDED,
  ICMPV6_UNREACHABLE,
  IPV4_DESTINATION,
  IPV4_SOURCE,
  IPV6_DESTINATION,
  IPV6_SOURCE,
  ipv4DontFragment,
  ipv4Ttl,
  ipv6HopLimit,
  isIpv4LinkLocal,
  isIpv6LinkLocal,
  isIpv6Unspecified,
} from '../packet/index.ts';
import { sendIpv4Fragments } from './fragment.ts';
import { dropWithError } from './icmp-errors.ts';
import { drop, type Stack } from './stack.ts';
import { transmit } from './transmit.ts';
import { wayOut4, wayOut6 } from './way-out.ts';

export function forwardIpv4(
  stack: Stack,
  slot: PacketSlot,
  link: number,
  now: Instant,
): DropReason | undefined {
  const { arena, interfaces } = stack;
  const b = arena.bytes;
  const ip = arena.start[slot] as number;
  if (isIpv4LinkLocal(b, ip + IPV4_SOURCE)) return drop(stack, slot, 'bad-source');
  if (isIpv4LinkLocal(b, ip + IPV4_DESTINATION)) return drop(stack, slot, 'bad-destination');
  const out = wayOut4(stack, ip, arena.end[slot] as number, link);
  if (out === NONE || isBack(stack, out, link)) return dropUnsent4(stack, slot, out, now);
  if (ipv4Ttl(b, ip) <= 1) {
    return dropWithError(stack, slot, 4, ICMPV4_TIME_EXCEEDED, 0, 0, 'hop-limit-exceeded', now);
  }
  const mtu = interfaces.mtu[out] as number;
  if ((arena.end[slot] as number) - ip > mtu) {
    if (ipv4DontFragment(b, ip)) return dropTooBig4(stack, slot, mtu, now);
    decrementIpv4Ttl(b, ip);
    return sendIpv4Fragments(stack, slot, out, now);
  }
  decrementIpv4Ttl(b, ip);
  return transmit(stack, slot, out, now);
}

export function forwardIpv6(
  stack: Stack,
  slot: PacketSlot,
  link: number,
  now: Instant,
): DropReason | undefined {
  const { arena, interfaces } = stack;
  const b = arena.bytes;
  const ip = arena.start[slot] as number;
  if (isIpv6LinkLocal(b, ip + IPV6_DESTINATION)) return drop(stack, slot, 'bad-destination');
  if (isIpv6Unspecified(b, ip + IPV6_SOURCE)) return drop(stack, slot, 'bad-source');
  if (isIpv6LinkLocal(b, ip + IPV6_SOURCE)) return dropBeyondScope(stack, slot, now);
  const out = wayOut6(stack, ip, arena.end[slot] as number, link);
  if (out === NONE || isBack(stack, out, link)) return dropUnsent6(stack, slot, out, now);
  if (ipv6HopLimit(b, ip) <= 1) {
    return dropWithError(stack, slot, 6, ICMPV6_TIME_EXCEEDED, 0, 0, 'hop-limit-exceeded', now);
  }
  const mtu = interfaces.mtu[out] as number;
  if ((arena.end[slot] as number) - ip > mtu) {
    return dropWithError(stack, slot, 6, ICMPV6_PACKET_TOO_BIG, 0, mtu, 'too-big', now);
  }
  decrementIpv6HopLimit(b, ip);
  return transmit(stack, slot, out, now);
}

/** Whether the packet would return to the only one who can have sent it. */
const isBack = (stack: Stack, out: number, link: number): boolean =>
  out === link && stack.interfaces.port[out] === NONE;

// Cold branches.

function dropUnsent4(stack: Stack, slot: PacketSlot, out: number, now: Instant): DropReason {
  const { bytes, start } = stack.arena;
  if (stack.routes.lookup4(bytes, (start[slot] as number) + IPV4_DESTINATION) === DISCARD)
    return drop(stack, slot, 'blackhole');
  const code = out === NONE ? ICMPV4_NET_UNREACHABLE : ICMPV4_HOST_UNREACHABLE;
  return dropWithError(stack, slot, 4, ICMPV4_UNREACHABLE, code, 0, 'no-route', now);
}

function dropUnsent6(stack: Stack, slot: PacketSlot, out: number, now: Instant): DropReason {
  const { bytes, start } = stack.arena;
  if (stack.routes.lookup6(bytes, (start[slot] as number) + IPV6_DESTINATION) === DISCARD)
    return drop(stack, slot, 'blackhole');
  const code = out === NONE ? ICMPV6_NO_ROUTE : ICMPV6_ADDRESS_UNREACHABLE;
  return dropWithError(stack, slot, 6, ICMPV6_UNREACHABLE, code, 0, 'no-route', now);
}

/** RFC 1191 §4: the MTU of the next hop stands in the low half of the second word. */
const dropTooBig4 = (stack: Stack, slot: PacketSlot, mtu: number, now: Instant): DropReason =>
  dropWithError(
    stack,
    slot,
    4,
    ICMPV4_UNREACHABLE,
    ICMPV4_FRAGMENTATION_NEEDED,
    mtu,
    'too-big',
    now,
  );

/** RFC 4007 §9: the sender is told that its source address does not reach that far. */
const dropBeyondScope = (stack: Stack, slot: PacketSlot, now: Instant): DropReason =>
  dropWithError(stack, slot, 6, ICMPV6_UNREACHABLE, ICMPV6_BEYOND_SCOPE, 0, 'bad-source', now);
