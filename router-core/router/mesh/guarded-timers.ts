/**
 * The node's timer queue as an edge or supernode sees it: one that fails fails alone, and one that ended is not
 * called again.
 *
 * Not standardized; docs/architecture.md §8.
 *
 * @module
 */
import type { TimerOwner, TimerQueue, Timers } from '../../base/timer-queue.ts';
import type { Instant } from '../../base/units.ts';

export type GuardedTimers = {
  readonly queue: TimerQueue;
  /** Disarms every timer that was set through the queue. */
  end(): void;
};

export function guardTimers(
  queue: TimerQueue,
  failed: (error: unknown, now: Instant) => void,
): GuardedTimers {
  /** Those of owners that may have one armed; an owner that ends clears all of its. */
  const used = new Set<{ clearAll(): void }>();
  return {
    queue: {
      ...queue,
      add<Name extends string>(owner: TimerOwner<Name>): Timers<Name> {
        const timers = queue.add<Name>({
          timerExpired(name, now) {
            try {
              owner.timerExpired(name, now);
            } catch (error) {
              failed(error, now);
            }
          },
        });
        return {
          ...timers,
          set(name, at) {
            used.add(timers);
            timers.set(name, at);
          },
          clearAll() {
            used.delete(timers);
            timers.clearAll();
          },
        };
      },
    },
    end() {
      for (const timers of used) timers.clearAll();
      used.clear();
    },
  };
}
