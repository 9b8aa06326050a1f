/**
 * What loss and jitter of a link cost in the metric, beside its latency.
 *
 * Not standardized, and not in the original: off unless our own supernode says `QualityMetric`, or
 * `DynamicRoute.P2P.QualityMetric` is set. It is added to the AdditionalCost of pongs, which every node and supernode
 * knows, so all compute the same ways.
 *
 *   penalty = 2 · jitter + loss / (1 − loss) · 1,000 ms      at most 10,000 ms
 *
 * A packet later than twice the mean difference is rare, so that is what a receiver waits. A packet that is lost is sent
 * again loss / (1 − loss) times in the mean, each time after RFC 6298's least timeout of one second.
 *
 * @module
 */

/** RFC 6298 §2.4. */
const RETRANSMISSION_MS = 1000;
const JITTERS = 2;
const PENALTY_MS_MAX = 10_000;

/** Returns milliseconds; what was not measured costs nothing. */
export function qualityPenalty(jitterMs: number | undefined, loss: number | undefined): number {
  const late = JITTERS * (jitterMs ?? 0);
  const lost = loss === undefined ? 0 : (loss / Math.max(1 - loss, 0.01)) * RETRANSMISSION_MS;
  return Math.min(late + lost, PENALTY_MS_MAX);
}
