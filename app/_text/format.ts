/**
 * Numbers, durations and times as people read them.
 *
 * Standard: ISO 8601 for what stands in `title` and `datetime`; s, min, h, d are the symbols of the
 * SI brochure (§4) and the same in every language. All times are UTC unless a zone is given.
 *
 * @module
 */

const COUNT = new Intl.NumberFormat('en');

export const formatCount = (n: number): string => COUNT.format(n);

/** Two units at most: `41 s`, `3 min 40 s`, `6 h`, `4 d 6 h`. */
export function formatDuration(seconds: number): string {
  const total = Math.max(0, Math.round(seconds));
  const days = Math.floor(total / 86_400);
  const hours = Math.floor(total / 3600) % 24;
  const minutes = Math.floor(total / 60) % 60;
  if (days > 9) return `${days} d`;
  if (days > 0) return pair(days, 'd', hours, 'h');
  if (hours > 0) return pair(hours, 'h', minutes, 'min');
  if (minutes > 9) return `${minutes} min`;
  if (minutes > 0) return pair(minutes, 'min', total % 60, 's');
  return `${total} s`;
}

/** One unit, for ages that are read in passing: `12 min`, `3 d`. */
export function formatAge(seconds: number): string {
  const total = Math.max(0, Math.floor(seconds));
  if (total < 60) return `${total} s`;
  if (total < 3600) return `${Math.floor(total / 60)} min`;
  if (total < 86_400) return `${Math.floor(total / 3600)} h`;
  return `${Math.floor(total / 86_400)} d`;
}

/** The way from one step to the next: `+0.2 s`, `+41 s`, `+3 min 40 s`. */
export function formatDifference(ms: number): string {
  if (ms < 9_950) return `+${(Math.max(0, ms) / 1000).toFixed(1)} s`;
  return `+${formatDuration(ms / 1000)}`;
}

/** Three figures: `0.24`, `8.9`, `104`; below zero, as clocks that differ make it, `-36.3`. */
export function formatMs(ms: number): string {
  const size = Math.abs(ms);
  if (size < 1) return ms.toFixed(2);
  return size < 99.95 ? ms.toFixed(1) : String(Math.round(ms));
}

/** The same with its unit: `0.24 ms`. */
export const formatMilliseconds = (ms: number): string => `${formatMs(ms)} ms`;

/** From microseconds: `12 µs`, `1.2 ms`. */
export const formatMicroseconds = (us: number): string =>
  us < 999.5 ? `${Math.round(us)} µs` : formatMilliseconds(us / 1000);

/** Powers of 1000, as interfaces count: `812 B`, `1.84 MB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let value = bytes;
  let at = 0;
  while (value >= 999.5 && at < units.length - 1) {
    value /= 1000;
    at += 1;
  }
  const text = at === 0 ? String(Math.round(value)) : Number(value.toPrecision(3)).toString();
  return `${text} ${units[at]}`;
}

/** `14:02:11` in the given zone. */
export const formatClock = (iso: string, timeZone: string | undefined = 'UTC'): string =>
  new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  }).format(new Date(iso));

/** `2026-11-21 14:02:11 UTC`. */
export const formatUtc = (iso: string): string =>
  `${new Date(iso).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

/** `8:41`, for what runs out. */
export function formatCountdown(seconds: number): string {
  const total = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(total / 60)}:${String(total % 60).padStart(2, '0')}`;
}

/** Seven digits of a commit of git; of a folder's digest its first seven after the word. */
export const formatCommit = (commit: string): string =>
  commit.replace(/^digest[-:]/, '').slice(0, 7);

/** An AS number in what is always the same and what differs: `AS424242` and `6001`. */
export function asnParts(asn: number): { readonly same: string; readonly own: string } {
  const digits = String(asn);
  return digits.length === 10 && digits.startsWith('424242')
    ? { same: 'AS424242', own: digits.slice(6) }
    : { same: 'AS', own: digits };
}

function pair(first: number, unit: string, second: number, smaller: string): string {
  return second === 0 ? `${first} ${unit}` : `${first} ${unit} ${second} ${smaller}`;
}
