/**
 * The two clocks of the operating system.
 *
 * @module
 */
import { type Instant, instant, type WallClock, wallTime } from '../base/units.ts';

/** Monotonic time in milliseconds. */
export const monotonicNow = (): Instant => instant(performance.now());

export const systemClock: WallClock = { now: () => wallTime(Date.now()) };
