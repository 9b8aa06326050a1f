/**
 * Weights and distances as whole numbers that add up without an error.
 *
 * Not standardized.
 *
 *   packed = latency in ticks of 2⁻¹⁶ s (15 µs), rounded up × 2¹⁰ + links on the way
 *
 * Adding two of them adds both parts, and comparing them compares latency first and links second. So of
 * ways that are equally fast the one with the fewest links is the shortest, every link makes a way
 * longer, and a shortest way never holds a loop, not even one without latency.
 *
 * Invariants
 * - A sum over any way of the graph is exact, in whatever order it is added: 1,023 links of at most
 *   99,999 s stay below 2⁵³.
 * - Rounding up never makes a negative cycle.
 * - An unreachable node is at Infinity.
 *
 * @module
 */
import { INFINITE_SECONDS } from './constants.ts';

const TICKS_PER_SECOND = 65_536;
/** One more than the links of the longest way (GRAPH_NODES_MAX). */
const LINKS = 1024;

/** Returns the weight of one link, Infinity when there is none. Clocks may be wrong by a day, not more. */
export function packLatency(seconds: number): number {
  if (seconds >= INFINITE_SECONDS) return Number.POSITIVE_INFINITY;
  return Math.ceil(Math.max(seconds, -INFINITE_SECONDS) * TICKS_PER_SECOND) * LINKS + 1;
}
