/**
 * Numbers of the standards under their names, then our own.
 *
 * Standard: RFC 9293, RFC 5681, RFC 6298, RFC 6928, RFC 7323, RFC 6056.
 *
 * @module
 */
import { milliseconds, seconds } from '../../base/units.ts';

/** RFC 9293 §3.7.1: what a peer without the option gets, per family. */
export const DEFAULT_MSS_IPV4 = 536;
export const DEFAULT_MSS_IPV6 = 1220;
/** RFC 8201 §4: no path of IPv6 is narrower, whatever a Packet Too Big says. */
export const MIN_MTU_IPV6 = 1280;

/** RFC 6298 §2.1 and §5.7. */
export const RTO_INITIAL = seconds(1);
export const RTO_AFTER_LOST_SYN = seconds(3);
/** RFC 6298 §2: the clock granularity G. */
export const CLOCK_GRANULARITY = milliseconds(1);

/** RFC 5681 §3.2. */
export const DUP_THRESH = 3;
/** RFC 6928 §2: the initial window in segments and octets. */
export const INITIAL_WINDOW_SEGMENTS = 10;
export const INITIAL_WINDOW_BYTES = 14_600;

/** RFC 7323 §2.3. */
export const WINDOW_SCALE_MAX = 14;
/** RFC 7323 §5.5: TS.Recent older than this says nothing. */
export const TS_RECENT_LIFETIME = seconds(24 * 24 * 3600);

/** RFC 6335 §6: the dynamic ports. */
export const EPHEMERAL_PORT_FIRST = 49_152;
export const EPHEMERAL_PORTS = 65_536 - EPHEMERAL_PORT_FIRST;

// Our own.

/**
 * Least MSS we honor. A peer that offers 1 would make us send a header per octet; with all options,
 * 88 leaves 48 octets (the number is Linux's TCP_MIN_MSS).
 */
export const MIN_SEND_MSS = 88;
/** Least MTU of an IPv4 path we believe: below, an ICMP error is an attack (RFC 5927 §7). */
export const MIN_MTU_IPV4 = 552;
/** After so many timeouts in a row without progress, segments shrink to what every path carries. */
export const BLACK_HOLE_TIMEOUTS = 3;
/** A connection over a TIME-WAIT of the same tuple begins at least so far behind it. */
export const SEQUENCE_STEP_AFTER_TIME_WAIT = 128_000;
/** When to send the SYN of `resetStale` again, and when to give up. */
export const STALE_RETRANSMISSIONS = [milliseconds(500), milliseconds(1500)] as const;
export const STALE_TIMEOUT = seconds(3);
