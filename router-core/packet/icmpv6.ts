/**
 * ICMPv6: types, codes and the checksum that covers the addresses.
 *
 * Standard: RFC 4443; RFC 4861 §4 and RFC 2710, RFC 3810 (types of neighbor and listener discovery).
 *
 * The first eight octets have ICMP's shape: read and write them with the functions of icmpv4.ts.
 *
 * @module
 */
import { writeUint16 } from '../base/bytes.ts';
import { ICMP_CHECKSUM_OFFSET } from './icmpv4.ts';
import { PROTOCOL_ICMPV6 } from './protocol-numbers.ts';
import { upperLayerChecksum } from './pseudo-header.ts';

export const ICMPV6_UNREACHABLE = 1;
export const ICMPV6_PACKET_TOO_BIG = 2;
export const ICMPV6_TIME_EXCEEDED = 3;
export const ICMPV6_PARAMETER_PROBLEM = 4;
export const ICMPV6_ECHO_REQUEST = 128;
export const ICMPV6_ECHO_REPLY = 129;
export const ICMPV6_MLD_QUERY = 130;
export const ICMPV6_MLD_REPORT = 131;
export const ICMPV6_MLD_DONE = 132;
export const ICMPV6_ROUTER_SOLICITATION = 133;
export const ICMPV6_ROUTER_ADVERTISEMENT = 134;
export const ICMPV6_NEIGHBOR_SOLICITATION = 135;
export const ICMPV6_NEIGHBOR_ADVERTISEMENT = 136;
export const ICMPV6_REDIRECT = 137;
export const ICMPV6_MLDV2_REPORT = 143;

/** Codes of "unreachable" (RFC 4443 §3.1). */
export const ICMPV6_NO_ROUTE = 0;
export const ICMPV6_PROHIBITED = 1;
export const ICMPV6_BEYOND_SCOPE = 2;
export const ICMPV6_ADDRESS_UNREACHABLE = 3;
export const ICMPV6_PORT_UNREACHABLE = 4;

/** Codes of "parameter problem" (RFC 4443 §3.4). */
export const ICMPV6_ERRONEOUS_FIELD = 0;
export const ICMPV6_UNKNOWN_NEXT_HEADER = 1;
export const ICMPV6_UNKNOWN_OPTION = 2;

/** RFC 4443 §2.1: the high bit of the type separates information from errors; a redirect is no cause either (§2.4 e.2). */
export const isIcmpv6Error = (type: number): boolean => type < 128 || type === ICMPV6_REDIRECT;

export const isIcmpv6ChecksumRight = (
  b: Uint8Array,
  ipHeaderStart: number,
  start: number,
  end: number,
): boolean => upperLayerChecksum(6, b, ipHeaderStart, PROTOCOL_ICMPV6, start, end) === 0;

/** Fills in the checksum; the addresses stand in the IP header. */
export function writeIcmpv6Checksum(
  b: Uint8Array,
  ipHeaderStart: number,
  start: number,
  end: number,
): void {
  writeUint16(b, start + ICMP_CHECKSUM_OFFSET, 0);
  const sum = upperLayerChecksum(6, b, ipHeaderStart, PROTOCOL_ICMPV6, start, end);
  writeUint16(b, start + ICMP_CHECKSUM_OFFSET, sum);
}
