/**
 * Errors that others report about packets of ours: to probes as events, to TCP as advice.
 *
 * Standard: RFC 792 and RFC 4443 §3 (messages), RFC 1191 §5 (an MTU of zero), RFC 5927 §4 and §5 (what
 * an error proves: little, so the quotation must match something of ours), RFC 1122 §4.2.3.9 (which
 * errors are hard).
 *
 *   ip │ icmp, 8 octets │ quoted ip │ quoted first 8 octets: echo header, or ports and sequence
 *
 * @module
 */
import { equalBytes } from '../base/bytes.ts';
import type { DropReason } from '../base/drop-reason.ts';
import type { IpAddress, IpFamily } from '../base/ip-address.ts';
import { type Instant, type InterfaceId, NONE, type PacketSlot } from '../base/units.ts';
import {
  ICMP_HEADER_BYTES,
  ICMPV4_ECHO_REQUEST,
  ICMPV4_FRAGMENTATION_NEEDED,
  ICMPV4_HOST_UNREACHABLE,
  ICMPV4_NET_UNREACHABLE,
  ICMPV4_PARAMETER_PROBLEM,
  ICMPV4_PORT_UNREACHABLE,
  ICMPV4_PROHIBITED,
  ICMPV4_PROTOCOL_UNREACHABLE,
  ICMPV4_TIME_EXCEEDED,
  ICMPV4_UNREACHABLE,
  ICMPV6_ADDRESS_UNREACHABLE,
  ICMPV6_BEYOND_SCOPE,
  ICMPV6_ECHO_REQUEST,
  ICMPV6_NO_ROUTE,
  ICMPV6_PACKET_TOO_BIG,
  ICMPV6_PARAMETER_PROBLEM,
  ICMPV6_PORT_UNREACHABLE,
  ICMPV6_PROHIBITED,
  ICMPV6_TIME_EXCEEDED,
  ICMPV6_UNREACHABLE,
  IPV4_DESTINATION,
  IPV4_HEADER_BYTES,
  IPV6_DESTINATION,
  IPV6_HEADER_BYTES,
  icmpCode,
  icmpEchoIdentifier,
  icmpEchoSequence,
  icmpParameter,
  icmpType,
  icmpv4NextHopMtu,
  ipVersion,
  ipv4FragmentOffset,
  ipv4HeaderBytes,
  ipv4Protocol,
  ipv6NextHeader,
  PROTOCOL_ICMPV4,
  PROTOCOL_ICMPV6,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  tcpDestinationPort,
  tcpSequence,
  tcpSourcePort,
  udpDestinationPort,
  udpSourcePort,
} from '../packet/index.ts';
import type { IcmpError, Probe } from './events.ts';
import { readHopLimit, readSource } from './probe.ts';
import { isLinkLocalDestination } from './send.ts';
import { drop, type Stack } from './stack.ts';
import type { QuotedSegment } from './tcp/index.ts';
import { lookup, rowTowards } from './way-out.ts';

/** RFC 792 and RFC 4443 §2.4: at least so much of the quoted payload is there. */
const QUOTED_PAYLOAD_BYTES = 8;

/** Takes an error with a right checksum that begins at `icmp`. */
export function receiveIcmpError(
  stack: Stack,
  slot: PacketSlot,
  family: IpFamily,
  icmp: number,
  link: number,
  now: Instant,
): DropReason | undefined {
  const b = stack.arena.bytes;
  const quoted = icmp + ICMP_HEADER_BYTES;
  const payload = findQuotedPayload(b, quoted, stack.arena.end[slot] as number, family);
  if (payload === NONE) return drop(stack, slot, 'truncated');
  if (!isQuotedOurs(stack, quoted, family, link)) return drop(stack, slot, 'not-for-us');
  const protocol = family === 4 ? ipv4Protocol(b, quoted) : ipv6NextHeader(b, quoted);
  const about = findQuotedProbe(stack, family, protocol, quoted, payload);
  if (about !== undefined) return tellProbe(stack, slot, family, icmp, about, link, now);
  if (protocol === PROTOCOL_TCP) return adviseTcp(stack, slot, family, icmp, payload, link, now);
  return drop(stack, slot, 'no-listener');
}

/** Returns where the quoted packet's payload begins, or NONE; we send no IPv6 extension headers. */
function findQuotedPayload(b: Uint8Array, quoted: number, end: number, family: IpFamily): number {
  const least = family === 4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES;
  if (end - quoted < least + QUOTED_PAYLOAD_BYTES) return NONE;
  if (ipVersion(b, quoted) !== family) return NONE;
  if (family === 6) return quoted + IPV6_HEADER_BYTES;
  const payload = quoted + ipv4HeaderBytes(b, quoted);
  if (payload < quoted + IPV4_HEADER_BYTES || payload + QUOTED_PAYLOAD_BYTES > end) return NONE;
  return ipv4FragmentOffset(b, quoted) === 0 ? payload : NONE;
}

function isQuotedOurs(stack: Stack, quoted: number, family: IpFamily, link: number): boolean {
  const source = readSource(stack.arena.bytes, quoted, family).bytes;
  return family === 4
    ? stack.addresses.isLocal4(source, 0)
    : stack.addresses.isLocal6(source, 0, link);
}

/** Returns the probe that is quoted, when it is one of ours in every respect that eight octets show. */
function findQuotedProbe(
  stack: Stack,
  family: IpFamily,
  protocol: number,
  quoted: number,
  payload: number,
): Probe | undefined {
  if (stack.probes.isEmpty) return undefined;
  const b = stack.arena.bytes;
  const about = findByPayload(stack, family, protocol, payload);
  if (about === undefined) return undefined;
  const target = readDestination(b, quoted, family);
  return equalBytes(about.target.bytes, target.bytes) ? about : undefined;
}

function findByPayload(
  { arena: { bytes: b }, probes }: Stack,
  family: IpFamily,
  protocol: number,
  payload: number,
): Probe | undefined {
  if (protocol === PROTOCOL_UDP) {
    return probes.find('udp', family, udpSourcePort(b, payload), udpDestinationPort(b, payload));
  }
  if (protocol === PROTOCOL_TCP) {
    const syn = probes.find(
      'tcp',
      family,
      tcpSourcePort(b, payload),
      tcpDestinationPort(b, payload),
    );
    return syn?.segment === tcpSequence(b, payload) ? syn : undefined;
  }
  if (protocol !== (family === 4 ? PROTOCOL_ICMPV4 : PROTOCOL_ICMPV6)) return undefined;
  if (icmpType(b, payload) !== (family === 4 ? ICMPV4_ECHO_REQUEST : ICMPV6_ECHO_REQUEST)) {
    return undefined;
  }
  return probes.find('icmp', family, icmpEchoIdentifier(b, payload), icmpEchoSequence(b, payload));
}

function tellProbe(
  stack: Stack,
  slot: PacketSlot,
  family: IpFamily,
  icmp: number,
  about: Probe,
  link: number,
  now: Instant,
): undefined {
  const b = stack.arena.bytes;
  const ip = stack.arena.start[slot] as number;
  stack.probes.remove(about);
  const error = meaningOf(family, icmpType(b, icmp), icmpCode(b, icmp));
  stack.events.push({
    kind: 'icmp-error',
    interface: stack.interfaces.idOf(link),
    about,
    error,
    icmpType: icmpType(b, icmp),
    icmpCode: icmpCode(b, icmp),
    ...(error === 'packet-too-big' ? { mtu: readMtu(b, icmp, family) } : {}),
    from: readSource(b, ip, family),
    at: now,
    hopLimit: readHopLimit(b, ip, family),
  });
  stack.arena.release(slot);
  return undefined;
}

function adviseTcp(
  stack: Stack,
  slot: PacketSlot,
  family: IpFamily,
  icmp: number,
  segment: number,
  link: number,
  now: Instant,
): DropReason | undefined {
  const b = stack.arena.bytes;
  const quoted = icmp + ICMP_HEADER_BYTES;
  const remote = readDestination(b, quoted, family);
  const about: QuotedSegment = {
    interface: interfaceOf(stack, remote, link),
    local: readSource(b, quoted, family),
    localPort: tcpSourcePort(b, segment),
    remote,
    remotePort: tcpDestinationPort(b, segment),
    sequence: tcpSequence(b, segment),
  };
  const error = meaningOf(family, icmpType(b, icmp), icmpCode(b, icmp));
  const mtu = readMtu(b, icmp, family);
  stack.arena.release(slot);
  if (error === 'packet-too-big') {
    // RFC 1191 §5: routers older than that RFC say zero; TCP finds out by its timer.
    if (mtu > 0) stack.tcp.reduceMss(about, mtu, now);
  } else if (
    error === 'port-unreachable' ||
    error === 'protocol-unreachable' ||
    error === 'prohibited'
  ) {
    stack.tcp.unreachable(about, now);
  } else if (error === 'no-route' || error === 'address-unreachable') {
    stack.tcp.unreachableForNow(about, now);
  }
  return undefined;
}

/** The interface our segment left by: that of the link, or the one the table names. */
function interfaceOf(stack: Stack, remote: IpAddress, link: number): InterfaceId {
  stack.destination.set(remote.bytes);
  if (isLinkLocalDestination(stack, remote.family)) return stack.interfaces.idOf(link);
  const { family, bytes } = remote;
  const out = rowTowards(stack, lookup(stack, family, bytes, 0), family, bytes, 0);
  if (out === NONE) return stack.interfaces.idOf(link);
  // Connections are bound to the port of a next hop.
  const port = stack.interfaces.port[out] as number;
  return stack.interfaces.idOf(port === NONE ? out : port);
}

function readDestination(b: Uint8Array, ip: number, family: IpFamily): IpAddress {
  const start = ip + (family === 4 ? IPV4_DESTINATION : IPV6_DESTINATION);
  return { family, bytes: b.slice(start, start + (family === 4 ? 4 : 16)) };
}

const readMtu = (b: Uint8Array, icmp: number, family: IpFamily): number =>
  family === 4 ? icmpv4NextHopMtu(b, icmp) : icmpParameter(b, icmp);

const UNREACHABLE4: Readonly<Record<number, IcmpError>> = {
  [ICMPV4_NET_UNREACHABLE]: 'no-route',
  [ICMPV4_HOST_UNREACHABLE]: 'address-unreachable',
  [ICMPV4_PROTOCOL_UNREACHABLE]: 'protocol-unreachable',
  [ICMPV4_PORT_UNREACHABLE]: 'port-unreachable',
  [ICMPV4_FRAGMENTATION_NEEDED]: 'packet-too-big',
  [ICMPV4_PROHIBITED]: 'prohibited',
};

const UNREACHABLE6: Readonly<Record<number, IcmpError>> = {
  [ICMPV6_NO_ROUTE]: 'no-route',
  [ICMPV6_PROHIBITED]: 'prohibited',
  [ICMPV6_BEYOND_SCOPE]: 'beyond-scope',
  [ICMPV6_ADDRESS_UNREACHABLE]: 'address-unreachable',
  [ICMPV6_PORT_UNREACHABLE]: 'port-unreachable',
};

function meaningOf(family: IpFamily, type: number, code: number): IcmpError {
  if (family === 4) {
    if (type === ICMPV4_UNREACHABLE) return UNREACHABLE4[code] ?? 'other';
    if (type === ICMPV4_TIME_EXCEEDED) return 'hop-limit-exceeded';
    return type === ICMPV4_PARAMETER_PROBLEM ? 'parameter-problem' : 'other';
  }
  if (type === ICMPV6_UNREACHABLE) return UNREACHABLE6[code] ?? 'other';
  if (type === ICMPV6_PACKET_TOO_BIG) return 'packet-too-big';
  if (type === ICMPV6_TIME_EXCEEDED) return 'hop-limit-exceeded';
  return type === ICMPV6_PARAMETER_PROBLEM ? 'parameter-problem' : 'other';
}
