/**
 * `npm run bench:forwarding`: our router and wireguard-go with the kernel, in the same place by turns.
 *
 * @module
 */
import { loadBatchedCalls } from '../../e2e/lab/batched-udp.ts';
import { buildPrograms } from '../../e2e/lab/programs.ts';
import { costOf } from '../lab/process-cost.ts';
import { compare, describeMachine, type Report, type Run } from '../lab/results.ts';
import { hindranceOf, LOAD_NAMES, LOADS, type LoadName, placeOf } from './loads.ts';
import {
  ANCHOR,
  type Processors,
  type RouterUnderTest,
  routersFor,
  type Underlay,
} from './routers.ts';
import { runTail, TAIL, tailHindrance } from './tail.ts';
import { type PlaceName, startPlace } from './topology.ts';

/** `memory` comes with every round, after everything else in the place of two peers. */
export const CASE_NAMES = [...LOAD_NAMES, TAIL] as const;
export type CaseName = (typeof CASE_NAMES)[number];

export type ForwardingOptions = {
  readonly rounds: number;
  /** Per test. */
  readonly seconds: number;
  readonly cases: readonly CaseName[];
  /** Ours runs once per underlay; with none, once with what it chooses itself. */
  readonly underlays: readonly Underlay[];
  readonly processors: Processors;
  log(line: string): void;
};

export const FORWARDING_DEFAULTS = {
  rounds: 3,
  seconds: 4,
  cases: CASE_NAMES,
  underlays: [],
  processors: { router: '0', ends: '1' },
} as const;
const WARM_UP_SECONDS = 2;

export async function runForwarding(options: ForwardingOptions): Promise<Report> {
  const { rounds, seconds, processors, underlays, log } = options;
  const machine = describeMachine();
  const { possible, leftOut } = await sortCases(options.cases);
  await buildPrograms('flood', 'speakers');
  const runs: Run[] = [];
  const carriers: Record<string, string> = {};
  const routers = routersFor(underlays);
  for (let round = 1; round <= rounds; round++) {
    for (const router of routers) {
      log(`round ${round} of ${rounds}: ${router.name}`);
      for (const place of ['pair', 'many'] as const)
        await runPlace(place, router, possible, options, {
          carriedBy(underlay) {
            carriers[`underlay of ${router.name}`] = underlay;
          },
          done(run) {
            runs.push(run);
            log(`  ${run.test} ${JSON.stringify(run.values)}`);
          },
        });
      if (!options.cases.includes(TAIL) || !router.isOurs) continue;
      const hindrance = round === 1 ? await tailHindrance(router, processors) : undefined;
      if (hindrance !== undefined) leftOut.push(`${TAIL}, ${router.name}: ${hindrance}`);
      if (leftOut.some((line) => line.startsWith(`${TAIL}, ${router.name}:`))) continue;
      const values = await runTail(router, processors, seconds);
      runs.push({ router: router.name, test: TAIL, values });
      log(`  ${TAIL} ${JSON.stringify(values)}`);
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
      generator: await describeGenerator(),
      ...carriers,
    },
    anchors: Object.fromEntries([...possible, MEMORY].map((test) => [test, ANCHOR.name])),
    comparisons: compare(runs, () => ANCHOR.name),
    leftOut,
    runs,
  };
}

const MEMORY = 'memory';

/** Runs the loads that belong to a place, and looks at the memory in between. */
async function runPlace(
  name: PlaceName,
  router: RouterUnderTest,
  possible: readonly LoadName[],
  { seconds, processors }: ForwardingOptions,
  { carriedBy, done }: { carriedBy(underlay: string): void; done(run: Run): void },
): Promise<void> {
  const loads = possible.filter((load) => placeOf(load) === name);
  if (loads.length === 0) return;
  const place = await startPlace(name, router, processors);
  const rss = (): number => costOf(place.routerPids).rssMiB;
  const rssStartMiB = rss();
  try {
    const view = (await place.ours?.snapshot())?.node.underlay;
    if (view !== undefined) carriedBy(`${view.kind}: ${view.reason}`);
    if (loads.includes('tcp')) await LOADS.tcp.run(place, WARM_UP_SECONDS); // code and windows
    for (const test of loads) {
      const rssBeforeMiB = rss();
      const values = await LOADS[test].run(place, seconds);
      done({ router: router.name, test, values: { ...values, rssBeforeMiB, rssAfterMiB: rss() } });
    }
    if (name !== 'pair') return;
    const { rssMiB, peakMiB } = costOf(place.routerPids);
    done({ router: router.name, test: MEMORY, values: { rssStartMiB, rssMiB, peakMiB } });
  } finally {
    await place.stop();
  }
}

async function sortCases(
  cases: readonly CaseName[],
): Promise<{ possible: LoadName[]; leftOut: string[] }> {
  const possible: LoadName[] = [];
  const leftOut: string[] = [];
  for (const name of LOAD_NAMES) {
    if (!cases.includes(name)) continue;
    const hindrance = await hindranceOf(name);
    if (hindrance === undefined) possible.push(name);
    else leftOut.push(`${name}: ${hindrance}`);
  }
  return { possible, leftOut };
}

async function describeGenerator(): Promise<string> {
  const calls = await loadBatchedCalls();
  return typeof calls === 'string' ? `dgram, slow: ${calls}` : 'sendmmsg, without segmentation';
}
