/**
 * What an operator writes about BFD: `true`, or the parameters that differ from the defaults.
 *
 * Standard: RFC 5880 §6.8.1 (DesiredMinTxInterval, RequiredMinRxInterval, DetectMult). The bounds are ours.
 *
 * @module
 */
import type { BfdParameters } from '../bgp/index.ts';

export type BfdWish = boolean | Partial<BfdParameters>;

/** Milliseconds: a shared event loop keeps no shorter promise. */
const INTERVAL_MS_MIN = 100;
/** Slower than this, BGP's own hold timer finds out as soon. */
const INTERVAL_MS_MAX = 30_000;
/** With fewer packets that may be lost, one late turn of the loop is a dead neighbor. */
const MULTIPLIER_MIN = 3;
/** RFC 5880 §4.1: eight bits. */
const MULTIPLIER_MAX = 255;

/** A neighbor is given up after 1.5 s of silence: five packets, so that one slow turn of a loop is none. */
const DEFAULT_BFD: BfdParameters = { minTx: 300, minRx: 300, multiplier: 5 };

export const BFD_RULE = `BFD takes minTx and minRx from ${INTERVAL_MS_MIN} to ${INTERVAL_MS_MAX} ms and a multiplier from ${MULTIPLIER_MIN} to ${MULTIPLIER_MAX}.`;

/** Returns all parameters, or undefined where BFD is not wanted. */
export function bfdOfWish(wish: BfdWish | undefined): BfdParameters | undefined {
  if (wish === undefined || wish === false) return undefined;
  return wish === true ? DEFAULT_BFD : { ...DEFAULT_BFD, ...wish };
}

/** Whether the parameters may run. */
export function isBfd({ minTx, minRx, multiplier }: BfdParameters): boolean {
  const isWithin = (n: number, low: number, high: number): boolean =>
    Number.isInteger(n) && n >= low && n <= high;
  return (
    isWithin(minTx, INTERVAL_MS_MIN, INTERVAL_MS_MAX) &&
    isWithin(minRx, INTERVAL_MS_MIN, INTERVAL_MS_MAX) &&
    isWithin(multiplier, MULTIPLIER_MIN, MULTIPLIER_MAX)
  );
}
