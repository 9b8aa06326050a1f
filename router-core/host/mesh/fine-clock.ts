/**
 * The wall clock, with fractions of a millisecond.
 *
 * Not standardized. A mesh measures one-way latencies, and on a local network they are shorter than the milliseconds of
 * `Date.now`. Fractions come from the monotonic clock.
 *
 * Invariant: whole milliseconds are those of the system's wall clock, also after it was set.
 *
 * @module
 */
import { type WallClock, wallTime } from '../../base/units.ts';
import { monotonicNow } from '../system-clock.ts';

/** Returns a clock; the two it is made of are for tests. */
export function createFineClock(
  coarse: () => number = Date.now,
  monotonic: () => number = monotonicNow,
): WallClock {
  const before = coarse();
  // Until the next millisecond begins: what starts in the middle of one would be early by half of it.
  for (let i = 0; i < READINGS_MAX && coarse() === before; i++);
  let offset = coarse() - monotonic();
  return {
    now() {
      const whole = coarse();
      const fine = monotonic() + offset;
      // Behind: the wall clock has begun another millisecond. Ahead: it runs slower, or was set back.
      const known = Math.min(Math.max(fine, whole), whole + FRACTION_MAX);
      offset += known - fine;
      return wallTime(known);
    },
  };
}

const FRACTION_MAX = 0.999;
/** More than a millisecond of readings; a clock that stands still is not waited for. */
const READINGS_MAX = 100_000;
