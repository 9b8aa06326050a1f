/**
 * Why a best path is kept from a neighbor: numbers in the order in which the rules are asked.
 *
 * Not standardized; BGP specification §6.1.
 *
 * Invariant: of two reasons the lower one comes first in the specification, so rules that are asked
 * for a whole group and rules asked for one member give one answer: the lower number.
 *
 * @module
 */
import { assert } from '../../base/assert.ts';

/** Nothing keeps the path from the neighbor. */
export const FOR_NEIGHBOR = 0;
export const NOT_ESTABLISHED = 1;
export const FAMILY_NOT_AGREED = 2;
export const NO_NEXT_HOP = 3;
export const NO_BEST_PATH = 4;
export const SPLIT_HORIZON = 5;
export const NOT_REFLECTED = 6;
export const NO_ADVERTISE = 7;
export const NO_EXPORT = 8;
export const ONLY_TO_CUSTOMERS = 9;
export const LONG_LIVED_STALE = 10;
export const AS_IN_PATH = 11;
export const EXPORT_POLICY = 12;
export const MESSAGE_TOO_LONG = 13;
/** The neighbor takes several paths, and others that are for it come first. */
export const NOT_AMONG_BEST = 14;

/** By number: stable tokens. */
export const EXPORT_REASONS = [
  'told',
  'not-established',
  'family-not-agreed',
  'no-next-hop',
  'no-best-path',
  'split-horizon',
  'not-reflected',
  'no-advertise',
  'no-export',
  'only-to-customers',
  'llgr-stale',
  'as-in-path',
  'policy',
  'message-too-long',
  'not-among-best',
] as const;
export type ExportReason = Exclude<(typeof EXPORT_REASONS)[number], 'told'>;

/** Returns the token of a reason, or null when nothing keeps the path back. */
export function exportReason(reason: number): ExportReason | null {
  const token = EXPORT_REASONS[reason];
  assert(token !== undefined, 'every reason has a token');
  return token === 'told' ? null : token;
}

/** The reason that comes first of two, either of which may be FOR_NEIGHBOR. */
export const firstReason = (a: number, b: number): number =>
  a === FOR_NEIGHBOR ? b : b === FOR_NEIGHBOR ? a : Math.min(a, b);
