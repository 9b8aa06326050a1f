/**
 * The latency of a tunnel as DN42's classes 1 to 9, slow to change.
 *
 * Not standardized; portal specification §11.1 (class x: e^(x−1) to e^x milliseconds) and §11.6. Every change
 * of a class announces every route of the peering anew to everybody downstream, so a class stays until the
 * median of twelve hours has been outside it by a tenth for a whole hour, and an hour at least.
 *
 * Invariants
 * - After the first class there is never a change within an hour of another.
 * - Memory is fixed: one number per minute of twelve hours.
 *
 * @module
 */
export const SAMPLE_INTERVAL_MS = 60_000;
/** Twelve hours. */
const SAMPLES = 720;
/** The first class is a guess worth having soon; five minutes are past the handshakes. */
const FIRST_SAMPLES = 5;
/** An hour. */
const OUTSIDE_SAMPLES = 60;
const MARGIN = 1.1;
const CLASS_MAX = 9;

/** Returns the class of a round trip in milliseconds. */
export const latencyClassOf = (roundTripMs: number): number =>
  Math.min(CLASS_MAX, Math.max(1, Math.ceil(Math.log(Math.max(roundTripMs, 1)))));

export class LatencyClass {
  /** Undefined: too little is known yet. */
  value: number | undefined = undefined;
  private readonly samples = new Float64Array(SAMPLES);
  private count = 0;
  private outside = 0;
  private sinceChange = 0;

  /** Takes the sample of one minute, in milliseconds; returns whether the class changed. */
  add(roundTripMs: number): boolean {
    this.samples[this.count++ % SAMPLES] = roundTripMs;
    this.sinceChange++;
    if (this.count < FIRST_SAMPLES) return false;
    const median = this.median();
    if (this.value === undefined) return this.become(latencyClassOf(median));
    this.outside = isWithin(this.value, median) ? 0 : this.outside + 1;
    if (this.outside < OUTSIDE_SAMPLES || this.sinceChange < OUTSIDE_SAMPLES) return false;
    return this.become(latencyClassOf(median));
  }

  private become(value: number): boolean {
    this.value = value;
    this.outside = 0;
    this.sinceChange = 0;
    return true;
  }

  private median(): number {
    const known = this.samples.slice(0, Math.min(this.count, SAMPLES)).sort();
    const middle = known.length >>> 1;
    const upper = known[middle] as number;
    return known.length % 2 === 1 ? upper : (upper + (known[middle - 1] as number)) / 2;
  }
}

/** Whether a median is in the class, or out of it by no more than a tenth. */
function isWithin(value: number, median: number): boolean {
  const isAbove = value < CLASS_MAX && median > Math.exp(value) * MARGIN;
  const isBelow = value > 1 && median < Math.exp(value - 1) / MARGIN;
  return !isAbove && !isBelow;
}
