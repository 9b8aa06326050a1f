/**
 * `npm run bench:mesh`: next hops, against what the original was measured to need.
 *
 * The anchor is not measured here: etherguard-go v0.3.5 computes everything for every change, and its figures
 * for complete graphs are processor seconds and memory of its own `Floyd–Warshall` on a machine of the same kind.
 *
 * @module
 */
import { compare, describeMachine, type Report, type Run } from '../lab/results.ts';
import { runNextHops } from './next-hops.ts';

const ANCHOR = 'etherguard-go';
/** Processor seconds by number of nodes, and MiB where it was measured. */
const ORIGINAL: Readonly<Record<number, Run['values']>> = {
  100: { cpuSeconds: 0.26 },
  300: { cpuSeconds: 5.6 },
  1000: { cpuSeconds: 185, rssMiB: 2660 },
};

export type MeshOptions = {
  readonly sizes: readonly number[];
  readonly runs: number;
  /** Links changed per size and kind of change. */
  readonly links: number;
  log(line: string): void;
};

export const MESH_DEFAULTS = { runs: 3, links: 50 } as const;
export const MESH_SIZES: readonly number[] = Object.keys(ORIGINAL).map(Number);

export function runMesh({ sizes, runs: count, links, log }: MeshOptions): Report {
  const machine = describeMachine();
  const runs: Run[] = [];
  for (let n = 1; n <= count; n++)
    for (const size of sizes) {
      log(`run ${n} of ${count}: ${size} nodes …`);
      runs.push(...runNextHops(size, links));
    }
  const tests = [...new Set(runs.map((run) => run.test))];
  const anchors = tests.map((test) => ({ router: ANCHOR, test, values: originalOf(test) }));
  return {
    benchmark: 'mesh',
    date: new Date().toISOString(),
    machine,
    settings: { runs: count, links },
    anchors: Object.fromEntries(tests.map((test) => [test, ANCHOR])),
    comparisons: compare([...anchors, ...runs], () => ANCHOR),
    leftOut: [],
    runs: [...anchors, ...runs],
  };
}

/** A change of one link costs the original as much as all of it. */
function originalOf(test: string): Run['values'] {
  const size = Number(/(\d+) nodes$/.exec(test)?.[1]);
  const values = ORIGINAL[size];
  if (values?.cpuSeconds === undefined) throw new Error(`nobody measured ${size} nodes`);
  return test.startsWith('next hops') ? values : { cpuSeconds: values.cpuSeconds };
}
