/**
 * Bounds of a supernode and why they are what they are; listed in docs/limits.md.
 *
 * Not standardized.
 *
 * @module
 */

/** Lines of the log that wait for the driver; more of one batch are left out. */
export const LOG_LINES_MAX = 256;
/** Lines about edges that were refused, and about packets of edges that were dropped, at once, and how many a second after: one in 10 s. */
export const REFUSAL_LOGS_BURST = 20;
export const REFUSAL_LOGS_PER_SECOND = 1 / 10;

/**
 * Control messages taken from one edge per second, and at once: a register and a pong per neighbor in every
 * ping interval. Opening and reading one takes some 25 µs.
 */
export const MESSAGES_PER_SECOND = 200;
export const MESSAGES_BURST = 2000;

/** Octets of a report as it comes: it is compressed, and may have 64 KiB when it is not. */
export const REPORT_OCTETS_MAX = 65_536;
/** Octets of a report that are unpacked at most, before a reader with bounds of its own sees them. */
export const UNPACKED_OCTETS_MAX = 1_048_576;
/** Reports of one edge per second, and at once: one is due every few seconds, and may take 100 ms to read. */
export const REPORTS_PER_SECOND = 1;
export const REPORTS_BURST = 5;
/** Reads of one edge per second, and at once: three kinds, each at most as often as it is pushed. */
export const READS_PER_SECOND = 10;
export const READS_BURST = 60;

/** Local addresses kept of an edge and family: those of its configuration, and a few of its own. */
export const LOCAL_ADDRESSES_MAX = 80;

/** Wrong passwords from one source at once, and how many of them are forgotten per second: one in 12 s. */
export const FAILURES_BURST = 10;
export const FAILURES_PER_SECOND = 1 / 12;
/** Sources whose failures are remembered; the one that was longest quiet makes room. */
export const FAILING_SOURCES_MAX = 1024;

/** The peer list is made anew at most this often, in milliseconds: it takes some 30 ms for 1,000 edges. */
export const PEER_LIST_INTERVAL_MS = 250;
/** The same news are not pushed to the same edge again within this time, in milliseconds. */
export const PUSH_AGAIN_MS = 500;
/** Entries of a matrix looked at in one slice of a computation, and the time for slices of one batch, in milliseconds. */
export const GRAPH_SLICE = 1_000_000;
export const GRAPH_BATCH_MS = 4;
