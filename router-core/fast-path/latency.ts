/**
 * How long batches take inside the packet worker, as a histogram in the shared memory.
 *
 * Not standardized. Buckets grow by a fourth of an octave: bucket n begins at 2^(n/4) µs.
 *
 * @module
 */
import { CONTROL_LATENCY, LATENCY_BUCKETS } from '../packet/plane-layout.ts';

export type LatencyView = {
  readonly batches: number;
  /** Upper bounds of the buckets that hold the median and the 99th percentile. */
  readonly p50Us: number;
  readonly p99Us: number;
  /** Counts by bucket since the start; a difference of two views is a measurement. */
  readonly histogram: readonly number[];
};

export class LatencyHistogram {
  private readonly counts: Float64Array;

  constructor(buffer: SharedArrayBuffer) {
    this.counts = new Float64Array(buffer, CONTROL_LATENCY, LATENCY_BUCKETS);
  }

  add(milliseconds: number): void {
    const us = milliseconds * 1000;
    const bucket = us <= 1 ? 0 : Math.min(LATENCY_BUCKETS - 1, Math.ceil(4 * Math.log2(us)));
    this.counts[bucket] = (this.counts[bucket] as number) + 1;
  }

  view(): LatencyView {
    const histogram = [...this.counts];
    const batches = histogram.reduce((sum, count) => sum + count, 0);
    return {
      batches,
      p50Us: quantileUs(histogram, batches, 0.5),
      p99Us: quantileUs(histogram, batches, 0.99),
      histogram,
    };
  }
}

function quantileUs(histogram: readonly number[], batches: number, quantile: number): number {
  let left = batches * quantile;
  for (const [bucket, count] of histogram.entries()) {
    left -= count;
    if (left <= 0 && count > 0) return Math.round(2 ** (bucket / 4) * 10) / 10;
  }
  return 0;
}
