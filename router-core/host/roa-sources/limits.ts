/**
 * Bounds of the sources of ROAs, and why they are what they are. All stand in docs/limits.md.
 *
 * @module
 */

/** Octets of a published table. DN42's JSON has half a million. */
export const ROA_FILE_BYTES_MAX = 32 * 1024 * 1024;
/** A local file is looked at this often. */
export const ROA_FILE_INTERVAL_MS = 30_000;
/** A URL is asked this often: as often as DN42 makes a new table. */
export const ROA_URL_INTERVAL_MS = 15 * 60_000;
/** A URL that failed is asked again after this long. */
export const ROA_URL_RETRY_MS = 60_000;
/** A download that takes longer is given up. */
export const ROA_URL_TIMEOUT_MS = 60_000;
/** The part of its entries a table may lose at once; one that lost more waits for a person. */
export const ROA_LOSS_MAX = 0.2;
/** Changes of all sources are joined over this time: each means looking at every route again. */
export const ROA_JOIN_MS = 200;
/** A cache's table is written to disk at most this often. */
export const ROA_KEEP_INTERVAL_MS = 60_000;
