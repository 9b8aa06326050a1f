/**
 * Bounds of RTR, and why they are what they are. All stand in docs/limits.md.
 *
 * Not standardized.
 *
 * @module
 */

/** Octets of one PDU: an error report that repeats a PDU with a long text is the longest worth reading. */
export const RTR_PDU_BYTES_MAX = 16 * 1024;
/** Records of one cache, as many as are read from a file. DN42 has about 5,000. */
export const RTR_RECORDS_MAX = 500_000;
/** A cache that is silent for this long in the middle of an answer, or before one, is left. */
export const RTR_ANSWER_MS = 60_000;
/** The first wait after a failed connection; it doubles up to the retry interval. */
export const RTR_RECONNECT_MS_MIN = 5000;
/** Characters of an error text that are shown. */
export const RTR_ERROR_TEXT_MAX = 200;
