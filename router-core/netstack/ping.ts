/**
 * Our own echo requests and their replies: ping, and with a hop limit traceroute.
 *
 * Standard: RFC 792 (echo), RFC 4443 §4.1 and §4.2.
 *
 * A request leaves by its interface or by the forwarding table. Its answer is an event: `echo-reply`,
 * or `icmp-error` from the router that could not deliver it (icmp-error-input.ts).
 *
 * @module
 */
import { equalBytes } from '../base/bytes.ts';
import type { DropReason } from '../base/drop-reason.ts';
import type { IpAddress, IpFamily } from '../base/ip-address.ts';
import { type Instant, type InterfaceId, NONE, type PacketSlot } from '../base/units.ts';
import {
  DATA_BYTES,
  ICMP_HEADER_BYTES,
  ICMPV4_ECHO_REQUEST,
  ICMPV6_ECHO_REQUEST,
  IPV4_SOURCE,
  IPV6_HEADER_BYTES,
  IPV6_SOURCE,
  icmpEchoIdentifier,
  icmpEchoSequence,
  ipv4Ttl,
  ipv6HopLimit,
  isIpv6Multicast,
  PROTOCOL_ICMPV4,
  PROTOCOL_ICMPV6,
  writeIcmpHeader,
  writeIcmpv4Checksum,
  writeIcmpv6Checksum,
} from '../packet/index.ts';
import { DEFAULT_HOP_LIMIT } from './constants.ts';
import { chooseInterface, chooseSource, prependIp, sendIp } from './send.ts';
import { drop, type Stack } from './stack.ts';

export type PingRequest = {
  readonly target: IpAddress;
  /** Needed for link-local targets and groups; otherwise the forwarding table decides. */
  readonly interface?: InterfaceId;
  /** The node's address of the family, or the link's for link-local targets, when absent. */
  readonly source?: IpAddress;
  /** Octets of data behind the eight of the header. */
  readonly size: number;
  readonly identifier: number;
  readonly sequence: number;
  /** 64 when absent; 1, 2, 3 … make a traceroute. */
  readonly hopLimit?: number;
};

/** Echo data that fits into a slot with the larger of the two IP headers. */
export const PING_SIZE_MAX = DATA_BYTES - IPV6_HEADER_BYTES - ICMP_HEADER_BYTES;

/** Sends an echo request; returns why it could not leave. */
export function ping(stack: Stack, request: PingRequest, now: Instant): DropReason | undefined {
  const { arena } = stack;
  const { target, identifier, sequence } = request;
  const { family } = target;
  const slot = arena.allocate();
  if (slot === NONE) {
    stack.drops['arena-full']++;
    return 'arena-full';
  }
  if (request.size > PING_SIZE_MAX) return drop(stack, slot, 'too-big');
  stack.destination.set(target.bytes);
  const link = request.interface === undefined ? NONE : stack.interfaces.find(request.interface);
  if (request.interface !== undefined && link === NONE) {
    return drop(stack, slot, 'unknown-interface');
  }
  if (isOwn(stack, target, link)) {
    arena.release(slot);
    answerOwnPing(stack, request, now);
    return undefined;
  }
  const out = link === NONE ? chooseInterface(stack, family, NONE) : link;
  if (out === NONE) return drop(stack, slot, 'no-route');
  if (request.source !== undefined) stack.source.set(request.source.bytes);
  else if (!chooseSource(stack, family, out)) return drop(stack, slot, 'bad-source');
  stack.pings.add({ target, identifier, sequence, sentAt: now });
  writeRequest(stack, slot, request);
  return sendIp(stack, slot, family, out, now);
}

/** Takes an echo reply with a right checksum that begins at `icmp`. */
export function receiveEchoReply(
  stack: Stack,
  slot: PacketSlot,
  family: IpFamily,
  icmp: number,
  link: number,
  now: Instant,
): DropReason | undefined {
  const b = stack.arena.bytes;
  const ip = stack.arena.start[slot] as number;
  const identifier = icmpEchoIdentifier(b, icmp);
  const sequence = icmpEchoSequence(b, icmp);
  const request = stack.pings.find(family, identifier, sequence);
  const from = readSource(b, ip, family);
  if (request === undefined || !isFromTarget(request.target, from)) {
    return drop(stack, slot, 'no-listener');
  }
  stack.pings.remove(request);
  stack.events.push({
    kind: 'echo-reply',
    interface: stack.interfaces.idOf(link),
    identifier,
    sequence,
    from,
    sentAt: request.sentAt,
    at: now,
    hopLimit: readHopLimit(b, ip, family),
  });
  stack.arena.release(slot);
  return undefined;
}

/** Returns a copy of a received packet's source. */
export function readSource(b: Uint8Array, ip: number, family: IpFamily): IpAddress {
  const start = ip + (family === 4 ? IPV4_SOURCE : IPV6_SOURCE);
  return { family, bytes: b.slice(start, start + (family === 4 ? 4 : 16)) };
}

/** Returns a received packet's TTL or hop limit. */
export const readHopLimit = (b: Uint8Array, ip: number, family: IpFamily): number =>
  family === 4 ? ipv4Ttl(b, ip) : ipv6HopLimit(b, ip);

/** A group is answered by its members, everybody else from the address that was asked. */
const isFromTarget = (target: IpAddress, from: IpAddress): boolean =>
  (target.family === 6 && isIpv6Multicast(target.bytes, 0)) || equalBytes(target.bytes, from.bytes);

function isOwn(stack: Stack, target: IpAddress, link: number): boolean {
  return target.family === 4
    ? stack.addresses.isLocal4(target.bytes, 0)
    : stack.addresses.isLocal6(target.bytes, 0, link);
}

/** Our own address needs no packet to answer. */
function answerOwnPing(stack: Stack, request: PingRequest, now: Instant): void {
  stack.events.push({
    kind: 'echo-reply',
    interface: request.interface ?? (NONE as InterfaceId),
    identifier: request.identifier,
    sequence: request.sequence,
    from: request.target,
    sentAt: now,
    at: now,
    hopLimit: DEFAULT_HOP_LIMIT,
  });
}

function writeRequest(stack: Stack, slot: PacketSlot, request: PingRequest): void {
  const { arena } = stack;
  const b = arena.bytes;
  const icmp = arena.start[slot] as number;
  const end = icmp + ICMP_HEADER_BYTES + request.size;
  const parameter = request.identifier * 0x10000 + request.sequence;
  const hopLimit = request.hopLimit ?? DEFAULT_HOP_LIMIT;
  arena.end[slot] = end;
  for (let i = icmp + ICMP_HEADER_BYTES; i < end; i++) b[i] = i - icmp;
  if (request.target.family === 4) {
    writeIcmpHeader(b, icmp, ICMPV4_ECHO_REQUEST, 0, parameter);
    writeIcmpv4Checksum(b, icmp, end);
    prependIp(stack, slot, 4, PROTOCOL_ICMPV4, hopLimit, 0);
  } else {
    writeIcmpHeader(b, icmp, ICMPV6_ECHO_REQUEST, 0, parameter);
    const ip = prependIp(stack, slot, 6, PROTOCOL_ICMPV6, hopLimit, 0);
    writeIcmpv6Checksum(b, ip, icmp, end);
  }
}
