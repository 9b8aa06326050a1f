/**
 * Bounds of this room and why they are what they are; listed in docs/limits.md.
 *
 * Not standardized.
 *
 * @module
 */
import { milliseconds } from '../base/units.ts';

/** Peers of one device. The largest DN42 nodes have some 300 peerings; three times that is room. */
export const PEERS_MAX = 1000;

/**
 * Rows of the key-pair table per peer: previous, current, next, an initiation under way, and the one
 * a response is built with before the old next one goes.
 */
export const KEY_PAIRS_PER_PEER = 5;
/** All of them. */
export const KEY_PAIR_ROWS = PEERS_MAX * KEY_PAIRS_PER_PEER;

/**
 * Packets that wait for a key pair, per peer. Linux holds 128; the slots here belong to everybody,
 * and what waits is a TCP SYN, an echo or a keepalive of BGP: a few suffice.
 */
export const STAGED_PACKETS_PER_PEER = 16;
/** Packets that wait, over all peers: a quarter of the smallest arena, so silent peers starve nobody. */
export const STAGED_PACKETS_TOTAL = 256;

/** Prefixes of a peer's source filter. DN42 peerings allow all; a mesh link names tens. Walked in order. */
export const ALLOWED_IPS_PER_PEER = 256;

/** Replay window in counters, as in Linux; 32 fewer can be told apart (RFC 6479 §2). */
export const REPLAY_WINDOW_BITS = 8192;

/** Rows of the limiters of addresses: those seen within a second or two, not hosts ever seen. */
export const SOURCE_BUCKETS = 4096;
/**
 * Handshake messages per second and source (IPv4 address, IPv6 /64) before X25519: wireguard-go's
 * figure under load. The burst lets all peers behind one address come back at once; a second burst of
 * the same size is kept for messages with the right MAC2.
 */
export const HANDSHAKES_PER_SECOND = 20;
export const HANDSHAKES_BURST = 20;

/**
 * Handshake messages per second from which on we are under load: 4 % of a core with node:crypto,
 * 40 % with noble. The burst lets all peers of the largest nodes come back at once.
 */
export const UNDER_LOAD_PER_SECOND = 100;
export const UNDER_LOAD_BURST = 300;
/** How long we stay under load after the last message over the rate: wireguard-go's figure. */
export const UNDER_LOAD_AFTER_TIME = milliseconds(1000);
/** Cookie replies per second, and at once, over all sources: 20 µs each, so 10 % of a core. */
export const COOKIE_REPLIES_PER_SECOND = 5000;
export const COOKIE_REPLIES_BURST = 500;
/** Cookie replies per second, and at once, per source: as many as it may send handshakes. */
export const COOKIE_REPLIES_PER_SOURCE = 20;

/**
 * Initiations per second, and at once, to one address (IPv4 address, IPv6 /64) over all peers: whoever
 * names a victim as endpoint of many peerings gets 1.5 kB/s out of us. Fifty peers behind one address
 * begin together; more take turns.
 */
export const INITIATIONS_PER_TARGET = 10;
export const INITIATIONS_PER_TARGET_BURST = 50;
export const TARGET_BUCKETS = 1024;

/** Events waiting for the driver, which takes them after every batch. */
export const QUEUED_EVENTS_MAX = 4096;
/** Events about strangers (wrong MAC1, unknown key), per second over all of them: diagnosis needs one. */
export const STRANGER_EVENTS_PER_SECOND = 10;
/** The least time between two equal complaints about one peer. */
export const PEER_EVENT_INTERVAL = milliseconds(1000);

/** A peer with a rate limit may send this part of a second at once, and never fewer packets. */
export const RATE_BURST_SECONDS = 0.1;
export const RATE_BURST_MIN = 32;
