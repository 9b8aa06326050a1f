/**
 * Bounds of what is read from other nodes, and why they are what they are; listed in docs/limits.md.
 *
 * Not standardized.
 *
 * @module
 */

/**
 * Octets of a gob stream. The largest honest one is the HTTP report of an edge with 1,000 neighbors:
 * some 30 octets each. A message in a datagram is shorter by nature.
 */
export const GOB_STREAM_BYTES_MAX = 65_536;
/** Values within values. Messages of EtherGuard have three levels; the rest is for fields we skip. */
export const GOB_DEPTH_MAX = 16;
