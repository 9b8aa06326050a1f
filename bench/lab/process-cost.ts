/**
 * What processes cost: processor time and memory, from /proc.
 *
 * Standard: proc(5). Of a process threads are included, ended ones too.
 *
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ: the unit of `utime` and `stime`, the same on every Linux. */
const TICKS_PER_SECOND = 100;
const UTIME = 11;
const STIME = 12;
const MEBIBYTE = 1024;

export type ProcessCost = {
  readonly cpuSeconds: number;
  /** Resident, and the most that ever was. */
  readonly rssMiB: number;
  readonly peakMiB: number;
};

/** Returns the sum over these processes. @throws when one of them is gone */
export function costOf(pids: readonly number[]): ProcessCost {
  let cpuSeconds = 0;
  let rssMiB = 0;
  let peakMiB = 0;
  for (const pid of pids) {
    cpuSeconds += processorSeconds(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    rssMiB += kibibytes(status, 'VmRSS') / MEBIBYTE;
    peakMiB += kibibytes(status, 'VmHWM') / MEBIBYTE;
  }
  return { cpuSeconds, rssMiB, peakMiB };
}

/** Processor seconds by thread id, with the name of the thread. */
export type ThreadCosts = ReadonlyMap<
  number,
  { readonly name: string; readonly cpuSeconds: number }
>;

/** Returns what each thread of a process has used. */
export function threadCostsOf(pid: number): ThreadCosts {
  const costs = new Map<number, { name: string; cpuSeconds: number }>();
  for (const tid of readdirSync(`/proc/${pid}/task`)) {
    try {
      const stat = readFileSync(`/proc/${pid}/task/${tid}/stat`, 'utf8');
      const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
      costs.set(Number(tid), { name, cpuSeconds: processorSeconds(stat) });
    } catch {
      // It ended between the list and the look.
    }
  }
  return costs;
}

function processorSeconds(stat: string): number {
  // The second field is a name in parentheses that may hold anything; fields are counted after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[UTIME]) + Number(fields[STIME])) / TICKS_PER_SECOND;
}

const kibibytes = (status: string, name: string): number =>
  Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
