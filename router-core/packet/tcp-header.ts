/**
 * The TCP header: fixed fields, options, checksum.
 *
 * Standard: RFC 9293 §3.1 and §3.2 (header, options 0–2), RFC 7323 §2.2 and §3.2 (window scale,
 * timestamps), RFC 2018 §2 and §3 (SACK), RFC 2385 §3 (MD5 signature).
 *
 *   0                   1                   2                   3
 *   │       source port             │      destination port         │
 *   │                       sequence number                         │
 *   │                    acknowledgment number                      │
 *   │offset │ reserved │CEUAPRSF    │            window             │
 *   │          checksum             │        urgent pointer         │
 *   │                    options, padded to 4 octets                │
 *
 * A header is octets plus offset functions; readers are safe after `isTcpHeaderComplete`. Flags are
 * the low octet of the third row's flag field.
 *
 * @module
 */
import { at, readUint16, readUint32, writeUint16, writeUint32 } from '../base/bytes.ts';
import { addToChecksum, finishChecksum } from '../base/checksum.ts';
import type { IpFamily } from '../base/ip-address.ts';
import { PROTOCOL_TCP } from './protocol-numbers.ts';
import { pseudoHeaderSum, upperLayerChecksum } from './pseudo-header.ts';

const SOURCE_PORT = 0,
  DESTINATION_PORT = 2,
  SEQUENCE = 4,
  ACKNOWLEDGMENT = 8,
  DATA_OFFSET = 12,
  FLAGS = 13,
  WINDOW = 14,
  CHECKSUM = 16,
  URGENT_POINTER = 18;

export const TCP_HEADER_BYTES = 20;
/** The data offset counts 32-bit words in four bits. */
export const TCP_HEADER_BYTES_MAX = 60;
/** Where the checksum stands, for incremental updates. */
export const TCP_CHECKSUM_OFFSET = CHECKSUM;

export const TCP_FIN = 0x01;
export const TCP_SYN = 0x02;
export const TCP_RST = 0x04;
export const TCP_PSH = 0x08;
export const TCP_ACK = 0x10;
export const TCP_URG = 0x20;
export const TCP_ECE = 0x40;
export const TCP_CWR = 0x80;

/** Option kinds, and the whole length of those that have a fixed one. */
export const TCP_OPTION_END = 0;
export const TCP_OPTION_NOP = 1;
export const TCP_OPTION_MSS = 2;
export const TCP_OPTION_MSS_BYTES = 4;
export const TCP_OPTION_WINDOW_SCALE = 3;
export const TCP_OPTION_WINDOW_SCALE_BYTES = 3;
export const TCP_OPTION_SACK_PERMITTED = 4;
export const TCP_OPTION_SACK_PERMITTED_BYTES = 2;
export const TCP_OPTION_SACK = 5;
export const TCP_OPTION_TIMESTAMPS = 8;
export const TCP_OPTION_TIMESTAMPS_BYTES = 10;
export const TCP_OPTION_MD5 = 19;
export const TCP_OPTION_MD5_BYTES = 18;

export const tcpSourcePort = (b: Uint8Array, i: number): number => readUint16(b, i + SOURCE_PORT);
export const tcpDestinationPort = (b: Uint8Array, i: number): number =>
  readUint16(b, i + DESTINATION_PORT);
export const tcpSequence = (b: Uint8Array, i: number): number => readUint32(b, i + SEQUENCE);
export const tcpAcknowledgment = (b: Uint8Array, i: number): number =>
  readUint32(b, i + ACKNOWLEDGMENT);
/** Octets of header and options together. */
export const tcpHeaderBytes = (b: Uint8Array, i: number): number =>
  (at(b, i + DATA_OFFSET) >>> 4) * 4;
export const tcpFlags = (b: Uint8Array, i: number): number => at(b, i + FLAGS);
export const tcpWindow = (b: Uint8Array, i: number): number => readUint16(b, i + WINDOW);
export const tcpChecksumField = (b: Uint8Array, i: number): number => readUint16(b, i + CHECKSUM);
export const tcpUrgentPointer = (b: Uint8Array, i: number): number =>
  readUint16(b, i + URGENT_POINTER);

/** Whether a whole header with its options stands between `start` and `end`. */
export function isTcpHeaderComplete(b: Uint8Array, start: number, end: number): boolean {
  if (end - start < TCP_HEADER_BYTES) return false;
  const octets = tcpHeaderBytes(b, start);
  return octets >= TCP_HEADER_BYTES && start + octets <= end;
}

/** Writes the fixed fields; checksum and urgent pointer are zero. `headerBytes` includes options. */
export function writeTcpHeader(
  b: Uint8Array,
  i: number,
  sourcePort: number,
  destinationPort: number,
  sequence: number,
  acknowledgment: number,
  headerBytes: number,
  flags: number,
  window: number,
): void {
  writeUint16(b, i + SOURCE_PORT, sourcePort);
  writeUint16(b, i + DESTINATION_PORT, destinationPort);
  writeUint32(b, i + SEQUENCE, sequence);
  writeUint32(b, i + ACKNOWLEDGMENT, acknowledgment);
  b[i + DATA_OFFSET] = (headerBytes >>> 2) << 4;
  b[i + FLAGS] = flags;
  writeUint16(b, i + WINDOW, window);
  writeUint32(b, i + CHECKSUM, 0);
}

/**
 * Returns where the option of this kind begins in the header at `start`, or -1 when it is absent or
 * the options before it are malformed (RFC 9293 §3.1: a length below 2 or beyond the header).
 */
export function findTcpOption(b: Uint8Array, start: number, kind: number): number {
  const end = start + tcpHeaderBytes(b, start);
  let i = start + TCP_HEADER_BYTES;
  while (i < end) {
    const found = at(b, i);
    if (found === TCP_OPTION_END) return -1;
    if (found === TCP_OPTION_NOP) {
      i++;
      continue;
    }
    if (i + 1 >= end) return -1;
    const length = at(b, i + 1);
    if (length < 2 || i + length > end) return -1;
    if (found === kind) return i;
    i += length;
  }
  return -1;
}

/**
 * Returns the checksum of the segment from `start` to `end` between two addresses given as
 * (octets, offset): zero when the field that stands in the segment is right.
 */
export function tcpChecksum(
  family: IpFamily,
  source: Uint8Array,
  sourceAt: number,
  destination: Uint8Array,
  destinationAt: number,
  b: Uint8Array,
  start: number,
  end: number,
): number {
  const sum = pseudoHeaderSum(
    family,
    source,
    sourceAt,
    destination,
    destinationAt,
    PROTOCOL_TCP,
    end - start,
  );
  return finishChecksum(addToChecksum(sum, b, start, end));
}

/** Whether the checksum of a received segment is right; the addresses stand in its IP header. */
export const isTcpChecksumRight = (
  family: IpFamily,
  b: Uint8Array,
  ipHeaderStart: number,
  start: number,
  end: number,
): boolean => upperLayerChecksum(family, b, ipHeaderStart, PROTOCOL_TCP, start, end) === 0;

/** Fills in the checksum of a segment that is about to leave. */
export function writeTcpChecksum(
  family: IpFamily,
  source: Uint8Array,
  destination: Uint8Array,
  b: Uint8Array,
  start: number,
  end: number,
): void {
  writeUint16(b, start + CHECKSUM, 0);
  writeUint16(b, start + CHECKSUM, tcpChecksum(family, source, 0, destination, 0, b, start, end));
}
