/**
 * Autonomous system numbers as text.
 *
 * Standard: RFC 5396 (asplain); RFC 7607 (0 is never valid).
 *
 * @module
 */
import type { Asn } from './units.ts';

/** The number that stands for a four-octet AS in a two-octet field (RFC 6793 §3). */
export const AS_TRANS = 23456 as Asn;

/** Returns the number as an `Asn`, or undefined unless it is 1 to 4294967295. */
export function asnFromNumber(n: number): Asn | undefined {
  return Number.isInteger(n) && n > 0 && n <= 0xffffffff ? (n as Asn) : undefined;
}

/** Reads `4242426001`, `AS4242426001` or `as4242426001`; undefined when it is none of these. */
export function parseAsn(text: string): Asn | undefined {
  const match = /^(?:as)?([0-9]{1,10})$/i.exec(text.trim());
  return match?.[1] === undefined ? undefined : asnFromNumber(Number(match[1]));
}

/** Like `parseAsn`, and four digits are the habit of DN42: 6001 means AS4242426001. */
export function parseAsnOfVisitor(text: string): Asn | undefined {
  const short = /^\s*(?:as)?([0-9]{4})\s*$/i.exec(text);
  return short?.[1] === undefined ? parseAsn(text) : parseAsn(`424242${short[1]}`);
}
