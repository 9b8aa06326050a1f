/**
 * ICMP for IPv4.
 *
 * Standard: RFC 792; RFC 1191 §4 (next-hop MTU), RFC 1812 §4.3 and §5.2.7 (what a router sends).
 *
 *   0                   1                   2                   3
 *   │     type      │     code      │           checksum            │
 *   │       parameter: identifier and sequence, MTU, pointer        │
 *   │   echo: data   error: header and data of the packet at fault  │
 *
 * @module
 */
import { at, readUint16, readUint32, writeUint16, writeUint32 } from '../base/bytes.ts';
import { checksum } from '../base/checksum.ts';

const TYPE = 0,
  CODE = 1,
  CHECKSUM = 2,
  PARAMETER = 4;
/** Shared by all messages of ICMP and ICMPv6 we know. */
export const ICMP_HEADER_BYTES = 8;
export const ICMP_CHECKSUM_OFFSET = CHECKSUM;

export const ICMPV4_ECHO_REPLY = 0;
export const ICMPV4_UNREACHABLE = 3;
export const ICMPV4_SOURCE_QUENCH = 4;
export const ICMPV4_REDIRECT = 5;
export const ICMPV4_ECHO_REQUEST = 8;
export const ICMPV4_TIME_EXCEEDED = 11;
export const ICMPV4_PARAMETER_PROBLEM = 12;

/** Codes of "unreachable" (RFC 792, RFC 1812 §5.2.7.1). */
export const ICMPV4_NET_UNREACHABLE = 0;
export const ICMPV4_HOST_UNREACHABLE = 1;
export const ICMPV4_PROTOCOL_UNREACHABLE = 2;
export const ICMPV4_PORT_UNREACHABLE = 3;
export const ICMPV4_FRAGMENTATION_NEEDED = 4;
export const ICMPV4_PROHIBITED = 13;

export const icmpType = (b: Uint8Array, i: number): number => at(b, i + TYPE);
export const icmpCode = (b: Uint8Array, i: number): number => at(b, i + CODE);
/** The second word: MTU of "packet too big", pointer of ICMPv6's "parameter problem". */
export const icmpParameter = (b: Uint8Array, i: number): number => readUint32(b, i + PARAMETER);
export const icmpEchoIdentifier = (b: Uint8Array, i: number): number =>
  readUint16(b, i + PARAMETER);
export const icmpEchoSequence = (b: Uint8Array, i: number): number =>
  readUint16(b, i + PARAMETER + 2);
/** RFC 1191 §4: the low half of the second word. */
export const icmpv4NextHopMtu = (b: Uint8Array, i: number): number =>
  readUint16(b, i + PARAMETER + 2);

/** The messages that must never be answered by an error (RFC 1812 §4.3.2.7). */
export function isIcmpv4Error(type: number): boolean {
  return (
    type === ICMPV4_UNREACHABLE ||
    type === ICMPV4_SOURCE_QUENCH ||
    type === ICMPV4_REDIRECT ||
    type === ICMPV4_TIME_EXCEEDED ||
    type === ICMPV4_PARAMETER_PROBLEM
  );
}

/** Writes a header of ICMP or ICMPv6 whose checksum is zero. */
export function writeIcmpHeader(
  b: Uint8Array,
  i: number,
  type: number,
  code: number,
  parameter: number,
): void {
  b[i + TYPE] = type;
  b[i + CODE] = code;
  writeUint16(b, i + CHECKSUM, 0);
  writeUint32(b, i + PARAMETER, parameter);
}

export const isIcmpv4ChecksumRight = (b: Uint8Array, start: number, end: number): boolean =>
  checksum(b, start, end) === 0;

export function writeIcmpv4Checksum(b: Uint8Array, start: number, end: number): void {
  writeUint16(b, start + CHECKSUM, 0);
  writeUint16(b, start + CHECKSUM, checksum(b, start, end));
}
