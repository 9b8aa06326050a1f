/**
 * Packets for tests: headers around payloads, checksums right unless the test breaks them.
 *
 *   packet({ from: 'fd00::2', to: 'fd00::1', hopLimit: 1 }, echoRequest({ sequence: 3 }))
 *
 * @module
 */
import { concatBytes } from '../../base/bytes.ts';
import { type IpFamily, parseIpAddress } from '../../base/ip-address.ts';
import {
  ICMP_HEADER_BYTES,
  ICMPV4_ECHO_REPLY,
  ICMPV4_ECHO_REQUEST,
  ICMPV6_ECHO_REPLY,
  ICMPV6_ECHO_REQUEST,
  IPV4_DESTINATION,
  IPV4_HEADER_BYTES,
  IPV4_SOURCE,
  IPV6_DESTINATION,
  IPV6_HEADER_BYTES,
  IPV6_SOURCE,
  NEIGHBOR_MESSAGE_BYTES,
  PROTOCOL_ICMPV4,
  PROTOCOL_ICMPV6,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  TCP_HEADER_BYTES,
  UDP_HEADER_BYTES,
  writeIcmpHeader,
  writeIcmpv4Checksum,
  writeIcmpv6Checksum,
  writeIpv4Checksum,
  writeIpv4Fragment,
  writeIpv4Header,
  writeIpv4Lengths,
  writeIpv6Header,
  writeNeighborSolicitation,
  writeTcpChecksum,
  writeTcpHeader,
  writeUdpChecksum,
  writeUdpHeader,
} from '../../packet/index.ts';

export type IpFields = {
  readonly from: string;
  readonly to: string;
  readonly hopLimit?: number;
  /** IPv4: flags of the fragment word, and the offset in octets. */
  readonly flags?: number;
  readonly fragmentOffset?: number;
  readonly options?: Uint8Array;
  /** IPv6: whole extension headers; the first octet of each is filled in. */
  readonly extensions?: readonly { readonly protocol: number; readonly bytes: Uint8Array }[];
};

/** What stands behind the IP headers. */
export type Payload = {
  readonly protocol: (family: IpFamily) => number;
  readonly bytes: (family: IpFamily) => Uint8Array;
  /** Fills in the checksum; the packet's IP header is complete. */
  readonly finish: (family: IpFamily, packet: Uint8Array, start: number) => void;
};

/** Returns the octets of an address in text; the text is the test's. */
export function addressBytes(text: string): Uint8Array {
  const address = parseIpAddress(text);
  if (address === undefined) throw new Error(`not an address: ${text}`);
  return address.bytes;
}

export function packet(fields: IpFields, payload: Payload): Uint8Array {
  return fields.to.includes(':') ? packet6(fields, payload) : packet4(fields, payload);
}

export function echoRequest(
  fields: { identifier?: number; sequence?: number; size?: number; isReply?: boolean } = {},
): Payload {
  const { identifier = 1, sequence = 1, size = 56, isReply = false } = fields;
  return {
    protocol: icmpOf,
    bytes(family) {
      const bytes = new Uint8Array(ICMP_HEADER_BYTES + size).map((_, i) => i);
      const types = isReply
        ? [ICMPV4_ECHO_REPLY, ICMPV6_ECHO_REPLY]
        : [ICMPV4_ECHO_REQUEST, ICMPV6_ECHO_REQUEST];
      const type = (family === 4 ? types[0] : types[1]) as number;
      writeIcmpHeader(bytes, 0, type, 0, identifier * 0x10000 + sequence);
      return bytes;
    },
    finish: finishIcmp,
  };
}

export const echoReply = (fields: { identifier?: number; sequence?: number }): Payload =>
  echoRequest({ ...fields, isReply: true });

/** Any ICMP message: an error with a quotation, discovery, nonsense. */
export function icmp(
  type: number,
  code = 0,
  parameter = 0,
  body: Uint8Array = new Uint8Array(0),
): Payload {
  return {
    protocol: icmpOf,
    bytes() {
      const header = new Uint8Array(ICMP_HEADER_BYTES);
      writeIcmpHeader(header, 0, type, code, parameter);
      return concatBytes(header, body);
    },
    finish: finishIcmp,
  };
}

export function neighborSolicitation(target: string, options = new Uint8Array(0)): Payload {
  return {
    protocol: icmpOf,
    bytes() {
      const message = new Uint8Array(NEIGHBOR_MESSAGE_BYTES);
      writeNeighborSolicitation(message, 0, addressBytes(target), 0);
      return concatBytes(message, options);
    },
    finish: finishIcmp,
  };
}

export function udp(
  fields: { sourcePort?: number; destinationPort?: number; size?: number } = {},
): Payload {
  const { sourcePort = 40_000, destinationPort = 33_434, size = 32 } = fields;
  return {
    protocol: () => PROTOCOL_UDP,
    bytes() {
      const bytes = new Uint8Array(UDP_HEADER_BYTES + size).map((_, i) => i);
      writeUdpHeader(bytes, 0, sourcePort, destinationPort, bytes.length);
      return bytes;
    },
    finish: (family, bytes, start) => writeUdpChecksum(family, bytes, 0, start),
  };
}

export function tcp(fields: {
  sourcePort?: number;
  destinationPort: number;
  flags: number;
}): Payload {
  return {
    protocol: () => PROTOCOL_TCP,
    bytes() {
      const bytes = new Uint8Array(TCP_HEADER_BYTES);
      const { sourcePort = 50_000, destinationPort, flags } = fields;
      writeTcpHeader(bytes, 0, sourcePort, destinationPort, 1, 0, TCP_HEADER_BYTES, flags, 65_535);
      return bytes;
    },
    finish(family, bytes, start) {
      const source = family === 4 ? IPV4_SOURCE : IPV6_SOURCE;
      const octets = family === 4 ? 4 : 16;
      const from = bytes.slice(source, source + octets);
      const to = bytes.slice(source + octets, source + 2 * octets);
      writeTcpChecksum(family, from, to, bytes, start, bytes.length);
    },
  };
}

/** Octets of a protocol nobody knows. */
export const raw = (protocol: number, bytes: Uint8Array): Payload => ({
  protocol: () => protocol,
  bytes: () => bytes,
  finish: () => undefined,
});

const icmpOf = (family: IpFamily): number => (family === 4 ? PROTOCOL_ICMPV4 : PROTOCOL_ICMPV6);

function finishIcmp(family: IpFamily, bytes: Uint8Array, start: number): void {
  if (family === 4) writeIcmpv4Checksum(bytes, start, bytes.length);
  else writeIcmpv6Checksum(bytes, 0, start, bytes.length);
}

function packet4(fields: IpFields, payload: Payload): Uint8Array {
  const options = fields.options ?? new Uint8Array(0);
  const body = payload.bytes(4);
  const headerBytes = IPV4_HEADER_BYTES + options.length;
  const bytes = concatBytes(new Uint8Array(IPV4_HEADER_BYTES), options, body);
  writeIpv4Header(bytes, 0, bytes.length, 0x1234, fields.hopLimit ?? 64, payload.protocol(4), 0);
  writeIpv4Lengths(bytes, 0, headerBytes, bytes.length);
  writeIpv4Fragment(bytes, 0, fields.flags ?? 0, fields.fragmentOffset ?? 0);
  bytes.set(addressBytes(fields.from), IPV4_SOURCE);
  bytes.set(addressBytes(fields.to), IPV4_DESTINATION);
  writeIpv4Checksum(bytes, 0);
  payload.finish(4, bytes, headerBytes);
  return bytes;
}

function packet6(fields: IpFields, payload: Payload): Uint8Array {
  const extensions = fields.extensions ?? [];
  const protocols = [...extensions.map((e) => e.protocol), payload.protocol(6)];
  const headers = extensions.map((extension, i) => {
    const header = extension.bytes.slice();
    header[0] = protocols[i + 1] as number;
    return header;
  });
  const bytes = concatBytes(new Uint8Array(IPV6_HEADER_BYTES), ...headers, payload.bytes(6));
  const length = bytes.length - IPV6_HEADER_BYTES;
  writeIpv6Header(bytes, 0, length, protocols[0] as number, fields.hopLimit ?? 64, 0);
  bytes.set(addressBytes(fields.from), IPV6_SOURCE);
  bytes.set(addressBytes(fields.to), IPV6_DESTINATION);
  payload.finish(6, bytes, bytes.length - payload.bytes(6).length);
  return bytes;
}
