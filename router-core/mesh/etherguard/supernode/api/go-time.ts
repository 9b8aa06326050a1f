/**
 * Times as Go prints them.
 *
 * Standard: documentation of Go's package time, `Time.String`: `2006-01-02 15:04:05.999999999 -0700 MST`, and the
 * reading of the monotonic clock, in seconds since the process began.
 *
 * @module
 */
import { formatWallTime } from '../../../../base/rfc3339.ts';
import type { Milliseconds, WallTime } from '../../../../base/units.ts';

/** What Go prints for a time that was never set. */
export const NEVER = '0001-01-01 00:00:00 +0000 UTC';

/** Returns a time in UTC, `sinceStart` after the start; a fraction does not end with zeros. */
export function goTime(at: WallTime, sinceStart: Milliseconds): string {
  const [, date, time, fraction] =
    /^(.*)T(.*?)((?:\.\d*[1-9])?)\.?0*Z$/.exec(formatWallTime(at)) ?? [];
  const sign = sinceStart < 0 ? '-' : '+';
  const monotonic = (Math.abs(sinceStart) / 1000).toFixed(9);
  return `${date} ${time}${fraction} +0000 UTC m=${sign}${monotonic}`;
}
