/**
 * The two clocks of the operating system.
 *
 * @module
 */
import { type Instant, instant, type WallClock, wallTime } from '../base/units.ts';

/** `performance.now` begins with its thread; the clock below it (CLOCK_MONOTONIC) is one for all. */
const MACHINE_OFFSET = machineMilliseconds() - performance.now();

/** Monotonic time in milliseconds, the same in every thread. */
export const monotonicNow = (): Instant => instant(performance.now() + MACHINE_OFFSET);

export const systemClock: WallClock = { now: () => wallTime(Date.now()) };

function machineMilliseconds(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1_000_000;
}
