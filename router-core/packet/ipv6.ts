/**
 * The IPv6 header and the shape of its extension headers.
 *
 * Standard: RFC 8200 §3 (header), §4 (extension headers); RFC 4291 §2 (addresses); RFC 5095
 * (routing type 0 is deprecated).
 *
 *   0                   1                   2                   3
 *   │version│ traffic class │              flow label               │
 *   │        payload length         │  next header  │   hop limit   │
 *   │                        source, 16 octets                      │
 *   │                     destination, 16 octets                    │
 *
 * Readers are safe after `isIpv6HeaderComplete`.
 *
 * @module
 */
import { at, readUint16, writeUint16, writeUint32 } from '../base/bytes.ts';

const PAYLOAD_LENGTH = 4,
  NEXT_HEADER = 6,
  HOP_LIMIT = 7;
export const IPV6_SOURCE = 8;
export const IPV6_DESTINATION = 24;
export const IPV6_HEADER_BYTES = 40;
/** RFC 8200 §5: every link carries this much. */
export const IPV6_MTU_MIN = 1280;

/** Extension headers: the first octet names the next header, the second counts 8 octets beyond the first 8. */
export const EXTENSION_LENGTH = 1;
export const IPV6_FRAGMENT_HEADER_BYTES = 8;
/** Routing header: type and segments left (RFC 8200 §4.4). */
export const ROUTING_TYPE = 2;
export const ROUTING_SEGMENTS_LEFT = 3;

export const ipv6PayloadLength = (b: Uint8Array, i: number): number =>
  readUint16(b, i + PAYLOAD_LENGTH);
export const ipv6NextHeader = (b: Uint8Array, i: number): number => at(b, i + NEXT_HEADER);
export const ipv6HopLimit = (b: Uint8Array, i: number): number => at(b, i + HOP_LIMIT);
/** Octets of an options or routing extension header. */
export const extensionHeaderBytes = (b: Uint8Array, i: number): number =>
  (at(b, i + EXTENSION_LENGTH) + 1) * 8;

/** Whether a whole header stands between `start` and `end`, and holds its payload. */
export const isIpv6HeaderComplete = (b: Uint8Array, start: number, end: number): boolean =>
  end - start >= IPV6_HEADER_BYTES &&
  start + IPV6_HEADER_BYTES + ipv6PayloadLength(b, start) <= end;

/** Takes one hop off the hop limit; IPv6 has no header checksum. */
export function decrementIpv6HopLimit(b: Uint8Array, i: number): void {
  b[i + HOP_LIMIT] = at(b, i + HOP_LIMIT) - 1;
}

/** Writes everything but the addresses; the flow label is zero. */
export function writeIpv6Header(
  b: Uint8Array,
  i: number,
  payloadLength: number,
  nextHeader: number,
  hopLimit: number,
  trafficClass: number,
): void {
  writeUint32(b, i, 0x60000000 | (trafficClass << 20));
  writeUint16(b, i + PAYLOAD_LENGTH, payloadLength);
  b[i + NEXT_HEADER] = nextHeader;
  b[i + HOP_LIMIT] = hopLimit;
}

/** Copies an address of sixteen octets. */
export function writeIpv6Address(b: Uint8Array, i: number, from: Uint8Array, fromAt: number): void {
  for (let k = 0; k < 16; k++) b[i + k] = at(from, fromAt + k);
}

/** ff00::/8 (RFC 4291 §2.7). */
export const isIpv6Multicast = (b: Uint8Array, i: number): boolean => at(b, i) === 0xff;
/** fe80::/10 (RFC 4291 §2.5.6). */
export const isIpv6LinkLocal = (b: Uint8Array, i: number): boolean =>
  at(b, i) === 0xfe && (at(b, i + 1) & 0xc0) === 0x80;
/** `::` (RFC 4291 §2.5.2). */
export const isIpv6Unspecified = (b: Uint8Array, i: number): boolean =>
  isZero(b, i, 15) && at(b, i + 15) === 0;
/** `::1` (RFC 4291 §2.5.3). */
export const isIpv6Loopback = (b: Uint8Array, i: number): boolean =>
  isZero(b, i, 15) && at(b, i + 15) === 1;
/** ff02::1, all nodes of the link (RFC 4291 §2.7.1). */
export const isIpv6AllNodes = (b: Uint8Array, i: number): boolean =>
  at(b, i) === 0xff && at(b, i + 1) === 2 && isZero(b, i + 2, 13) && at(b, i + 15) === 1;
/** ff02::2, all routers of the link (RFC 4291 §2.7.1). */
export const isIpv6AllRouters = (b: Uint8Array, i: number): boolean =>
  at(b, i) === 0xff && at(b, i + 1) === 2 && isZero(b, i + 2, 13) && at(b, i + 15) === 2;
/** ff02::1:ff00:0/104, the solicited-node addresses (RFC 4291 §2.7.1). */
export const isIpv6SolicitedNode = (b: Uint8Array, i: number): boolean =>
  at(b, i) === 0xff &&
  at(b, i + 1) === 2 &&
  isZero(b, i + 2, 9) &&
  at(b, i + 11) === 1 &&
  at(b, i + 12) === 0xff;

/** Writes the solicited-node address of the one at `from`: ff02::1:ff and its last three octets. */
export function writeIpv6SolicitedNode(
  b: Uint8Array,
  i: number,
  from: Uint8Array,
  fromAt: number,
): void {
  b.fill(0, i, i + 16);
  b[i] = 0xff;
  b[i + 1] = 2;
  b[i + 11] = 1;
  b[i + 12] = 0xff;
  for (let k = 13; k < 16; k++) b[i + k] = at(from, fromAt + k);
}

function isZero(b: Uint8Array, i: number, count: number): boolean {
  for (let k = i; k < i + count; k++) if (b[k] !== 0) return false;
  return true;
}
