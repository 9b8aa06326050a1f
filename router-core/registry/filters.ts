/**
 * The registry's prefix filters: `filter.txt` and `filter6.txt`.
 *
 * Not standardized: five columns `number permit|deny prefix minlen maxlen`, then `# remark`. Rows
 * are asked in the order of their numbers, and the first whose prefix contains the whole prefix
 * decides (portal specification §1.4 and §2).
 *
 * @module
 */
import { type IpPrefix, parseIpPrefix, prefixCovers } from '../base/ip-address.ts';
import { MAX_FILTER_ROWS } from './limits.ts';

export type FilterRow = {
  readonly number: number;
  readonly action: 'permit' | 'deny';
  readonly prefix: IpPrefix;
  readonly minLength: number;
  readonly maxLength: number;
};
/** Rows in the order in which they are asked. */
export type PrefixFilters = {
  readonly ipv4: readonly FilterRow[];
  readonly ipv6: readonly FilterRow[];
};

/** Reads one filter file. Lines that are no rows are counted, not fatal. */
export function parseFilterRows(
  text: string,
  family: 4 | 6,
): { rows: FilterRow[]; badLines: number } {
  const rows: FilterRow[] = [];
  let badLines = 0;
  for (const line of text.split(/\r\n|\n|\r/)) {
    const content = line.split('#', 1)[0] as string;
    if (content.trim() === '') continue;
    const row = parseFilterRow(content.trim().split(/\s+/), family);
    if (row === undefined || rows.length >= MAX_FILTER_ROWS) badLines++;
    else rows.push(row);
  }
  // Array.prototype.sort is stable: of equal numbers the first in the file is asked first.
  return { rows: rows.sort((a, b) => a.number - b.number), badLines };
}

/** Returns the row that decides about a prefix, or undefined when none contains it. */
export const decidingRow = (rows: readonly FilterRow[], prefix: IpPrefix): FilterRow | undefined =>
  rows.find((row) => prefixCovers(row.prefix, prefix));

function parseFilterRow(words: readonly string[], family: 4 | 6): FilterRow | undefined {
  const [number, action, prefixText, minimum, maximum] = words;
  if (number === undefined || prefixText === undefined || maximum === undefined) return undefined;
  const prefix = parseIpPrefix(prefixText);
  const lengths = [number, minimum as string, maximum].map((w) =>
    /^[0-9]{1,9}$/.test(w) ? Number(w) : Number.NaN,
  );
  if (action !== 'permit' && action !== 'deny') return undefined;
  if (prefix?.family !== family || lengths.some(Number.isNaN)) return undefined;
  const [n, minLength, maxLength] = lengths as [number, number, number];
  if (minLength > maxLength || maxLength > prefix.bytes.length * 8) return undefined;
  return { number: n, action, prefix, minLength, maxLength };
}
