/**
 * Numbers of the latency graph.
 *
 * Standard: EtherGuard, etherguard-go v0.3.5 (`mtypes`, `path`).
 *
 * @module
 */
import { BROADCAST } from '../node-number.ts';

/** From here on a latency means "no link", in seconds. */
export const INFINITE_SECONDS = 99_999;

/** Stands for every node in manual latencies. */
export const ANY_NODE = BROADCAST;

/** Below this a tolerance is none, in milliseconds. */
export const LEAST_TOLERANCE_MS = 0.001;
