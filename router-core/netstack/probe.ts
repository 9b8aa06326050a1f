/**
 * Our own probes and what targets answer: ping, and with a hop limit traceroute.
 *
 * Standard: RFC 792 and RFC 4443 §4.1 and §4.2 (echo); RFC 768 to a port nobody listens at, RFC 9293 §3.5
 * (SYN, and the two answers to it). RFC 1191 §3: DF is set where the size of the packet is the question.
 *
 * A probe leaves by its interface or by the forwarding table. What comes back is an event: `probe-reply`
 * from the target, or `icmp-error` from whoever could not deliver it (icmp-error-input.ts). A SYN that is
 * answered by SYN,ACK is reset by our TCP, which knows of no such connection.
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
  IPV4_DONT_FRAGMENT,
  IPV4_SOURCE,
  IPV6_HEADER_BYTES,
  IPV6_SOURCE,
  icmpEchoIdentifier,
  icmpEchoSequence,
  ipv4Ttl,
  ipv6HopLimit,
  isIpv6Multicast,
  isTcpChecksumRight,
  isTcpHeaderComplete,
  PROTOCOL_ICMPV4,
  PROTOCOL_ICMPV6,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  TCP_ACK,
  TCP_HEADER_BYTES,
  TCP_RST,
  TCP_SYN,
  tcpAcknowledgment,
  tcpDestinationPort,
  tcpFlags,
  tcpSourcePort,
  UDP_HEADER_BYTES,
  writeIcmpHeader,
  writeIcmpv4Checksum,
  writeIcmpv6Checksum,
  writeIpv4Checksum,
  writeIpv4Fragment,
  writeTcpChecksum,
  writeTcpHeader,
  writeUdpChecksum,
  writeUdpHeader,
} from '../packet/index.ts';
import { DEFAULT_HOP_LIMIT } from './constants.ts';
import type { Probe, ProbeProtocol } from './events.ts';
import { chooseInterface, chooseSource, prependIp, sendIp } from './send.ts';
import { allocate, drop, type Stack } from './stack.ts';

export type ProbeRequest = {
  readonly protocol: ProbeProtocol;
  readonly target: IpAddress;
  /** Needed for link-local targets and groups; otherwise the forwarding table decides. */
  readonly interface?: InterfaceId;
  /** The node's address of the family, or the link's for link-local targets, when absent. */
  readonly source?: IpAddress;
  /** Octets of data behind the header of ICMP or UDP; a SYN carries none. */
  readonly size: number;
  /** Of an echo request; of the others the source port, below the ports of our connections. */
  readonly identifier: number;
  /** Of an echo request; of the others the destination port. */
  readonly sequence: number;
  /** 64 when absent; 1, 2, 3 … make a traceroute. */
  readonly hopLimit?: number;
  /** IPv4: nobody may cut it, not even we. IPv6 is never cut on the way. */
  readonly dontFragment?: boolean;
};

/** Data that fits into a slot with the larger of the two IP headers. */
export const PROBE_SIZE_MAX = DATA_BYTES - IPV6_HEADER_BYTES - ICMP_HEADER_BYTES;

/** The window of a SYN that will never become a connection. */
const SYN_WINDOW = 65_535;

/** Sends a probe; returns why it could not leave. */
export function probe(stack: Stack, request: ProbeRequest, now: Instant): DropReason | undefined {
  const { arena } = stack;
  const { target, protocol, identifier, sequence } = request;
  const { family } = target;
  const slot = allocate(stack);
  if (slot === NONE) return 'arena-full';
  if (request.size > PROBE_SIZE_MAX) return drop(stack, slot, 'too-big');
  stack.destination.set(target.bytes);
  const link = request.interface === undefined ? NONE : stack.interfaces.find(request.interface);
  if (request.interface !== undefined && link === NONE) {
    return drop(stack, slot, 'unknown-interface');
  }
  const segment = protocol === 'tcp' ? stack.random.below(0x100000000) : 0;
  const about: Probe = { protocol, target, identifier, sequence, segment, sentAt: now };
  if (isOwn(stack, target, link)) {
    arena.release(slot);
    answerOwnProbe(stack, about, request.interface, now);
    return undefined;
  }
  const out = link === NONE ? chooseInterface(stack, family, NONE) : link;
  if (out === NONE) return drop(stack, slot, 'no-route');
  if (request.source !== undefined) stack.source.set(request.source.bytes);
  else if (!chooseSource(stack, family, out)) return drop(stack, slot, 'bad-source');
  stack.probes.add(about);
  writeProbe(stack, slot, request, about);
  return sendIp(stack, slot, family, out, now);
}

/** Returns the MTU of the interface a target is reached by, or undefined where no route leads. */
export function mtuTowards(stack: Stack, target: IpAddress): number | undefined {
  stack.destination.set(target.bytes);
  const out = chooseInterface(stack, target.family, NONE);
  return out === NONE ? undefined : stack.interfaces.mtu[out];
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
  const about = stack.probes.find(
    'icmp',
    family,
    icmpEchoIdentifier(b, icmp),
    icmpEchoSequence(b, icmp),
  );
  if (about === undefined || !isFromTarget(about.target, readSource(b, ip, family))) {
    return drop(stack, slot, 'no-listener');
  }
  tellReply(stack, ip, about, 'echo', link, now);
  stack.arena.release(slot);
  return undefined;
}

/** Looks whether a segment for us answers a SYN of ours; the slot stays the caller's. */
export function noteProbeSegment(
  stack: Stack,
  slot: PacketSlot,
  family: IpFamily,
  segment: number,
  link: number,
  now: Instant,
): void {
  const b = stack.arena.bytes;
  const ip = stack.arena.start[slot] as number;
  const end = stack.arena.end[slot] as number;
  if (!isTcpHeaderComplete(b, segment, end)) return;
  const flags = tcpFlags(b, segment) & (TCP_SYN | TCP_ACK | TCP_RST);
  if (flags !== (TCP_SYN | TCP_ACK) && flags !== (TCP_RST | TCP_ACK)) return;
  const ours = tcpDestinationPort(b, segment);
  const about = stack.probes.find('tcp', family, ours, tcpSourcePort(b, segment));
  // RFC 9293 §3.5.2 and §3.10.7.3: both answers acknowledge the SYN, which nobody off the path knows.
  if (about === undefined || tcpAcknowledgment(b, segment) !== (about.segment + 1) >>> 0) return;
  if (!isFromTarget(about.target, readSource(b, ip, family))) return;
  if (!isTcpChecksumRight(family, b, ip, segment, end)) return;
  tellReply(stack, ip, about, (flags & TCP_RST) === 0 ? 'open' : 'refused', link, now);
}

function tellReply(
  stack: Stack,
  ip: number,
  about: Probe,
  answer: 'echo' | 'open' | 'refused',
  link: number,
  now: Instant,
): void {
  const b = stack.arena.bytes;
  const { family } = about.target;
  stack.probes.remove(about);
  stack.events.push({
    kind: 'probe-reply',
    interface: stack.interfaces.idOf(link),
    about,
    answer,
    from: readSource(b, ip, family),
    at: now,
    hopLimit: readHopLimit(b, ip, family),
  });
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
function answerOwnProbe(
  stack: Stack,
  about: Probe,
  link: InterfaceId | undefined,
  now: Instant,
): void {
  stack.events.push({
    kind: 'probe-reply',
    interface: link ?? (NONE as InterfaceId),
    about,
    answer: about.protocol === 'icmp' ? 'echo' : 'refused',
    from: about.target,
    at: now,
    hopLimit: DEFAULT_HOP_LIMIT,
  });
}

/** Fills the slot with the whole packet, from `stack.source` to `stack.destination`. */
function writeProbe(stack: Stack, slot: PacketSlot, request: ProbeRequest, about: Probe): void {
  const { arena } = stack;
  const b = arena.bytes;
  const { family } = about.target;
  const header = arena.start[slot] as number;
  const hopLimit = request.hopLimit ?? DEFAULT_HOP_LIMIT;
  const data = header + HEADER_BYTES[about.protocol];
  const end = about.protocol === 'tcp' ? data : data + request.size;
  for (let i = data; i < end; i++) b[i] = i - header;
  arena.end[slot] = end;
  const ip = prependIp(stack, slot, family, protocolNumber(about.protocol, family), hopLimit, 0);
  switch (about.protocol) {
    case 'icmp': {
      const type = family === 4 ? ICMPV4_ECHO_REQUEST : ICMPV6_ECHO_REQUEST;
      writeIcmpHeader(b, header, type, 0, about.identifier * 0x10000 + about.sequence);
      if (family === 4) writeIcmpv4Checksum(b, header, end);
      else writeIcmpv6Checksum(b, ip, header, end);
      break;
    }
    case 'udp':
      writeUdpHeader(b, header, about.identifier, about.sequence, end - header);
      writeUdpChecksum(family, b, ip, header);
      break;
    case 'tcp':
      writeTcpHeader(
        b,
        header,
        about.identifier,
        about.sequence,
        about.segment,
        0,
        TCP_HEADER_BYTES,
        TCP_SYN,
        SYN_WINDOW,
      );
      writeTcpChecksum(family, stack.source, stack.destination, b, header, end);
  }
  if (family === 4 && request.dontFragment === true) {
    writeIpv4Fragment(b, ip, IPV4_DONT_FRAGMENT, 0);
    writeIpv4Checksum(b, ip);
  }
}

function protocolNumber(protocol: ProbeProtocol, family: IpFamily): number {
  if (protocol === 'udp') return PROTOCOL_UDP;
  if (protocol === 'tcp') return PROTOCOL_TCP;
  return family === 4 ? PROTOCOL_ICMPV4 : PROTOCOL_ICMPV6;
}

const HEADER_BYTES: Readonly<Record<ProbeProtocol, number>> = {
  icmp: ICMP_HEADER_BYTES,
  udp: UDP_HEADER_BYTES,
  tcp: TCP_HEADER_BYTES,
};
