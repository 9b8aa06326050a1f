/**
 * The way out: choosing source and interface, writing the IP header, handing over to the link.
 *
 * Standard: RFC 1122 §3.3.4.3 and RFC 6724 §5 (source address, in the little that a router needs);
 * RFC 7600 (the IPv4 source of a router that has no IPv4 address); RFC 5082 (hop limit 255 for
 * what is meant for the neighbor).
 *
 *   choose stack.source, stack.destination ─► prependIp ─► upper checksum ─► sendIp ─► transmit
 *
 * @module
 */
import type { DropReason } from '../base/drop-reason.ts';
import { commonBits, type IpAddress, type IpFamily, isLinkLocal } from '../base/ip-address.ts';
import { DISCARD, type Instant, type InterfaceId, NONE, type PacketSlot } from '../base/units.ts';
import {
  IPV4_DESTINATION,
  IPV4_HEADER_BYTES,
  IPV4_SOURCE,
  IPV6_DESTINATION,
  IPV6_HEADER_BYTES,
  IPV6_SOURCE,
  ipv4DontFragment,
  isIpv4LinkLocal,
  isIpv6LinkLocal,
  isIpv6Multicast,
  PROTOCOL_TCP,
  writeIpv4Address,
  writeIpv4Checksum,
  writeIpv4Header,
  writeIpv6Address,
  writeIpv6Header,
} from '../packet/index.ts';
import { DEFAULT_HOP_LIMIT, GTSM_HOP_LIMIT } from './constants.ts';
import { sendIpv4Fragments } from './fragment.ts';
import { drop, type Stack } from './stack.ts';
import { transmit } from './transmit.ts';
import { lookup, rowTowards } from './way-out.ts';

/** RFC 7600 §3: what a router without an IPv4 address says it is, so that traceroute sees the hop. */
const IPV4_DUMMY_ADDRESS = Uint8Array.of(192, 0, 0, 8);

export const isLinkLocalDestination = (stack: Stack, family: IpFamily): boolean =>
  family === 4
    ? isIpv4LinkLocal(stack.destination, 0)
    : isIpv6LinkLocal(stack.destination, 0) || isIpv6Multicast(stack.destination, 0);

/**
 * Returns the interface (its index) for `stack.destination`, or NONE. `link` is the interface of a
 * link-local destination, and the way back for answers the table knows no route for: a peer may ping
 * us before BGP has told us where it lives.
 */
export function chooseInterface(stack: Stack, family: IpFamily, link: number): number {
  if (isLinkLocalDestination(stack, family)) return link;
  const id = lookup(stack, family, stack.destination, 0);
  if (id === DISCARD) return NONE;
  const out = rowTowards(stack, id, family, stack.destination, 0);
  return out === NONE ? link : out;
}

/**
 * Puts the address we speak from into `stack.source`: for a link-local destination that of the link, for one on
 * the link of an Ethernet port ours there that agrees with it longest (RFC 6724 §5, rule 8: whoever lives there may
 * know no way back to others), else the node's own, else a routable one of the interface. False when there is none.
 */
export function chooseSource(stack: Stack, family: IpFamily, link: number): boolean {
  if (link !== NONE && isLinkLocalDestination(stack, family)) {
    const { addresses } = stack.interfaces.config(link);
    const ofLink = addresses.find((a) => a.family === family && (family === 4 || isLinkLocal(a)));
    if (ofLink !== undefined) {
      stack.source.set(ofLink.bytes);
      return true;
    }
  }
  const address =
    sourceOnLink(stack, family, link) ??
    stack.addresses.nodeAddresses.find((a) => isRoutable(a, family)) ??
    (link === NONE
      ? undefined
      : stack.interfaces.config(link).addresses.find((a) => isRoutable(a, family)));
  if (address !== undefined) stack.source.set(address.bytes);
  else if (family === 4) stack.source.set(IPV4_DUMMY_ADDRESS);
  else return false;
  return true;
}

/**
 * Returns the node's own address to speak to this one, or undefined: no route leads there, we have no address
 * of the family, or it is ours.
 */
export function sourceFor(stack: Stack, remote: IpAddress): IpAddress | undefined {
  const { family, bytes } = remote;
  const isOurs =
    family === 4 ? stack.addresses.isLocal4(bytes, 0) : stack.addresses.isLocal6(bytes, 0, NONE);
  if (isOurs) return undefined;
  stack.destination.set(bytes);
  const out = chooseInterface(stack, family, NONE);
  if (out === NONE) return undefined;
  return (
    sourceOnLink(stack, family, out) ??
    stack.addresses.nodeAddresses.find((a) => isRoutable(a, family))
  );
}

/** Returns our address on the link of a port that `stack.destination` is on, undefined of any other way out. */
function sourceOnLink(stack: Stack, family: IpFamily, link: number): IpAddress | undefined {
  if (link === NONE || stack.interfaces.port[link] !== link) return undefined;
  let best: IpAddress | undefined;
  let bestBits = -1;
  for (const address of stack.interfaces.config(link).addresses) {
    if (!isRoutable(address, family)) continue;
    const bits = commonBits(address.bytes, stack.destination);
    if (bits <= bestBits) continue;
    best = address;
    bestBits = bits;
  }
  return best;
}

const isRoutable = (address: IpAddress, family: IpFamily): boolean =>
  address.family === family && !isLinkLocal(address);

/** Writes an IP header with `stack.source` and `stack.destination` before the slot's octets; returns where. */
export function prependIp(
  stack: Stack,
  slot: PacketSlot,
  family: IpFamily,
  protocol: number,
  hopLimit: number,
  trafficClass: number,
): number {
  const { arena } = stack;
  const b = arena.bytes;
  const payload = arena.start[slot] as number;
  const length = (arena.end[slot] as number) - payload;
  if (family === 4) {
    const ip = payload - IPV4_HEADER_BYTES;
    stack.identification = (stack.identification + 1) & 0xffff;
    writeIpv4Header(
      b,
      ip,
      IPV4_HEADER_BYTES + length,
      stack.identification,
      hopLimit,
      protocol,
      trafficClass,
    );
    writeIpv4Address(b, ip + IPV4_SOURCE, stack.source, 0);
    writeIpv4Address(b, ip + IPV4_DESTINATION, stack.destination, 0);
    writeIpv4Checksum(b, ip);
    arena.start[slot] = ip;
    return ip;
  }
  const ip = payload - IPV6_HEADER_BYTES;
  writeIpv6Header(b, ip, length, protocol, hopLimit, trafficClass);
  writeIpv6Address(b, ip + IPV6_SOURCE, stack.source, 0);
  writeIpv6Address(b, ip + IPV6_DESTINATION, stack.destination, 0);
  arena.start[slot] = ip;
  return ip;
}

/** Sends a finished packet of our own by the interface with this index. */
export function sendIp(
  stack: Stack,
  slot: PacketSlot,
  family: IpFamily,
  out: number,
  now: Instant,
): DropReason | undefined {
  if (out === NONE) return drop(stack, slot, 'no-route');
  const octets = (stack.arena.end[slot] as number) - (stack.arena.start[slot] as number);
  if (octets > (stack.interfaces.mtu[out] as number)) {
    const mayCut =
      family === 4 && !ipv4DontFragment(stack.arena.bytes, stack.arena.start[slot] as number);
    return mayCut ? sendIpv4Fragments(stack, slot, out, now) : drop(stack, slot, 'too-big');
  }
  return transmit(stack, slot, out, now);
}

/**
 * Sends a TCP segment: by the interface its connection is bound to, or by the table when that is NONE.
 * `hopLimit`: undefined for the customary one.
 */
export function sendTcpSegment(
  stack: Stack,
  bound: InterfaceId,
  local: IpAddress,
  remote: IpAddress,
  hopLimit: number | undefined,
  slot: PacketSlot,
  now: Instant,
): void {
  const family = remote.family;
  stack.source.set(local.bytes);
  stack.destination.set(remote.bytes);
  const out = bound === NONE ? chooseInterface(stack, family, NONE) : stack.interfaces.find(bound);
  const customary = isLinkLocalDestination(stack, family) ? GTSM_HOP_LIMIT : DEFAULT_HOP_LIMIT;
  prependIp(stack, slot, family, PROTOCOL_TCP, hopLimit ?? customary, 0);
  sendIp(stack, slot, family, out, now);
}
