/**
 * The pseudo-header that UDP, TCP and ICMPv6 include in their checksums.
 *
 * Standard: RFC 768 and RFC 9293 §3.1 (IPv4), RFC 8200 §8.1 (IPv6).
 *
 * Addresses are given as (octets, offset), so that a received packet is checked in place and a
 * sender, who has no IP header yet, hands in the octets of its addresses.
 *
 * @module
 */
import { addToChecksum, finishChecksum } from '../base/checksum.ts';
import type { IpFamily } from '../base/ip-address.ts';
import { IPV4_DESTINATION, IPV4_SOURCE } from './ipv4.ts';
import { IPV6_DESTINATION, IPV6_SOURCE } from './ipv6.ts';

/**
 * Returns the partial sum of a pseudo-header; `length` is that of the upper-layer packet. The IPv6
 * form has wider fields than the IPv4 form, but their sums are equal below 65,536 octets.
 */
export function pseudoHeaderSum(
  family: IpFamily,
  source: Uint8Array,
  sourceAt: number,
  destination: Uint8Array,
  destinationAt: number,
  protocol: number,
  length: number,
): number {
  const octets = family === 4 ? 4 : 16;
  const sum = addToChecksum(protocol + length, source, sourceAt, sourceAt + octets);
  return addToChecksum(sum, destination, destinationAt, destinationAt + octets);
}

/**
 * Returns the checksum of the octets from `start` to `end` behind the IP header at `ipHeaderStart`:
 * zero when the field that stands in them is right.
 */
export function upperLayerChecksum(
  family: IpFamily,
  b: Uint8Array,
  ipHeaderStart: number,
  protocol: number,
  start: number,
  end: number,
): number {
  const source = ipHeaderStart + (family === 4 ? IPV4_SOURCE : IPV6_SOURCE);
  const destination = ipHeaderStart + (family === 4 ? IPV4_DESTINATION : IPV6_DESTINATION);
  const sum = pseudoHeaderSum(family, b, source, b, destination, protocol, end - start);
  return finishChecksum(addToChecksum(sum, b, start, end));
}
