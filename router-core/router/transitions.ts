/**
 * The story of one peering: numbered transitions, the last hundred.
 *
 * Not standardized; portal specification §7 (`timeline[]`).
 *
 * Invariant: numbers grow by one for as long as the router runs; nothing is renumbered when old
 * entries fall out.
 *
 * @module
 */
import { formatWallTime } from '../base/rfc3339.ts';
import type { WallClock } from '../base/units.ts';
import { TRANSITIONS_PER_PEERING } from './limits.ts';
import type { TimelineStep, Transition } from './types.ts';

export interface TransitionLog {
  add(step: TimelineStep, detail?: string, operation?: string): void;
  /** When the step was reached last, or undefined. */
  last(step: TimelineStep): Transition | undefined;
  readonly entries: readonly Transition[];
}

export function createTransitionLog(clock: WallClock): TransitionLog {
  const entries: Transition[] = [];
  let number = 0;
  return {
    entries,
    add(step, detail, operation) {
      number++;
      entries.push({
        number,
        step,
        at: formatWallTime(clock.now()),
        ...(detail === undefined ? {} : { detail }),
        ...(operation === undefined ? {} : { operation }),
      });
      if (entries.length > TRANSITIONS_PER_PEERING) entries.shift();
    },
    last: (step) => entries.findLast((entry) => entry.step === step),
  };
}
