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

/** Connections of one service at once: a browser opens six per site. TCP has 512 for all services. */
export const SERVICE_CONNECTIONS = 256;
/** Of these, from one address in DN42 (an IPv6 /64): nobody takes a whole service. */
export const SERVICE_CONNECTIONS_PER_SOURCE = 32;
/** What a client may take to say where it wants to go. */
export const PROXY_HANDSHAKE_MS = 10_000;
/** After a refusal the client may still be saying something; RFC 1928 §6 would allow ten seconds. */
export const FAREWELL_MS = 2_000;
/** A relayed connection on which nothing passes is ended: an SSH session over lunch stays, a lost one goes. */
export const RELAY_IDLE_MS = 2 * 3600 * 1000;
/** And when one side has said that it is done, this long: TCP itself gives up after 60 s without progress. */
export const RELAY_HALF_CLOSED_IDLE_MS = 120_000;
/** Octets that one direction of a relay holds beside the buffers of TCP and of the system. */
export const RELAY_BUFFER_BYTES = 64 * 1024;

/** Addresses of one name that are tried, one after the other. */
export const DIAL_ADDRESSES = 4;
/** When another address is left to try, one gets so long; the last has TCP's own 20 s. */
export const DIAL_NEXT_AFTER_MS = 5_000;

/** How long a DNS server has to answer one question, and how often it is asked. */
export const DNS_ANSWER_MS = 2_000;
export const DNS_ATTEMPTS = 2;
/** Names that are being resolved at once; each asks two questions. */
export const DNS_NAMES = 64;
/** Octets of an answer over TCP that we read: RFC 1035 would allow 65,535, and an address list has no need. */
export const DNS_ANSWER_BYTES = 16 * 1024;
/** Aliases (CNAME) followed inside one answer. */
export const DNS_ALIASES = 8;
/** A BMP station that does not end its side is cut off this long after we ended ours. */
export const STATION_LINGER_MS = 1000;
