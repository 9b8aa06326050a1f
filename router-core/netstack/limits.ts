/**
 * Our bounds, and why they are what they are.
 *
 * Not standardized.
 *
 * @module
 */

/** Interfaces at a time. DN42 has about 2,000 networks; the id keeps 12 bits for the index. */
export const INTERFACES_MAX = 4096;

/** Words of one family's forwarding table, 64 MiB: about 900,000 scattered /48. DN42 has 4,000. */
export const ROUTE_TABLE_WORDS_MAX = 1 << 24;

/** Extension headers walked in one packet. RFC 8200 §4.1 knows seven in order; some occur twice. */
export const EXTENSION_HEADERS_MAX = 8;

/** Events that wait for the driver. It takes them after every burst; a burst is at most 64 packets. */
export const EVENTS_MAX = 4096;

/** Probes (echo requests, datagrams, SYNs) without an answer. The oldest is forgotten first. */
export const PROBES_MAX = 1024;

/** Datagrams for us of which fragments wait: together, of one tunnel, of one source (address or /64). */
export const REASSEMBLIES_MAX = 64;
export const REASSEMBLIES_PER_INTERFACE = 16;
export const REASSEMBLIES_PER_SOURCE = 4;
/** Parts of one datagram: eight carry the largest at 1,280 octets each, the rest is for narrow links. */
export const FRAGMENTS_PER_DATAGRAM = 64;
/** RFC 1122 §3.3.2 says 60 to 120 s for IPv4, from an age of slow links; Linux waits 30. RFC 8200 §4.5: 60. */
export const REASSEMBLY_TIME_IPV4_MS = 30_000;
export const REASSEMBLY_TIME_IPV6_MS = 60_000;
/** IPv6 headers before a fragment header; an error that repeats them has to fit. */
export const REASSEMBLY_HEADER_BYTES_MAX = 256;

/** Questions over UDP at once: two per name that a proxy resolves (A and AAAA). */
export const UDP_PORTS_MAX = 512;

/** ICMP errors: each interface earns this many a second and may save so many (RFC 4443 §2.4 f). */
export const ICMP_ERRORS_PER_SECOND = 100;
export const ICMP_ERRORS_BURST = 50;
/** And all of them together: below what a small machine seals without noticing. */
export const ICMP_ERRORS_PER_SECOND_TOTAL = 1000;
export const ICMP_ERRORS_BURST_TOTAL = 200;

/** At most one `inner-source-mismatch` per interface in this time, and only when the source changed. */
export const SOURCE_MISMATCH_INTERVAL_MS = 1000;

/** Addresses of the node, and of one side of one interface. */
export const ADDRESSES_MAX = 64;

/** Sets of next hops that routes share, and next hops of one. The fast path has room for as many. */
export const NEXT_HOP_SETS_MAX = 1024;
export const NEXT_HOP_SET_MEMBERS_MAX = 16;
