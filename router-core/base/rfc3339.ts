/**
 * Calendar time as text.
 *
 * Standard: RFC 3339 §5.6, always UTC with milliseconds. Days to dates by the civil calendar
 * algorithm of H. Hinnant ("chrono-compatible low-level date algorithms"), so that pure rooms need
 * no `Date`.
 *
 * @module
 */
import type { WallTime } from './units.ts';

const two = (n: number): string => String(n).padStart(2, '0');

/** Returns e.g. `2026-11-21T09:00:00.000Z`. */
export function formatWallTime(at: WallTime): string {
  const days = Math.floor(at / 86_400_000);
  const ms = at - days * 86_400_000;
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const s = Math.floor(ms / 1000);
  const time = `${two(Math.floor(s / 3600))}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T${time}.${String(Math.floor(ms % 1000)).padStart(3, '0')}Z`;
}
