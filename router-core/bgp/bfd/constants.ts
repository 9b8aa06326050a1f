/**
 * Numbers of BFD under the names of their standards.
 *
 * Standard: RFC 5880 §4.1 (packet, diagnostics, states), §6.8.1 to §6.8.7; RFC 5881 §4 and §5.
 *
 * @module
 */
import { milliseconds } from '../../base/units.ts';

export const BFD_VERSION = 1;
/** RFC 5881 §4: where single-hop control packets go. */
export const BFD_CONTROL_PORT = 3784;
/** RFC 5881 §4: source ports are 49152 to 65535. */
export const BFD_SOURCE_PORT_MIN = 49_152;
export const BFD_SOURCE_PORTS = 16_384;
/** RFC 5881 §5: what crossed a router is not from next door. */
export const BFD_HOP_LIMIT = 255;

/** The states in the order of their wire values (RFC 5880 §4.1). */
export const BFD_STATES = ['admin-down', 'down', 'init', 'up'] as const;
export type BfdState = (typeof BFD_STATES)[number];

/** Diagnostics in the order of their wire values (RFC 5880 §4.1). */
export const BFD_DIAGNOSTICS = [
  'none',
  'detection time expired',
  'echo function failed',
  'neighbor signaled session down',
  'forwarding plane reset',
  'path down',
  'concatenated path down',
  'administratively down',
  'reverse concatenated path down',
] as const;
export const CONTROL_DETECTION_TIME_EXPIRED = 1;
export const NEIGHBOR_SIGNALED_SESSION_DOWN = 3;
export const ADMINISTRATIVELY_DOWN = 7;

/** RFC 5880 §6.8.3: while the session is not up, packets leave no faster than this. */
export const SLOW_INTERVAL = milliseconds(1000);
/** RFC 5880 §6.8.1: RemoteMinRxInterval before the other side has told, in microseconds. */
export const REMOTE_MIN_RX_INITIAL = 1;

/** RFC 5880 §6.8.7: an interval is shortened by up to a quarter, at a multiplier of 1 by 10 to 25 percent. */
export const JITTER_PERCENT = 25;
export const JITTER_PERCENT_MIN_WITHOUT_REPEAT = 10;
