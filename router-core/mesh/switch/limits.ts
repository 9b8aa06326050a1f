/**
 * Bounds of the switch and why they are what they are; listed in docs/limits.md.
 *
 * Not standardized.
 *
 * @module
 */

/** MAC addresses of all nodes: 1,024 nodes with 16 each, and as many again for those with more. */
export const MAC_ADDRESSES_MAX = 32_768;
/** So many MAC addresses a node may always have, whatever others took. */
export const MAC_ADDRESSES_RESERVED = 16;
/** The most MAC addresses behind one node: a bridged rack of machines. More are reached by broadcast. */
export const MAC_ADDRESSES_PER_NODE_MAX = 1024;

/**
 * Packets remembered so that they are not handled twice: 27 nodes' pongs of a minute and more. When
 * full the oldest goes; what comes again later than that ends by its TTL.
 */
export const DUPLICATES_MAX = 65_536;
