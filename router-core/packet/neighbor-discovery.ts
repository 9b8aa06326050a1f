/**
 * Neighbor solicitation and advertisement.
 *
 * Standard: RFC 4861 §4.3 and §4.4 (messages), §4.6.1 (options), §7.1 (validation).
 *
 *   0                   1                   2                   3
 *   │     type      │     code      │           checksum            │
 *   │R│S│O│ (advertisement)      reserved                           │
 *   │                  target address, 16 octets                    │
 *   │ option: type  │ length in 8 octets │ …
 *
 * @module
 */
import { at } from '../base/bytes.ts';
import { MAC_ADDRESS_BYTES } from '../base/mac-address.ts';
import { ICMP_HEADER_BYTES, writeIcmpHeader } from './icmpv4.ts';
import { ICMPV6_NEIGHBOR_ADVERTISEMENT, ICMPV6_NEIGHBOR_SOLICITATION } from './icmpv6.ts';
import { writeIpv6Address } from './ipv6.ts';

export const NEIGHBOR_TARGET = 8;
/** Without options; solicitation and advertisement alike. */
export const NEIGHBOR_MESSAGE_BYTES = ICMP_HEADER_BYTES + 16;
/** RFC 4861 §7.1.1: no router has forwarded the message. */
export const NEIGHBOR_DISCOVERY_HOP_LIMIT = 255;

export const ADVERTISEMENT_ROUTER = 0x80000000;
export const ADVERTISEMENT_SOLICITED = 0x40000000;
export const ADVERTISEMENT_OVERRIDE = 0x20000000;

export const OPTION_SOURCE_LINK_LAYER_ADDRESS = 1;
export const OPTION_TARGET_LINK_LAYER_ADDRESS = 2;
/** RFC 2464 §6: type, length 1 (in eight octets), six octets of address. */
export const LINK_LAYER_OPTION_BYTES = 8;

/** Whether the fixed part and whole options stand between `start` and `end` (RFC 4861 §7.1.1). */
export function isNeighborMessageComplete(b: Uint8Array, start: number, end: number): boolean {
  if (end - start < NEIGHBOR_MESSAGE_BYTES) return false;
  let i = start + NEIGHBOR_MESSAGE_BYTES;
  while (i < end) {
    if (end - i < 8) return false;
    const length = at(b, i + 1) * 8;
    if (length === 0 || i + length > end) return false;
    i += length;
  }
  return true;
}

/** Whether a complete message carries an option of this type. */
export const hasNeighborOption = (
  b: Uint8Array,
  start: number,
  end: number,
  type: number,
): boolean => findNeighborOption(b, start, end, type) !== -1;

/** Returns where the first option of this type stands in a complete message, or -1. */
function findNeighborOption(b: Uint8Array, start: number, end: number, type: number): number {
  for (let i = start + NEIGHBOR_MESSAGE_BYTES; i < end; i += at(b, i + 1) * 8) {
    if (at(b, i) === type) return i;
  }
  return -1;
}

/**
 * Returns where the link-layer address of the first option of this type stands in a complete message, or -1:
 * no such option, or not the length that Ethernet has.
 */
export function findLinkLayerAddress(
  b: Uint8Array,
  start: number,
  end: number,
  type: number,
): number {
  const i = findNeighborOption(b, start, end, type);
  return i !== -1 && at(b, i + 1) * 8 === LINK_LAYER_OPTION_BYTES ? i + 2 : -1;
}

/** Writes the option that carries an Ethernet address. */
export function writeLinkLayerOption(
  b: Uint8Array,
  i: number,
  type: number,
  linkAddress: Uint8Array,
): void {
  b[i] = type;
  b[i + 1] = LINK_LAYER_OPTION_BYTES / 8;
  for (let k = 0; k < MAC_ADDRESS_BYTES; k++) b[i + 2 + k] = at(linkAddress, k);
}

/** Writes an advertisement without options; the checksum is zero. */
export function writeNeighborAdvertisement(
  b: Uint8Array,
  i: number,
  flags: number,
  target: Uint8Array,
  targetAt: number,
): void {
  writeIcmpHeader(b, i, ICMPV6_NEIGHBOR_ADVERTISEMENT, 0, flags);
  writeIpv6Address(b, i + NEIGHBOR_TARGET, target, targetAt);
}

/** Writes a solicitation without options; the checksum is zero. */
export function writeNeighborSolicitation(
  b: Uint8Array,
  i: number,
  target: Uint8Array,
  targetAt: number,
): void {
  writeIcmpHeader(b, i, ICMPV6_NEIGHBOR_SOLICITATION, 0, 0);
  writeIpv6Address(b, i + NEIGHBOR_TARGET, target, targetAt);
}
