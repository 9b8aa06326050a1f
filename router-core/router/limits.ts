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
/** Pings at once, and replies remembered. */
export const PINGS_AT_ONCE = 10;
/** The part of the peerings a document may remove without confirmation. */
export const BRAKE_FRACTION = 1 / 3;
/** A UDP port that could not be opened is tried again this long after. */
export const REOPEN_AGAIN_MS = 5000;
