/**
 * Numbers of the standards under their names; our own below.
 *
 * @module
 */

/** RFC 1122 §3.2.1.7 and IANA "IP Option Numbers": the recommended TTL of what we originate. */
export const DEFAULT_HOP_LIMIT = 64;
/** RFC 5082: what is meant for the neighbor only leaves with the greatest value. */
export const GTSM_HOP_LIMIT = 255;

/** RFC 1812 §4.3.2.3: as much of the original as fits without exceeding 576 octets. */
export const ICMPV4_ERROR_BYTES_MAX = 576;
/** RFC 1812 §4.3.2.5: precedence 6 (internetwork control) for errors. */
export const ICMPV4_ERROR_TRAFFIC_CLASS = 0xc0;
/** RFC 4443 §2.4 c: as much of the original as fits into the minimum IPv6 MTU. */
export const ICMPV6_ERROR_BYTES_MAX = 1280;

/** RFC 791 §3.1 and RFC 8200 §4.5: what a datagram may have, header (IPv4) or payload (IPv6) included. */
export const IP_DATAGRAM_BYTES_MAX = 65_535;
/** RFC 792 and RFC 4443 §3.3: the code of "time exceeded" that speaks of fragments. */
export const FRAGMENT_REASSEMBLY_TIME_EXCEEDED = 1;

// Our own.

/** Bits of an InterfaceId that are its index; the generation stands above them. */
export const INTERFACE_INDEX_BITS = 12;
/** Generations before an interface's id repeats; id and generation together stay a small integer. */
export const INTERFACE_GENERATIONS = 1 << 18;
