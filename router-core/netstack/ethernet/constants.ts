/**
 * Numbers of the standards under their names, in milliseconds.
 *
 * @module
 */

/** RFC 4861 §10, "Node constants"; for IPv4 as well, where RFC 826 has none. */
export const MAX_MULTICAST_SOLICIT = 3;
export const MAX_UNICAST_SOLICIT = 3;
export const REACHABLE_TIME = 30_000;
export const RETRANS_TIMER = 1000;
export const DELAY_FIRST_PROBE_TIME = 5000;
/** ReachableTime is drawn anew between half and one and a half (MIN_RANDOM_FACTOR, MAX_RANDOM_FACTOR). */
export const RANDOM_FACTOR_MIN = 0.5;

/** RFC 4862 §5.1: DupAddrDetectTransmits; §5.4.2: the delay before, MAX_RTR_SOLICITATION_DELAY. */
export const DUP_ADDR_DETECT_TRANSMITS = 1;
export const MAX_RTR_SOLICITATION_DELAY = 1000;

/** RFC 5227 §1.1. */
export const PROBE_WAIT = 1000;
export const PROBE_NUM = 3;
export const PROBE_MIN = 1000;
export const PROBE_MAX = 2000;
export const ANNOUNCE_WAIT = 2000;
export const ANNOUNCE_NUM = 2;
export const ANNOUNCE_INTERVAL = 2000;
export const RATE_LIMIT_INTERVAL = 60_000;
export const DEFEND_INTERVAL = 10_000;
