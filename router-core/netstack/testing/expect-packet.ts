/**
 * Assertions on packets that compose, after gVisor's checker.
 *
 *   expectPacket(sent, ip({ from: A, to: B, hopLimit: 64 }), icmpError({ type: 3, code: 0 }, ip({ to: C })));
 *
 * Every packet that is looked at must have right lengths and checksums, whatever else is asked.
 *
 * @module
 */
import { expect } from 'vitest';
import { formatIpAddress, type IpFamily } from '../../base/ip-address.ts';
import {
  ADVERTISEMENT_OVERRIDE,
  ADVERTISEMENT_SOLICITED,
  ICMP_HEADER_BYTES,
  ICMPV4_ECHO_REPLY,
  ICMPV4_ECHO_REQUEST,
  ICMPV6_ECHO_REPLY,
  ICMPV6_ECHO_REQUEST,
  ICMPV6_NEIGHBOR_ADVERTISEMENT,
  IPV4_SOURCE,
  IPV6_HEADER_BYTES,
  IPV6_SOURCE,
  icmpCode,
  icmpEchoIdentifier,
  icmpEchoSequence,
  icmpParameter,
  icmpType,
  ipVersion,
  ipv4FragmentOffset,
  ipv4HeaderBytes,
  ipv4MoreFragments,
  ipv4Protocol,
  ipv4TotalLength,
  ipv4Ttl,
  ipv6HopLimit,
  ipv6NextHeader,
  ipv6PayloadLength,
  isIcmpv4ChecksumRight,
  isIcmpv6ChecksumRight,
  isIpv4ChecksumRight,
  NEIGHBOR_TARGET,
  PROTOCOL_ICMPV4,
  PROTOCOL_ICMPV6,
  PROTOCOL_TCP,
  tcpDestinationPort,
  tcpFlags,
  tcpSourcePort,
} from '../../packet/index.ts';

/** A packet taken apart once. */
export type PacketView = {
  readonly bytes: Uint8Array;
  readonly family: IpFamily;
  readonly from: string;
  readonly to: string;
  readonly hopLimit: number;
  readonly protocol: number;
  /** Where the payload begins. */
  readonly payload: number;
};

export type Check = (packet: PacketView) => void;

export function expectPacket(bytes: Uint8Array | undefined, ...checks: readonly Check[]): void {
  expect(bytes, 'a packet').toBeDefined();
  const view = viewPacket(bytes as Uint8Array);
  expectSound(view);
  for (const check of checks) check(view);
}

export const ip =
  (fields: Partial<Pick<PacketView, 'from' | 'to' | 'hopLimit' | 'protocol'>>): Check =>
  (packet) =>
    expect(packet).toMatchObject(fields);

export const size =
  (octets: number): Check =>
  (packet) =>
    expect(packet.bytes.length).toBe(octets);

/** Whether the octets behind the IP headers are those. */
export const payloadOf =
  (original: Uint8Array): Check =>
  (packet) =>
    expect(packet.bytes.slice(packet.payload)).toEqual(
      original.slice(viewPacket(original).payload),
    );

export const fragment =
  (fields: { offset: number; more: boolean }): Check =>
  (packet) => {
    expect(ipv4FragmentOffset(packet.bytes, 0)).toBe(fields.offset);
    expect(ipv4MoreFragments(packet.bytes, 0)).toBe(fields.more);
  };

export const echo =
  (kind: 'request' | 'reply', fields: { identifier?: number; sequence?: number } = {}): Check =>
  ({ bytes, family, payload }) => {
    const types =
      family === 4
        ? { request: ICMPV4_ECHO_REQUEST, reply: ICMPV4_ECHO_REPLY }
        : { request: ICMPV6_ECHO_REQUEST, reply: ICMPV6_ECHO_REPLY };
    expect(icmpType(bytes, payload)).toBe(types[kind]);
    const found = {
      identifier: icmpEchoIdentifier(bytes, payload),
      sequence: icmpEchoSequence(bytes, payload),
    };
    expect(found).toMatchObject(fields);
  };

/** An ICMP error; the further checks are about the packet it quotes. */
export const icmpError =
  (
    fields: { type: number; code: number; parameter?: number },
    ...quoted: readonly Check[]
  ): Check =>
  ({ bytes, payload }) => {
    const found = {
      type: icmpType(bytes, payload),
      code: icmpCode(bytes, payload),
      parameter: icmpParameter(bytes, payload),
    };
    expect(found).toMatchObject(fields);
    const view = viewPacket(bytes.slice(payload + ICMP_HEADER_BYTES));
    for (const check of quoted) check(view);
  };

export const neighborAdvertisement =
  (fields: { target: Uint8Array; isSolicited: boolean }): Check =>
  ({ bytes, payload }) => {
    expect(icmpType(bytes, payload)).toBe(ICMPV6_NEIGHBOR_ADVERTISEMENT);
    const target = bytes.slice(payload + NEIGHBOR_TARGET, payload + NEIGHBOR_TARGET + 16);
    expect(target).toEqual(fields.target);
    const flags = icmpParameter(bytes, payload);
    expect((flags & ADVERTISEMENT_SOLICITED) !== 0).toBe(fields.isSolicited);
    expect((flags & ADVERTISEMENT_OVERRIDE) !== 0).toBe(true);
  };

export const tcpSegment =
  (fields: { sourcePort?: number; destinationPort?: number; flags?: number }): Check =>
  ({ bytes, payload, protocol }) => {
    expect(protocol).toBe(PROTOCOL_TCP);
    const found = {
      sourcePort: tcpSourcePort(bytes, payload),
      destinationPort: tcpDestinationPort(bytes, payload),
      flags: tcpFlags(bytes, payload),
    };
    expect(found).toMatchObject(fields);
  };

export function viewPacket(bytes: Uint8Array): PacketView {
  const family = ipVersion(bytes, 0) === 4 ? 4 : 6;
  const octets = family === 4 ? 4 : 16;
  const source = family === 4 ? IPV4_SOURCE : IPV6_SOURCE;
  const text = (at: number): string =>
    formatIpAddress({ family, bytes: bytes.slice(at, at + octets) });
  return {
    bytes,
    family,
    from: text(source),
    to: text(source + octets),
    hopLimit: family === 4 ? ipv4Ttl(bytes, 0) : ipv6HopLimit(bytes, 0),
    protocol: family === 4 ? ipv4Protocol(bytes, 0) : ipv6NextHeader(bytes, 0),
    payload: family === 4 ? ipv4HeaderBytes(bytes, 0) : IPV6_HEADER_BYTES,
  };
}

function expectSound({ bytes, family, protocol, payload }: PacketView): void {
  if (family === 4) {
    expect(ipv4TotalLength(bytes, 0), 'total length').toBe(bytes.length);
    expect(isIpv4ChecksumRight(bytes, 0), 'header checksum').toBe(true);
    const isWhole = ipv4FragmentOffset(bytes, 0) === 0 && !ipv4MoreFragments(bytes, 0);
    if (protocol === PROTOCOL_ICMPV4 && isWhole) {
      expect(isIcmpv4ChecksumRight(bytes, payload, bytes.length), 'ICMP checksum').toBe(true);
    }
    return;
  }
  expect(ipv6PayloadLength(bytes, 0) + IPV6_HEADER_BYTES, 'payload length').toBe(bytes.length);
  if (protocol === PROTOCOL_ICMPV6) {
    expect(isIcmpv6ChecksumRight(bytes, 0, payload, bytes.length), 'ICMPv6 checksum').toBe(true);
  }
}
