/**
 * Bounds of an edge and why they are what they are; listed in docs/limits.md.
 *
 * Not standardized.
 *
 * @module
 */

/** Link peers of one edge, supernodes included: as many as a WireGuard device has. */
export const LINKS_MAX = 1000;
/** Peers that others introduced and that nobody wrote into the file: members can name any number. */
export const INTRODUCED_LINKS_MAX = 256;
/** Of these, places that one introducer has for sure; beyond, it borrows from the others what they do not need. */
export const INTRODUCED_LINKS_SHARE = 64;
/** Endpoints to try of one peer: two families, local and external, from a few witnesses. */
export const CANDIDATES_PER_LINK = 16;
/** Peers that are pointed to one IP address in one round of the hunt: whoever names a victim gets so many initiations. */
export const TRIES_PER_ADDRESS = 8;
/** Pings sent because another node asked for replies: it may ask for any number. */
export const PING_REPLIES_MAX = 10;
/** Outputs that wait for the driver; further log lines are lost, everything else is kept. */
export const OUTPUTS_MAX = 4096;
/** Questions without an answer: every peer's name at once, and what the supernode's pushes cause. */
export const QUESTIONS_MAX = 2048;
/** Frames for everybody, per second, that one link peer may make us pass on: ARP of a thousand hosts. */
export const BROADCASTS_PER_SECOND = 1000;
export const BROADCASTS_BURST = 2000;
/** Control messages per second from one link peer, duplicates not counted: 10 to 20 µs each. */
export const CONTROL_PER_SECOND = 2000;
export const CONTROL_BURST = 4000;
/** Pings per second that one link peer may have us answer: each makes a pong to all. Intervals are seconds. */
export const PINGS_PER_SECOND = 10;
export const PINGS_BURST = 40;
/** Queries answered per second, over all of them: each answer names all peers to all peers. */
export const QUERY_ANSWERS_PER_SECOND = 2;
export const QUERY_ANSWERS_BURST = 16;
/** Log lines about single packets, per second. */
export const PACKET_LOGS_PER_SECOND = 50;
/** Lines about peers that others introduced and that cannot be taken, at once, and how many a second after: one in 10 s. */
export const REFUSAL_LOGS_BURST = 20;
export const REFUSAL_LOGS_PER_SECOND = 1 / 10;
/** Lines about link peers that fall silent or return, at once, and how many a second after: one in 5 s. */
export const LIFE_LOGS_BURST = 32;
export const LIFE_LOGS_PER_SECOND = 1 / 5;
/** Between two rounds of pings, and two reports, in milliseconds: what a supernode tells is told to every edge. */
export const INTERVAL_MIN_MS = 100;
/** Characters of a state hash; real ones have 32. */
export const STATE_HASH_CHARACTERS_MAX = 256;
/** Local addresses told to the supernode beside those of the file. */
export const OWN_ADDRESSES_MAX = 8;
/** One-way latencies that a view lists. */
export const LATENCIES_SHOWN_MAX = 16_384;
