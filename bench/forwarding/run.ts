/**
 * `npm run bench:forwarding`: our router and wireguard-go with the kernel, in the same place by turns.
 *
 * @module
 */
import { buildPrograms } from '../lab/programs.ts';
import { hasProgram } from '../lab/requirements.ts';
import { compare, describeMachine, type Report, type Run } from '../lab/results.ts';
import { LOAD_NAMES, LOADS, type LoadName, loadNeeds } from './loads.ts';
import { ANCHOR, type Processors, ROUTERS, startPlace } from './topology.ts';

export type ForwardingOptions = {
  readonly rounds: number;
  /** Per test. */
  readonly seconds: number;
  readonly loads: readonly LoadName[];
  readonly processors: Processors;
  log(line: string): void;
};

export const FORWARDING_DEFAULTS = {
  rounds: 3,
  seconds: 4,
  loads: LOAD_NAMES,
  processors: { router: '0', ends: '1' },
} as const;

export async function runForwarding(options: ForwardingOptions): Promise<Report> {
  const { rounds, seconds, processors, log } = options;
  const loads = LOAD_NAMES.filter((name) => options.loads.includes(name));
  const possible = loads.filter((name) => isPossible(name));
  const leftOut = loads
    .filter((name) => !isPossible(name))
    .map((name) => `${name}: apt-get install ${loadNeeds(name)}`);
  const machine = describeMachine();
  await buildPrograms('flood');
  const runs: Run[] = [];
  for (let round = 1; round <= rounds; round++) {
    for (const router of ROUTERS) {
      log(`round ${round} of ${rounds}: ${router}`);
      const place = await startPlace(router, processors);
      try {
        if (possible.includes('tcp')) await LOADS.tcp.run(place, 2); // warms up code and windows
        for (const test of possible) {
          const values = await LOADS[test].run(place, seconds);
          runs.push({ router, test, values });
          log(`  ${test} ${JSON.stringify(values)}`);
        }
      } finally {
        await place.stop();
      }
    }
  }
  return {
    benchmark: 'forwarding',
    date: new Date().toISOString(),
    machine,
    settings: {
      rounds,
      seconds,
      routerProcessors: processors.router,
      endProcessors: processors.ends,
    },
    anchors: Object.fromEntries(possible.map((test) => [test, ANCHOR])),
    comparisons: compare(runs, () => ANCHOR),
    leftOut,
    runs,
  };
}

function isPossible(name: LoadName): boolean {
  const needs = loadNeeds(name);
  return needs === undefined || hasProgram(needs);
}
