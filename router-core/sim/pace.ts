/**
 * Lets a simulation run with real time: the same driver, waiting where tests would jump.
 *
 * Not standardized; docs/architecture.md §13 (demo, journeys). The clock is handed in: sim/ knows no
 * operating system.
 *
 * Invariants
 * - A machine that slept wakes to one instant, not to hours of keepalives.
 * - Calendar time of the simulation belongs to its own instant, which may be a moment behind: what is
 *   shown as a time of the past does not move.
 *
 * @module
 */
import { elapsed, type Instant, milliseconds, type WallClock } from '../base/units.ts';
import type { Simulation } from './simulation.ts';

/** Time and waiting, as an event loop has them. */
export interface RealTime {
  readonly wallClock: WallClock;
  now(): Instant;
  /** Runs `run` after `ms`; the returned function calls it off. */
  schedule(ms: number, run: () => void): () => void;
}

/** The longest wait; nothing depends on it. */
const LOOK_AGAIN_MS = 1000;
/** Further behind than this, the time between is skipped. */
const ASLEEP_MS = 5000;
/** The system's clock was set, or did not count while the machine slept. */
const CLOCK_DIFFERS_MS = 1000;

/** Drives the simulation until the returned function is called. */
export function pace(simulation: Simulation, time: RealTime): () => void {
  let callOff: (() => void) | undefined;
  let isStopped = false;

  function wait(ms: number): void {
    callOff?.();
    callOff = time.schedule(ms, drive);
  }

  function drive(): void {
    if (isStopped) return;
    const now = time.now();
    if (elapsed(simulation.now, now) > ASLEEP_MS) simulation.skipTo(now);
    simulation.advanceTo(now);
    const difference = time.wallClock.now() - simulation.wallClock.now();
    if (Math.abs(difference) > CLOCK_DIFFERS_MS) simulation.moveWallClock(milliseconds(difference));
    const next = simulation.nextDeadline();
    wait(
      next === undefined ? LOOK_AGAIN_MS : Math.min(LOOK_AGAIN_MS, Math.max(0, next - time.now())),
    );
  }

  simulation.onWork(() => {
    if (!isStopped) wait(0);
  });
  wait(0);
  return () => {
    isStopped = true;
    callOff?.();
  };
}
