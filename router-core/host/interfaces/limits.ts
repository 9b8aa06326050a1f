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
/** Addresses a TAP device may have had; more are left where they are. */
export const ADDRESSES_FLUSHED_MAX = 256;
