/**
 * Bounds of the interfaces of an edge.
 *
 * @module
 */

/** Octets of the shortest frame the mesh carries: two addresses and something to say. */
export const FRAME_OCTETS_MIN = 13;
/** Frames that wait for a carrier which cannot take them now; one more is dropped, as a network card does. */
export const FRAMES_WAITING = 256;
/** Frames read from a descriptor before the rest of the process has its turn. */
export const FRAMES_PER_WAKE = 64;
/** A receiver of datagrams that is not there is looked for again after this long. */
export const RECONNECT_MS = 100;
/** Regions of shared memory that the other side of memif may hand us, and the octets of one. */
export const MEMIF_REGIONS_MAX = 4;
export const MEMIF_REGION_OCTETS_MAX = 256 * 1024 * 1024;
/** What the other side of memif may take to become ready, and how often we look meanwhile. */
export const MEMIF_HANDSHAKE_MS = 2000;
export const MEMIF_HANDSHAKE_LOOK_MS = 5;
/** Addresses a TAP device may have had; more are left where they are. */
export const ADDRESSES_FLUSHED_MAX = 256;
