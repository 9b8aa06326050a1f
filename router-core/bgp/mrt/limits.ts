/**
 * Bounds of MRT and why they are what they are.
 *
 * Not standardized.
 *
 * @module
 */

/**
 * Octets of messages remembered per neighbor. At DN42 churn (a few updates of 100 octets a minute) about
 * half a day; and more than one message of the longest kind.
 */
export const RECORDER_BYTES_PER_NEIGHBOR = 128 * 1024;
/** Octets remembered of all neighbors together: 128 of them in full, the others with what is left. */
export const RECORDER_BYTES_TOTAL = 16 * 1024 * 1024;
/** What a neighbor begins with, whatever the others use. */
export const RECORDER_BYTES_MIN = 4 * 1024;
/** Octets of a table written before others have their turn: about a millisecond. */
export const DUMP_SLICE_BYTES = 64 * 1024;
/** Rows looked at in such a slice: many of them may have nothing to write. */
export const DUMP_SLICE_ROWS = 16 * 1024;
/**
 * The longest record that is read. A peer index table of 65,535 entries has 1.6 MB; a prefix with a
 * thousand paths of the longest attributes is no record of a real table.
 */
export const RECORD_BYTES_MAX = 4 * 1024 * 1024;
/** Prefixes named in one line about an UPDATE; the others are counted. */
export const PREFIXES_IN_WORDS = 8;
