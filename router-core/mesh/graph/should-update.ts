/**
 * Whether a latency differs enough from the one the table was made with.
 *
 * Standard: EtherGuard, etherguard-go v0.3.5 (`path/path.go`, ShouldUpdate). A supernode compares the
 * difference with a tolerance that grows with the latency; an edge compares steps.
 *
 * Departure: without a tolerance the original's supernode asks for a computation when the latency is
 * equal, and only then; ours when it differs.
 *
 * @module
 */
import { INFINITE_SECONDS, LEAST_TOLERANCE_MS } from './constants.ts';

export type JitterTolerance = {
  readonly toleranceMs: number;
  readonly multiplier: number;
};

/** Whether the new latency asks for a computation; both in seconds, the cool-down is the caller's. */
export function shouldUpdate(
  role: 'edge' | 'super',
  oldSeconds: number,
  newSeconds: number,
  tolerance: JitterTolerance,
): boolean {
  if (isInfinite(oldSeconds) !== isInfinite(newSeconds)) return true;
  if (oldSeconds === newSeconds) return false;
  const o = Math.abs(oldSeconds) * 1000;
  const n = Math.abs(newSeconds) * 1000;
  if (role === 'edge') return quantise(o, tolerance) !== quantise(n, tolerance);
  if (tolerance.toleranceMs <= LEAST_TOLERANCE_MS || tolerance.multiplier < 1) return n !== o;
  return Math.abs(n - o) > tolerance.toleranceMs + Math.max(n, o) * (tolerance.multiplier - 1);
}

/** Returns the upper end of the step a latency is in, in milliseconds; without a tolerance the latency. */
export function quantise(latencyMs: number, { toleranceMs, multiplier }: JitterTolerance): number {
  const x = Math.abs(latencyMs);
  if (toleranceMs <= LEAST_TOLERANCE_MS || multiplier <= 1) return x;
  return Math.ceil((x / toleranceMs) ** (1 / multiplier)) ** multiplier * toleranceMs;
}

export const isInfinite = (seconds: number): boolean => seconds >= INFINITE_SECONDS;
