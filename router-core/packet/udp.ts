/**
 * The UDP header.
 *
 * Standard: RFC 768; RFC 8200 §8.1 (over IPv6 the checksum is not optional).
 *
 *   0                   1                   2                   3
 *   │         source port           │       destination port        │
 *   │            length             │           checksum            │
 *
 * Readers are safe after `isUdpComplete`.
 *
 * @module
 */
import { readUint16, writeUint16 } from '../base/bytes.ts';
import type { IpFamily } from '../base/ip-address.ts';
import { PROTOCOL_UDP } from './protocol-numbers.ts';
import { upperLayerChecksum } from './pseudo-header.ts';

const SOURCE_PORT = 0,
  DESTINATION_PORT = 2,
  LENGTH = 4,
  CHECKSUM = 6;
export const UDP_HEADER_BYTES = 8;

export const udpSourcePort = (b: Uint8Array, i: number): number => readUint16(b, i + SOURCE_PORT);
export const udpDestinationPort = (b: Uint8Array, i: number): number =>
  readUint16(b, i + DESTINATION_PORT);
/** Octets of header and payload. */
export const udpLength = (b: Uint8Array, i: number): number => readUint16(b, i + LENGTH);
export const udpChecksumField = (b: Uint8Array, i: number): number => readUint16(b, i + CHECKSUM);

/** Whether a whole UDP datagram stands between `start` and `end`. */
export function isUdpComplete(b: Uint8Array, start: number, end: number): boolean {
  if (end - start < UDP_HEADER_BYTES) return false;
  const length = udpLength(b, start);
  return length >= UDP_HEADER_BYTES && start + length <= end;
}

/** Whether the checksum is right, or absent over IPv4. */
export function isUdpChecksumRight(
  family: IpFamily,
  b: Uint8Array,
  ipHeaderStart: number,
  start: number,
): boolean {
  // RFC 768: zero says that the sender made no checksum. RFC 8200 §8.1 forbids it.
  if (udpChecksumField(b, start) === 0) return family === 4;
  const end = start + udpLength(b, start);
  return upperLayerChecksum(family, b, ipHeaderStart, PROTOCOL_UDP, start, end) === 0;
}

/** Writes a header whose checksum is zero. */
export function writeUdpHeader(
  b: Uint8Array,
  i: number,
  sourcePort: number,
  destinationPort: number,
  length: number,
): void {
  writeUint16(b, i + SOURCE_PORT, sourcePort);
  writeUint16(b, i + DESTINATION_PORT, destinationPort);
  writeUint16(b, i + LENGTH, length);
  writeUint16(b, i + CHECKSUM, 0);
}

/** Fills in the checksum; the addresses stand in the IP header. */
export function writeUdpChecksum(
  family: IpFamily,
  b: Uint8Array,
  ipHeaderStart: number,
  start: number,
): void {
  writeUint16(b, start + CHECKSUM, 0);
  const end = start + udpLength(b, start);
  const sum = upperLayerChecksum(family, b, ipHeaderStart, PROTOCOL_UDP, start, end);
  // RFC 768: a checksum that comes out as zero is sent as all ones.
  writeUint16(b, start + CHECKSUM, sum === 0 ? 0xffff : sum);
}
