/**
 * Times as Go prints them.
 *
 * Standard: documentation of Go's package time, `Time.String`: `2006-01-02 15:04:05.999999999 -0700 MST`, and the
 * reading of the monotonic clock, in seconds since the process began.
 *
 * @module
 */
import type { Milliseconds, WallTime } from '../../../../base/units.ts';

/** What Go prints for a time that was never set. */
export const NEVER = '0001-01-01 00:00:00 +0000 UTC';

/** Returns a time in UTC, `sinceStart` after the start; of a fraction no zeros at its end. */
export function goTime(at: WallTime, sinceStart: Milliseconds): string {
  const [date = '', time = ''] = new Date(at).toISOString().replace('Z', '').split('T');
  const seconds = time.replace(/\.?0*$/, '');
  const whole = time.slice(0, 8);
  const shown = seconds.length > whole.length ? seconds : whole;
  const sign = sinceStart < 0 ? '-' : '+';
  return `${date} ${shown} +0000 UTC m=${sign}${(Math.abs(sinceStart) / 1000).toFixed(9)}`;
}
