/**
 * Sequence numbers: 32 bits that wrap.
 *
 * Standard: RFC 9293 §3.4.
 *
 * Comparisons are right while two numbers are less than 2^31 apart; windows are far smaller.
 *
 * Invariant: a `SequenceNumber` is an integer from 0 to 2^32 - 1.
 *
 * @module
 */
import type { Branded } from '../../base/units.ts';

export type SequenceNumber = Branded<number, 'SequenceNumber'>;

export const sequenceNumber = (n: number): SequenceNumber => (n >>> 0) as SequenceNumber;

/** Returns the number `by` octets later; `by` may be negative. */
export const advance = (s: SequenceNumber, by: number): SequenceNumber => sequenceNumber(s + by);

/** Returns how many octets `to` is after `from`; negative when it is before. */
export const distance = (from: SequenceNumber, to: SequenceNumber): number => (to - from) | 0;

export const isBefore = (a: SequenceNumber, b: SequenceNumber): boolean => ((a - b) | 0) < 0;
export const isAfter = (a: SequenceNumber, b: SequenceNumber): boolean => ((a - b) | 0) > 0;
export const isAtOrBefore = (a: SequenceNumber, b: SequenceNumber): boolean => ((a - b) | 0) <= 0;
export const isAtOrAfter = (a: SequenceNumber, b: SequenceNumber): boolean => ((a - b) | 0) >= 0;

export const later = (a: SequenceNumber, b: SequenceNumber): SequenceNumber =>
  isAfter(a, b) ? a : b;
export const earlier = (a: SequenceNumber, b: SequenceNumber): SequenceNumber =>
  isBefore(a, b) ? a : b;
