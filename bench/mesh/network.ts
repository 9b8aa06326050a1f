/**
 * A mesh of which every node reaches every other: places on a plane, lines of their own, detours of the
 * internet, clocks that are wrong. The same for the same seed.
 *
 * @module
 */

import type { Random } from '../../router-core/base/random.ts';
import type { LatencyReport } from '../../router-core/mesh/graph/index.ts';
import { isEdgeNumber, type NodeNumber } from '../../router-core/mesh/node-number.ts';

const WIDTH_KM = 20_000;
const HEIGHT_KM = 10_000;
/** Light in fiber, and half as much again for the way it is laid. */
const SECONDS_PER_KM = 7.5e-6;
/** The last mile, at most. */
const LINE_SECONDS = 0.008;
/** One way in so many makes a detour, of up to three times its length. */
const DETOUR_ONE_IN = 5;
const DETOUR_MOST = 3;
/** Clocks are wrong by up to half of it. */
const CLOCK_SECONDS = 2;
const LIFE_SECONDS = 3600;
const FINE = 1_000_000;

type Place = {
  readonly x: number;
  readonly y: number;
  readonly line: number;
  readonly clock: number;
};

/** Returns a report for every ordered pair of `size` nodes. */
export function reportsOf(size: number, random: Random): readonly LatencyReport[] {
  const fraction = (): number => random.below(FINE) / FINE;
  const places = Array.from({ length: size }, () => ({
    x: fraction() * WIDTH_KM,
    y: fraction() * HEIGHT_KM,
    line: fraction() * LINE_SECONDS,
    clock: (fraction() - 0.5) * CLOCK_SECONDS,
  }));
  return places.flatMap((from, u) =>
    places.flatMap((to, v) => {
      if (u === v) return [];
      const detour = random.below(DETOUR_ONE_IN) === 0 ? 1 + fraction() * (DETOUR_MOST - 1) : 1;
      return reportOf(u, v, latencyOf(from, to, detour));
    }),
  );
}

const latencyOf = (from: Place, to: Place, detour: number): number =>
  Math.hypot(from.x - to.x, from.y - to.y) * SECONDS_PER_KM * detour +
  from.line +
  to.line +
  to.clock -
  from.clock;

function reportOf(from: number, to: number, seconds: number): LatencyReport {
  const life = { timeToAliveSeconds: LIFE_SECONDS, additionalCostMs: 0 };
  return { from: nodeOf(from), to: nodeOf(to), seconds, ...life };
}

function nodeOf(index: number): NodeNumber {
  const number = index + 1;
  if (!isEdgeNumber(number)) throw new Error(`${number} is no node's number`);
  return number;
}
