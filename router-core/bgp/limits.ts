/**
 * Bounds of the session side and why they are what they are.
 *
 * Not standardized.
 *
 * @module
 */

/**
 * Octets waiting for the transport, per connection. Two of the longest messages: enough to keep TCP
 * busy, little enough that fifty stuck neighbors cost less than 13 MB. The routes that do not fit
 * stay in the RIB, where they cost nothing.
 */
export const SEND_QUEUE_BYTES_MAX = 128 * 1024;
/** Below this the route side is asked for more; a quarter keeps the number of turns small. */
export const SEND_QUEUE_BYTES_LOW = 32 * 1024;
/** Buffers that grew beyond this are given back when they are empty. */
export const BUFFER_BYTES_KEPT = 4096;
/**
 * Connections of one neighbor that only wait for their NOTIFICATION to leave. A neighbor needs one,
 * in a collision two; beyond four it is a program that dials in a loop.
 */
export const FAREWELLS_MAX = 4;
