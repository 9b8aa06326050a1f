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

/** Rows of the source limiter: sources seen within a second or two, not hosts ever seen. */
export const SOURCE_BUCKETS = 1024;
/**
 * Handshake messages per second and source (IPv4 address, IPv6 /64) before X25519: wireguard-go's
 * figure under load. The burst lets all peers behind one address come back at once.
 */
export const HANDSHAKES_PER_SECOND = 20;
export const HANDSHAKES_BURST = 20;

/** Events waiting for the driver, which takes them after every batch. */
export const QUEUED_EVENTS_MAX = 4096;
/** Events about strangers (wrong MAC1, unknown key), per second over all of them: diagnosis needs one. */
export const STRANGER_EVENTS_PER_SECOND = 10;
/** The least time between two equal complaints about one peer. */
export const PEER_EVENT_INTERVAL = milliseconds(1000);
