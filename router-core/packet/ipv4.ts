/**
 * The IPv4 header.
 *
 * Standard: RFC 791 §3.1; RFC 2474 (traffic class), RFC 1624 (changing the checksum in place).
 *
 *   0                   1                   2                   3
 *   │version│length │ traffic class │         total length          │
 *   │        identification         │0│DF│MF│   fragment offset     │
 *   │      TTL      │   protocol    │           checksum            │
 *   │                            source                             │
 *   │                         destination                           │
 *   │                    options, padded to 4 octets                │
 *
 * Readers are safe after `isIpv4HeaderComplete`.
 *
 * @module
 */
import { at, readUint16, writeUint16, writeUint32 } from '../base/bytes.ts';
import { checksum, updateChecksum } from '../base/checksum.ts';

const VERSION_AND_LENGTH = 0,
  TRAFFIC_CLASS = 1,
  TOTAL_LENGTH = 2,
  IDENTIFICATION = 4,
  FLAGS_AND_OFFSET = 6,
  TTL = 8,
  PROTOCOL = 9,
  CHECKSUM = 10;
export const IPV4_SOURCE = 12;
export const IPV4_DESTINATION = 16;
export const IPV4_HEADER_BYTES = 20;
/** The header length counts 32-bit words in four bits. */
export const IPV4_HEADER_BYTES_MAX = 60;
/** RFC 791 §3.1: every module must forward this much without fragmenting it. */
export const IPV4_MTU_MIN = 68;

export const IPV4_DONT_FRAGMENT = 0x4000;
export const IPV4_MORE_FRAGMENTS = 0x2000;
const FRAGMENT_OFFSET_MASK = 0x1fff;

/** Option types (RFC 791 §3.1): the first bit says "copy into every fragment". */
export const IPV4_OPTION_END = 0;
export const IPV4_OPTION_NOP = 1;
export const IPV4_OPTION_LOOSE_SOURCE_ROUTE = 131;
export const IPV4_OPTION_STRICT_SOURCE_ROUTE = 137;
export const IPV4_OPTION_COPIED = 0x80;

export const ipVersion = (b: Uint8Array, i: number): number => at(b, i) >>> 4;
export const ipv4HeaderBytes = (b: Uint8Array, i: number): number =>
  (at(b, i + VERSION_AND_LENGTH) & 15) * 4;
export const ipv4TotalLength = (b: Uint8Array, i: number): number =>
  readUint16(b, i + TOTAL_LENGTH);
export const ipv4Identification = (b: Uint8Array, i: number): number =>
  readUint16(b, i + IDENTIFICATION);
export const ipv4Ttl = (b: Uint8Array, i: number): number => at(b, i + TTL);
export const ipv4Protocol = (b: Uint8Array, i: number): number => at(b, i + PROTOCOL);
export const ipv4DontFragment = (b: Uint8Array, i: number): boolean =>
  (readUint16(b, i + FLAGS_AND_OFFSET) & IPV4_DONT_FRAGMENT) !== 0;
export const ipv4MoreFragments = (b: Uint8Array, i: number): boolean =>
  (readUint16(b, i + FLAGS_AND_OFFSET) & IPV4_MORE_FRAGMENTS) !== 0;
/** The fragment offset in octets. */
export const ipv4FragmentOffset = (b: Uint8Array, i: number): number =>
  (readUint16(b, i + FLAGS_AND_OFFSET) & FRAGMENT_OFFSET_MASK) * 8;
/** Whether the packet is a part of a larger one. */
export const isIpv4Fragment = (b: Uint8Array, i: number): boolean =>
  (readUint16(b, i + FLAGS_AND_OFFSET) & (IPV4_MORE_FRAGMENTS | FRAGMENT_OFFSET_MASK)) !== 0;

/** Whether a whole header with its options stands between `start` and `end`, and holds its payload. */
export function isIpv4HeaderComplete(b: Uint8Array, start: number, end: number): boolean {
  if (end - start < IPV4_HEADER_BYTES) return false;
  const octets = ipv4HeaderBytes(b, start);
  const total = ipv4TotalLength(b, start);
  return octets >= IPV4_HEADER_BYTES && octets <= total && start + total <= end;
}

export const isIpv4ChecksumRight = (b: Uint8Array, i: number): boolean =>
  checksum(b, i, i + ipv4HeaderBytes(b, i)) === 0;

/** Takes one hop off the TTL and corrects the checksum (RFC 1624 §3). */
export function decrementIpv4Ttl(b: Uint8Array, i: number): void {
  const before = readUint16(b, i + TTL);
  writeUint16(b, i + TTL, before - 0x100);
  updateChecksum(b, i + CHECKSUM, before, before - 0x100);
}

/** Writes the fixed fields of a header without options, not the addresses and not the checksum. */
export function writeIpv4Header(
  b: Uint8Array,
  i: number,
  totalLength: number,
  identification: number,
  ttl: number,
  protocol: number,
  trafficClass: number,
): void {
  b[i + VERSION_AND_LENGTH] = 0x45;
  b[i + TRAFFIC_CLASS] = trafficClass;
  writeUint16(b, i + TOTAL_LENGTH, totalLength);
  writeUint16(b, i + IDENTIFICATION, identification);
  writeUint16(b, i + FLAGS_AND_OFFSET, 0);
  b[i + TTL] = ttl;
  b[i + PROTOCOL] = protocol;
  writeUint16(b, i + CHECKSUM, 0);
}

/** Writes DF, MF and the fragment offset, given in octets. */
export function writeIpv4Fragment(b: Uint8Array, i: number, flags: number, offset: number): void {
  writeUint16(b, i + FLAGS_AND_OFFSET, flags | (offset >>> 3));
}

export function writeIpv4Lengths(
  b: Uint8Array,
  i: number,
  headerBytes: number,
  totalLength: number,
): void {
  b[i + VERSION_AND_LENGTH] = 0x40 | (headerBytes >>> 2);
  writeUint16(b, i + TOTAL_LENGTH, totalLength);
}

/** Fills in the header checksum after every other field. */
export function writeIpv4Checksum(b: Uint8Array, i: number): void {
  writeUint16(b, i + CHECKSUM, 0);
  writeUint16(b, i + CHECKSUM, checksum(b, i, i + ipv4HeaderBytes(b, i)));
}

/** Copies an address of four octets. */
export function writeIpv4Address(b: Uint8Array, i: number, from: Uint8Array, fromAt: number): void {
  writeUint32(
    b,
    i,
    (at(from, fromAt) << 24) |
      (at(from, fromAt + 1) << 16) |
      (at(from, fromAt + 2) << 8) |
      at(from, fromAt + 3),
  );
}

/** 224.0.0.0/4 (RFC 5771). */
export const isIpv4Multicast = (b: Uint8Array, i: number): boolean => at(b, i) >>> 4 === 14;
/** 240.0.0.0/4 with the limited broadcast (RFC 1112 §4, RFC 919 §7). */
export const isIpv4Reserved = (b: Uint8Array, i: number): boolean => at(b, i) >>> 4 === 15;
/** 0.0.0.0/8, "this network" (RFC 1122 §3.2.1.3 a and b). */
export const isIpv4ThisNetwork = (b: Uint8Array, i: number): boolean => at(b, i) === 0;
/** 127.0.0.0/8 (RFC 1122 §3.2.1.3 g). */
export const isIpv4Loopback = (b: Uint8Array, i: number): boolean => at(b, i) === 127;
/** 169.254.0.0/16 (RFC 3927 §7). */
export const isIpv4LinkLocal = (b: Uint8Array, i: number): boolean =>
  at(b, i) === 169 && at(b, i + 1) === 254;
