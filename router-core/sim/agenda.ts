/**
 * What shall happen when, in virtual time: deliveries, crashes, answers of resolvers.
 *
 * Not standardized. A binary heap by time, then by order of adding, so that a run depends on nothing
 * but its seed.
 *
 * Invariant: what is added for the present during `runDue` runs in the same call, after what was
 * there before.
 *
 * @module
 */
import type { Instant } from '../base/units.ts';

export interface Agenda {
  /** The returned function calls it off. */
  add(at: Instant, run: (now: Instant) => void): () => void;
  nextAt(): Instant | undefined;
  runDue(now: Instant): void;
}

type Entry = {
  readonly at: Instant;
  readonly order: number;
  run: ((now: Instant) => void) | undefined;
};

export function createAgenda(): Agenda {
  const heap: Entry[] = [];
  let order = 0;

  const isBefore = (a: Entry, b: Entry): boolean =>
    a.at < b.at || (a.at === b.at && a.order < b.order);

  function push(entry: Entry): void {
    let i = heap.length;
    for (; i > 0; ) {
      const parent = (i - 1) >>> 1;
      const above = heap[parent] as Entry;
      if (!isBefore(entry, above)) break;
      heap[i] = above;
      i = parent;
    }
    heap[i] = entry;
  }

  function pop(): void {
    const last = heap.pop() as Entry;
    if (heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right !== undefined && isBefore(right, heap[child] as Entry)) child++;
      const below = heap[child] as Entry;
      if (!isBefore(below, last)) break;
      heap[i] = below;
      i = child;
    }
    heap[i] = last;
  }

  /** Drops entries that were called off from the top. */
  function top(): Entry | undefined {
    while (heap[0] !== undefined && heap[0].run === undefined) pop();
    return heap[0];
  }

  return {
    add(at, run) {
      const entry: Entry = { at, order: order++, run };
      push(entry);
      return () => {
        entry.run = undefined;
      };
    },
    nextAt: () => top()?.at,
    runDue(now) {
      for (let entry = top(); entry !== undefined && entry.at <= now; entry = top()) {
        pop();
        entry.run?.(now);
      }
    },
  };
}
