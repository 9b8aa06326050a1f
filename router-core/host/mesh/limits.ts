/**
 * Bounds of what a mesh does on its machine.
 *
 * @module
 */

/** Slots of the arena: what is in flight between sockets, tunnels and the interface; 19 MB. */
export const MESH_ARENA_SLOTS = 2048;

/** How long a supernode may take for an answer: as long as the original waits. */
export const HTTP_TIMEOUT_MS = 8_000;
/** Octets of an answer: the peers of thousands of edges. */
export const HTTP_ANSWER_OCTETS = 4 * 1024 * 1024;
/** Questions to supernodes that are open at once. */
export const HTTP_REQUESTS = 16;

/** A report's token stands in its URL: 1.8 times the report, which itself may have 100 KiB. */
export const API_HEADER_OCTETS = 192 * 1024;
/** Octets of a body: a compressed report of thousands of peers. */
export const API_BODY_OCTETS = 1024 * 1024;
/** Octets of bodies that are not whole yet, over all connections of a port. */
export const API_BODIES_OCTETS = 32 * 1024 * 1024;
/** Connections to one port of the API: every edge of a large mesh, with room for those that linger. */
export const API_CONNECTIONS = 1024;
/**
 * Of these, connections from one source (connection-shares.ts): an edge asks three things at once, and a site
 * has a few edges behind one address.
 */
export const API_CONNECTIONS_PER_SOURCE = 32;
/** Requests of one connection; then it begins anew, behind those that wait to be accepted. */
export const API_REQUESTS_PER_CONNECTION = 256;
/** A connection on which nothing moves, an answer that is not read among it, ends after this time. */
export const API_STILL_MS = 20_000;
/** How long a source stays out that was cut off, and how many sources are kept out: a chunk of piled requests takes 20 ms to read. */
export const API_SHUT_OUT_MS = 10_000;
export const API_SHUT_OUT_MAX = 1024;
/** How long a request may take to arrive whole; the original's edges give up after eight seconds. */
export const API_REQUEST_MS = 10_000;
/** An idle connection is kept this long for the next request. */
export const API_KEEP_ALIVE_MS = 20_000;
/** When the ports of the API are tried again that could not be opened. */
export const API_RETRY_MS = 15_000;
/** Fields of a query or form. */
export const API_FIELDS = 64;

/** Time servers asked at once; the file may name more, and a question costs a socket. */
export const TIME_QUESTIONS = 64;
/** Of these, names being looked up at once: the process has four threads for that, and others need some. */
export const TIME_SERVER_LOOKUPS = 2;
/** When a file is written that could not be: a disk has room again, an editor is done. */
export const SAVE_RETRY_MS = 15_000;
/** Changes of a file that wait for that; what comes behind them is lost, and said to be. */
export const UNSAVED_CHANGES_MAX = 4096;
/** Names being resolved at once. */
export const NAME_QUESTIONS = 256;
