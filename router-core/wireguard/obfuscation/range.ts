/**
 * Ranges of whole numbers as AmneziaWG writes them: `5` or `5-104`.
 *
 * Not standardized; the notation of AmneziaWG's configuration.
 *
 * @module
 */
export type Range = { readonly low: number; readonly high: number };

/** Reads a number or a range within `minimum` to `maximum`; undefined when it is none. */
export function parseRange(
  value: number | string,
  minimum: number,
  maximum: number,
): Range | undefined {
  const match = /^([0-9]{1,10})(?:-([0-9]{1,10}))?$/.exec(String(value));
  if (match === null) return undefined;
  const low = Number(match[1]);
  const high = Number(match[2] ?? match[1]);
  return low >= minimum && low <= high && high <= maximum ? { low, high } : undefined;
}

/** Whether a number of 32 bits, signed or not, lies in a range. */
export function contains({ low, high }: Range, bits: number): boolean {
  const value = bits >>> 0;
  return value >= low && value <= high;
}

export const overlap = (a: Range, b: Range): boolean => a.low <= b.high && b.low <= a.high;
