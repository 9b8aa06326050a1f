/**
 * An event loop whose time passes only when a test says so.
 *
 * For tests of what runs with real time (pace.ts) and of doors in memory.
 *
 * @module
 */
import {
  addMilliseconds,
  type Instant,
  instant,
  milliseconds,
  wallTime,
} from '../../base/units.ts';
import { createAgenda } from '../agenda.ts';
import type { RealTime } from '../pace.ts';

export interface TestEventLoop extends RealTime {
  pass(ms: number): Promise<void>;
  /** Lets time pass until the promise is settled, 10 s at most. */
  answer<T>(waiting: Promise<T>): Promise<T>;
  rows<T>(answers: AsyncIterable<T>): Promise<T[]>;
  /** The machine sleeps: time is gone, nothing was done. */
  sleep(ms: number): void;
}

const WALL_CLOCK = 1_800_000_000_000;
const STEP_MS = 5;

export function createTestEventLoop(): TestEventLoop {
  const agenda = createAgenda();
  let now: Instant = instant(1000);

  async function pass(ms: number): Promise<void> {
    const until = addMilliseconds(now, milliseconds(ms));
    for (let next = agenda.nextAt(); next !== undefined && next <= until; next = agenda.nextAt()) {
      if (next > now) now = next;
      agenda.runDue(now);
      // What awaits goes on before time does.
      await Promise.resolve();
    }
    if (until > now) now = until;
  }

  async function answer<T>(waiting: Promise<T>): Promise<T> {
    let isSettled = false;
    const settle = (): void => {
      isSettled = true;
    };
    waiting.then(settle, settle);
    for (let i = 0; i < 10_000 / STEP_MS && !isSettled; i++) {
      await pass(STEP_MS);
      await new Promise((go) => setImmediate(go));
    }
    return waiting;
  }

  return {
    wallClock: { now: () => wallTime(WALL_CLOCK + now) },
    now: () => now,
    schedule: (ms, run) => agenda.add(addMilliseconds(now, milliseconds(ms)), run),
    pass,
    answer,
    async rows<T>(answers: AsyncIterable<T>) {
      const all: T[] = [];
      const iterator = answers[Symbol.asyncIterator]();
      for (;;) {
        const step = await answer(iterator.next());
        if (step.done === true) return all;
        all.push(step.value);
      }
    },
    sleep(ms) {
      now = addMilliseconds(now, milliseconds(ms));
    },
  };
}
