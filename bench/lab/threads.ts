/**
 * Which thread of our router did the work: its part of the processor time, by name.
 *
 * Threads have the names that the workers write to /proc/thread-self/comm. Those without one share the
 * name of the program; they are told apart by what they cost, the dearest first.
 *
 * @module
 */
import type { ThreadCosts } from './process-cost.ts';

/** Below this a thread is among the others: V8's helpers and libuv's pool. */
const WORTH_NAMING = 0.01;

/** Returns the part of each thread in percent, under `cpuPercent <name>`. */
export function threadParts(
  pid: number,
  before: ThreadCosts,
  after: ThreadCosts,
): Record<string, number> {
  const program = after.get(pid)?.name;
  const spent = [...after]
    .map(([tid, { name, cpuSeconds }]) => ({
      name: tid === pid ? 'main' : name === program ? undefined : name,
      seconds: cpuSeconds - (before.get(tid)?.cpuSeconds ?? 0),
    }))
    .sort((a, b) => b.seconds - a.seconds);
  const all = spent.reduce((sum, { seconds }) => sum + seconds, 0);
  const parts: Record<string, number> = {};
  let unnamed = 0;
  for (const { name, seconds } of spent) {
    const isSmall = name === undefined && seconds < all * WORTH_NAMING;
    const label = isSmall ? 'others' : (name ?? `unnamed ${++unnamed}`);
    const key = `cpuPercent ${label}`;
    parts[key] = (parts[key] ?? 0) + (all === 0 ? 0 : (100 * seconds) / all);
  }
  return parts;
}
