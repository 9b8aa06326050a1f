/**
 * What the system knows of a thread: its name in `top -H` and in /proc, and how it gives way.
 *
 * Not standardized; proc(5), `comm`: at most 15 characters; sched(7): on Linux niceness is a thread's.
 * Elsewhere it is the whole process's, so nothing is done there.
 *
 * @module
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { getPriority, platform, setPriority } from 'node:os';
import { join } from 'node:path';

/** The calling thread, for setpriority(2). */
const THIS_THREAD = 0;
/** A third of the weight of a thread that did not ask: enough to let others go first, not to starve. */
const YIELDING_NICENESS = 5;
const HELPER_NICENESS = 5;
const THREADS = '/proc/self/task';
/** What `nameThread` is called with begins so. */
const OUR_NAMES = 'r42-';

/** Names the thread that calls. */
export function nameThread(name: string): void {
  if (platform() !== 'linux') return;
  asFarAsAllowed(() => writeFileSync('/proc/thread-self/comm', name));
}

/**
 * Lets the packet worker go first where both want the same processor; figures: docs/performance.md, "Tail".
 */
export function yieldToPackets(): void {
  if (platform() !== 'linux') return;
  asFarAsAllowed(() => beNicer(THIS_THREAD, YIELDING_NICENESS));
}

/**
 * The same for the threads that V8 and libuv have started in this process: compilers, collectors, files. They work
 * for whoever has much to do, and that is never the packet worker. Call when it runs, and from the main thread.
 */
export function helpersYieldToPackets(): void {
  if (platform() !== 'linux') return;
  asFarAsAllowed(() => {
    for (const thread of readdirSync(THREADS)) {
      if (thread === String(process.pid)) continue;
      // One may end meanwhile.
      asFarAsAllowed(() => {
        if (!isOurs(thread)) beNicer(Number(thread), HELPER_NICENESS);
      });
    }
  });
}

function isOurs(thread: string): boolean {
  return readFileSync(join(THREADS, thread, 'comm'), 'latin1').startsWith(OUR_NAMES);
}

/** Whoever is nicer already may not become less so without a capability. */
function beNicer(thread: number, niceness: number): void {
  if (getPriority(thread) < niceness) setPriority(thread, niceness);
}

/** A sandbox may forbid either; names and priorities are a convenience. */
function asFarAsAllowed(wish: () => void): void {
  try {
    wish();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
}
