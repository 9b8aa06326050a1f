/**
 * Numbers of WireGuard under the names of its paper; our own below.
 *
 * Standard: WireGuard paper (Donenfeld, "WireGuard: Next Generation Kernel Network Tunnel") §5.4 and
 * §6.1; the values the paper leaves open are those of the Linux kernel module and wireguard-go.
 *
 * @module
 */
import { asciiBytes } from '../base/bytes.ts';
import { milliseconds, seconds } from '../base/units.ts';

// WireGuard paper §5.4: strings mixed into the handshake.
export const CONSTRUCTION = asciiBytes('Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s');
export const IDENTIFIER = asciiBytes('WireGuard v1 zx2c4 Jason@zx2c4.com');
export const LABEL_MAC1 = asciiBytes('mac1----');
export const LABEL_COOKIE = asciiBytes('cookie--');

// WireGuard paper §6.1: timers.
export const REKEY_AFTER_TIME = seconds(120);
export const REJECT_AFTER_TIME = seconds(180);
export const REKEY_ATTEMPT_TIME = seconds(90);
export const REKEY_TIMEOUT = seconds(5);
export const KEEPALIVE_TIMEOUT = seconds(10);
/** WireGuard paper §6.6: how long a cookie may be used. */
export const COOKIE_REFRESH_TIME = seconds(120);
/** WireGuard paper §6.4 asks for jitter on the retransmission; Linux draws up to a third of a second. */
export const REKEY_TIMEOUT_JITTER_LIMIT_MS = 334;
/** WireGuard paper §6.3: all secrets of a peer are gone this long after the last new key pair. */
export const ZERO_KEY_MATERIAL_AFTER = milliseconds(3 * REJECT_AFTER_TIME);

/**
 * The paper rekeys after 2^60 messages and rejects after 2^64 - 2^13 - 1. Counters here are plain
 * numbers, exact below 2^53: we rekey and reject earlier, which no peer can tell within 180 s.
 */
export const REKEY_AFTER_MESSAGES = 2 ** 52;
export const REJECT_AFTER_MESSAGES = 2 ** 53 - 2 ** 13 - 1;
/** A counter whose upper half reaches this is not below 2^53. */
export const COUNTER_HIGH_LIMIT = 0x200000;

// Lengths in octets.
export const KEY_BYTES = 32;
export const HASH_BYTES = 32;
export const TAG_BYTES = 16;
export const MAC_BYTES = 16;
export const TIMESTAMP_BYTES = 12;
export const COOKIE_BYTES = 16;
export const COOKIE_NONCE_BYTES = 24;
export const COOKIE_SECRET_BYTES = 32;
/** WireGuard paper §5.4.6: plaintext is padded to a multiple of this. */
export const PADDING_MULTIPLE = 16;

/** Linux and wireguard-go accept an initiation of one peer every twentieth of a second or 20 ms; we take 20 ms. */
export const INITIATION_INTERVAL = milliseconds(20);

// Our own: "we are no cannon" (docs/architecture.md §8). An endpoint that never answered gets one
// series of REKEY_ATTEMPT_TIME, then single initiations this far apart, whatever wants the tunnel.
export const BACKOFF_INTERVALS = [REKEY_TIMEOUT, seconds(120), seconds(900)] as const;
/** Single initiations at the two-minute interval before the interval becomes fifteen minutes. */
export const BACKOFF_PROBES = 5;
