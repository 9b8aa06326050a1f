/**
 * Bounds of the Router itself, and why they are what they are. All stand in docs/limits.md.
 *
 * @module
 */

/** Transitions kept per peering: what a snapshot carries; older ones are in the portal's database. */
export const TRANSITIONS_PER_PEERING = 100;
/** Keys of unknown origin remembered for operators: a page full. */
export const UNCLAIMED_KEYS = 32;
/** An entity that leaves keeps address and key this long, so that its NOTIFICATION is acknowledged. */
export const LEAVING_MS = 1000;
/** Events about one peering are joined over this time: four a second reach a browser. */
export const PUBLISH_INTERVAL_MS = 250;
/** Byte counters alone are news only this often. */
export const COUNTERS_INTERVAL_MS = 2000;
/** Time a batch may spend on routes before packets have their turn (specs/bgp.md §14.1). */
export const ROUTE_SLICE_MS = 5;
/** Prefixes decided before the clock is looked at again. */
export const ROUTES_PER_TURN = 256;
/** A name that did not resolve is asked about again after this long. */
export const RESOLVE_AGAIN_MS = 60_000;
/**
 * The longest wait before octets of BGP are sent again. RFC 6298 §2.5 wants a maximum of 60 s or more;
 * with that a lossy path outlives the hold timer (90 s) between two attempts.
 */
export const RETRANSMIT_MS_MAX = 10_000;
/** Queries at once over the door. */
export const QUERIES_AT_ONCE = 64;
/** Pings, traceroutes and the like at once; a stopped one's last probes time out beside them. */
export const MEASUREMENTS_AT_ONCE = 10;
/** A probe without an answer ends after this long. Twice round the world and a slow router take one second. */
export const PROBE_TIMEOUT_MS = 2000;
/** Probes of one traceroute that wait, as many as Debian's keeps. */
export const PROBES_UNDER_WAY = 16;
/** Hops of a traceroute, and rounds of an mtr. */
export const HOPS_MAX = 30;
export const MTR_ROUNDS_MAX = 20;
/** From one round of an mtr to the next: routers report so many errors a second to one address. */
export const MTR_INTERVAL_MS = 1000;
/** Routers of one hop of an mtr that are named. */
export const HOP_ADDRESSES_MAX = 8;
/** Sizes tried by one path-MTU discovery: halving 9,216 octets takes 14. */
export const PATH_MTU_STEPS_MAX = 20;
/** Captures at once: each costs a copy per packet. */
export const CAPTURES_AT_ONCE = 4;
/** Packets of a capture when nobody says how many, and the most. */
export const CAPTURE_PACKETS = 10_000;
export const CAPTURE_PACKETS_MAX = 1_000_000;
/** Octets of the file, likewise. */
export const CAPTURE_OCTETS = 16 * 1024 * 1024;
export const CAPTURE_OCTETS_MAX = 256 * 1024 * 1024;
/** How long a capture runs, likewise: nobody means to leave one running for a day. */
export const CAPTURE_SECONDS = 60;
export const CAPTURE_SECONDS_MAX = 3600;
/** Octets kept of a packet, the default and the most: whole packets of any size. */
export const CAPTURE_SNAP_LENGTH_MAX = 65_535;
/** The least: an IPv6 header and the ports behind it. */
export const CAPTURE_SNAP_LENGTH_MIN = 64;
/** Octets of a capture that wait in the router for its reader; then packets are lost, and counted. */
export const CAPTURE_WAITING_OCTETS = 1024 * 1024;
/** Octets of a capture on their way through the door that its reader has not acknowledged. */
export const CAPTURE_WINDOW_OCTETS = 1024 * 1024;
/**
 * How long a Router that returns beside a living plane waits for its neighbors before it advertises: as
 * long as the plane waits for it (host/workers/carrier.ts).
 */
export const RETURN_LIMIT_MS = 30_000;
/** The part of the peerings a document may remove without confirmation. */
export const BRAKE_FRACTION = 1 / 3;
/** Named virtual routers: each costs more than a megabyte at rest, and has tables with limits of their own. */
export const VRFS_MAX = 64;
/** A UDP port that could not be opened is tried again this long after. */
export const REOPEN_AGAIN_MS = 5000;
/** The most a node may spend on recorded messages, in KiB: a gibibyte is no longer a flight recorder. */
export const RECORDER_KIB_MAX = 1_048_576;
/** BMP stations of a node: each costs a bit per route and view. */
export const BMP_STATIONS_MAX = 8;
/** Seconds for which stale routes may be used (RFC 9494): after a week a router is not restarting, it is gone. */
export const LONG_LIVED_SECONDS_MAX = 7 * 86_400;
/** Dynamic neighbors of one peering when nobody says how many, and the most: a table each, and a timer. */
export const DYNAMIC_NEIGHBORS_DEFAULT = 16;
export const DYNAMIC_NEIGHBORS_MAX = 256;
/** The mesh's port: what IPv6 needs, and what a slot holds beside all headers; when nobody says, as EtherGuard's sample. */
export const MESH_MTU_MIN = 1280;
export const MESH_MTU_MAX = 9000;
export const MESH_MTU_DEFAULT = 1404;
/** Lives of an edge or supernode that may end by an exception in a row; then it waits for another document. */
export const MESH_LIVES = 6;
/** The first wait before the next life, doubling, and the longest; a life this long forgives the ones before. */
export const MESH_RETURN_MS = 1000;
export const MESH_RETURN_MS_MAX = 60_000;
export const MESH_HEALTHY_MS = 600_000;
/** When a supernode tries again that got no UDP port. */
export const MESH_SOCKET_RETRY_MS = 15_000;
/** One-way latencies of other nodes in a view: all of a hundred nodes. */
export const MESH_LATENCIES_SHOWN = 10_000;
/** Ways in a view, likewise. */
export const MESH_WAYS_SHOWN = 10_000;
/** MAC addresses in a view: a screen full, twenty times. */
export const MESH_ADDRESSES_SHOWN = 1000;
/** The view of a mesh is told this often at most. */
export const MESH_PUBLISH_MS = 2000;
/** Directions of links whose history is kept: all of 45 nodes, 1.4 kB each. */
export const MESH_HISTORY_LINKS = 2048;
/** Samples of each: one a minute, and one every five. */
export const MESH_SAMPLES_OF_HOUR = 60;
export const MESH_SAMPLES_OF_DAY = 288;
/** Changes of ways that are kept. */
export const MESH_CHANGES_KEPT = 256;
/** Above so many nodes less often: a view of all grows with their square. */
export const MESH_NODES_SMALL = 100;
