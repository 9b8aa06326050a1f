/**
 * Processor time of one operation: the least of many short runs, because others only ever add to it.
 *
 * @module
 */

const RUNS = 25;

/** Returns microseconds of processor time per operation of a function that does `count` of them. */
export function microsecondsPer(count: number, operations: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS; run++) {
    const before = process.cpuUsage();
    operations();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / count);
  }
  return least;
}
