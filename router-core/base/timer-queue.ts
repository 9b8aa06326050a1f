/**
 * All timers of a Router in one binary heap.
 *
 * Not standardized; the shape (names in a union, deadlines in one table) follows what QUIC and
 * WireGuard implementations do.
 *
 *   owner.timers.set('rekey', at) ──► heap ──► runDue(now) ──► owner.timerExpired('rekey', now)
 *
 * Arming a timer and reading the next deadline do not depend on the number of owners beyond the
 * logarithm of the heap. A timer that is set again keeps its entry and moves.
 *
 * Invariants
 * - A timer name is armed at most once per owner.
 * - `runDue` expires in order of deadline, then of arming, and never one that was armed during the
 *   call for the same instant: a timer that re-arms itself cannot hold the loop.
 *
 * @module
 */
import { assert } from './assert.ts';
import type { Instant } from './units.ts';

/** What owns a set of timers. */
export interface TimerOwner<Name extends string> {
  timerExpired(name: Name, now: Instant): void;
}

/** The timers of one owner. */
export interface Timers<Name extends string> {
  /** Arms the timer, or moves it when it is armed. */
  set(name: Name, at: Instant): void;
  clear(name: Name): void;
  isSet(name: Name): boolean;
  /** When the timer expires, or undefined when it is not armed. */
  deadline(name: Name): Instant | undefined;
  /** Disarms everything; the owner ends. */
  clearAll(): void;
}

export interface TimerQueue {
  add<Name extends string>(owner: TimerOwner<Name>): Timers<Name>;
  nextDeadline(): Instant | undefined;
  /** Expires everything due at `now`; at most `limit` timers, so that a driver can interleave packets. */
  runDue(now: Instant, limit?: number): void;
  /** How many timers are armed; tests look for leaks with it. */
  armed(): number;
}

type Entry = { at: Instant; order: number; index: number; expire(now: Instant): void };

export function createTimerQueue(): TimerQueue {
  const heap: Entry[] = [];
  let order = 0;

  const isBefore = (a: Entry, b: Entry): boolean =>
    a.at < b.at || (a.at === b.at && a.order < b.order);
  const entryAt = (i: number): Entry => heap[i] as Entry;
  const place = (entry: Entry, i: number): void => {
    heap[i] = entry;
    entry.index = i;
  };

  function rise(i: number): void {
    const entry = entryAt(i);
    while (i > 0) {
      const parent = (i - 1) >>> 1;
      if (!isBefore(entry, entryAt(parent))) break;
      place(entryAt(parent), i);
      i = parent;
    }
    place(entry, i);
  }

  function sink(i: number): void {
    const entry = entryAt(i);
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(entryAt(child + 1), entryAt(child))) child++;
      if (!isBefore(entryAt(child), entry)) break;
      place(entryAt(child), i);
      i = child;
    }
    place(entry, i);
  }

  function remove(entry: Entry): void {
    const i = entry.index;
    assert(heap[i] === entry, 'a timer stands where its index says');
    const last = heap.pop() as Entry;
    entry.index = -1;
    if (last === entry) return;
    place(last, i);
    rise(i);
    sink(last.index);
  }

  function add<Name extends string>(owner: TimerOwner<Name>): Timers<Name> {
    const entries = new Map<Name, Entry>();
    return {
      set(name, at) {
        let entry = entries.get(name);
        if (entry === undefined) {
          entry = { at, order: 0, index: -1, expire: (now) => owner.timerExpired(name, now) };
          entries.set(name, entry);
        }
        entry.at = at;
        entry.order = order++;
        if (entry.index === -1) {
          heap.push(entry);
          entry.index = heap.length - 1;
          rise(entry.index);
        } else {
          const i = entry.index;
          rise(i);
          sink(entry.index);
        }
      },
      clear(name) {
        const entry = entries.get(name);
        if (entry !== undefined && entry.index !== -1) remove(entry);
      },
      isSet: (name) => (entries.get(name)?.index ?? -1) !== -1,
      deadline(name) {
        const entry = entries.get(name);
        return entry === undefined || entry.index === -1 ? undefined : entry.at;
      },
      clearAll() {
        for (const entry of entries.values()) if (entry.index !== -1) remove(entry);
      },
    };
  }

  return {
    add,
    nextDeadline: () => heap[0]?.at,
    runDue(now, limit = Number.POSITIVE_INFINITY) {
      const armedBefore = order;
      let ran = 0;
      while (heap.length > 0 && entryAt(0).at <= now && ran < limit) {
        const entry = entryAt(0);
        if (entry.order >= armedBefore) break;
        remove(entry);
        entry.expire(now);
        ran++;
      }
    },
    armed: () => heap.length,
  };
}
