/**
 * Bounds of the services a node offers on its own machine.
 *
 * @module
 */

/** Connections to the UAPI socket at once: a few monitors and somebody with `wg show`. */
export const UAPI_CONNECTIONS = 16;
/** Characters of one line; the longest of the protocol, a key, has 81. */
export const UAPI_LINE_LENGTH = 1024;
/** Characters of one request: `wg setconf` with 1,000 peers has 300,000 before it is refused. */
export const UAPI_REQUEST_LENGTH = 1024 * 1024;
/** A connection that says nothing for this long is closed. */
export const UAPI_IDLE_MS = 60_000;
/** A BMP station that does not end its side is cut off this long after we ended ours. */
export const STATION_LINGER_MS = 1000;
