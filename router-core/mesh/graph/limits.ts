/**
 * Bounds of the graph and why they are what they are; listed in docs/limits.md.
 *
 * Not standardized.
 *
 * @module
 */

/**
 * Nodes of one graph: what a WireGuard device has peers for, and a little. Ten bits, which
 * packed-distance.ts counts on; the matrices of so many take 64 MiB.
 */
export const GRAPH_NODES_MAX = 1024;

/** The longest a latency is believed, in seconds: a day. The configuration's default is 70 s. */
export const LATENCY_LIFE_SECONDS_MAX = 86_400;

/** Half the window of a damping filter: 2,049 measurements, nine hours at the customary interval of 16 s. */
export const DAMPING_RADIUS_MAX = 1024;

/**
 * Entries of the distance matrix looked at per second, on average over computations: a quarter of a
 * core. The next computation waits until the last one is paid for.
 */
export const RELAXATIONS_PER_SECOND = 250_000_000;

/** Of a whole computation, how much may go into single changes before the whole is done instead. */
export const INCREMENTAL_FRACTION = 1 / 2;

/** A full graph looks for nodes without links at most this often, in milliseconds. */
export const RECLAIM_INTERVAL_MS = 1000;
