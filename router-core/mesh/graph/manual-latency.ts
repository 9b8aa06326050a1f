/**
 * Latencies an operator sets instead of the measured ones.
 *
 * Standard: EtherGuard, etherguard-go v0.3.5 (`GraphRecalculateSetting.ManualLatency`): milliseconds by source
 * and destination, either of which may be 65535, any node. The most special entry holds; of two with one
 * node each, the one that names the source.
 *
 * @module
 */
import type { NodeNumber } from '../node-number.ts';
import { ANY_NODE } from './constants.ts';

/** Milliseconds by number of the source, then of the destination. */
export type ManualLatency = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Returns the latency set for a link, in milliseconds. */
export const manualLatencyOf = (
  manual: ManualLatency,
  from: NodeNumber,
  to: NodeNumber,
): number | undefined =>
  manual[from]?.[to] ??
  manual[from]?.[ANY_NODE] ??
  manual[ANY_NODE]?.[to] ??
  manual[ANY_NODE]?.[ANY_NODE];
