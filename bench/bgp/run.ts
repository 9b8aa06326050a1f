/**
 * `npm run bench:bgp`: each case with each router by turns.
 *
 * @module
 */
import { buildPrograms } from '../../e2e/lab/programs.ts';
import { compare, describeMachine, type Report, type Run } from '../lab/results.ts';
import {
  BGP_CASE_NAMES,
  BGP_CASES,
  type BgpCase,
  type BgpCaseName,
  type BgpRouter,
  pathsOf,
  scaled,
} from './cases.ts';
import type { FleetResult } from './fleet.ts';
import { isInstalled, startBgpPlace } from './routers.ts';
import { runSpeakers } from './speakers.ts';

export type BgpOptions = {
  readonly cases: readonly BgpCaseName[];
  readonly routers: readonly BgpRouter[] | undefined;
  /** Of the routes of each case. */
  readonly scale: number;
  readonly runs: number;
  /** Without a change for so long a run is over; memory is read after another while of it. */
  readonly quietMs: number;
  readonly processors: { readonly router: string; readonly ends: string };
  log(line: string): void;
};

export const BGP_DEFAULTS = {
  cases: BGP_CASE_NAMES,
  scale: 1,
  runs: 3,
  quietMs: 1000,
  processors: { router: '0', ends: '1' },
} as const;
const LIMIT_SECONDS = 300;

export async function runBgp(options: BgpOptions): Promise<Report> {
  const { cases, routers, scale, runs: count, processors, log } = options;
  const machine = describeMachine();
  await buildPrograms('speakers');
  const runs: Run[] = [];
  const leftOut = new Set<string>();
  const routersOf = (name: BgpCaseName): BgpRouter[] =>
    [...BGP_CASES[name].routers].filter((router) => {
      if (routers !== undefined && !routers.includes(router)) return false;
      const missing = isInstalled(router);
      if (missing !== undefined) leftOut.add(`${router}: apt-get install ${missing}`);
      return missing === undefined;
    });
  for (let n = 1; n <= count; n++) {
    for (const name of cases) {
      for (const router of routersOf(name)) {
        const title = `run ${n} of ${count}: ${name}, ${router}`;
        const values = await runTwiceAtMost(scaled(name, scale), router, title, options);
        if (values === undefined) {
          leftOut.add(`${title}: it failed`);
          continue;
        }
        runs.push({ router, test: name, values });
        log(`${title} ${JSON.stringify(values)}`);
      }
    }
  }
  const anchors = Object.fromEntries(cases.map((name) => [name, BGP_CASES[name].routers[0]]));
  return {
    benchmark: 'bgp',
    date: new Date().toISOString(),
    machine,
    settings: {
      scale,
      runs: count,
      routerProcessors: processors.router,
      endProcessors: processors.ends,
    },
    anchors,
    comparisons: compare(runs, (test) => anchors[test] ?? ''),
    leftOut: [...leftOut],
    runs,
  };
}

/**
 * FRR closes a session without a word now and then: what another router spoils is run once more, and is
 * undefined when that fails too. What is ours has to work.
 */
async function runTwiceAtMost(
  bgpCase: BgpCase,
  router: BgpRouter,
  title: string,
  options: BgpOptions,
): Promise<FleetResult | undefined> {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      return await runOnce(bgpCase, router, options);
    } catch (error) {
      if (router === 'rootless42' || !(error instanceof Error)) throw error;
      options.log(`${title} failed: ${error.message}`);
    }
  }
  return undefined;
}

async function runOnce(
  bgpCase: BgpCase,
  router: BgpRouter,
  { processors, quietMs }: Pick<BgpOptions, 'processors' | 'quietMs'>,
): Promise<FleetResult> {
  const { star, fleet } = await startBgpPlace(bgpCase, router, processors);
  try {
    const result = await runSpeakers(star, processors.ends, {
      ...fleet,
      bgpCase,
      limitSeconds: LIMIT_SECONDS,
      quietMs,
    });
    const { present, expected, foreign, paths } = result;
    if (present !== expected || foreign !== 0 || paths !== pathsOf(bgpCase))
      throw new Error(
        `${router}: the peers hold ${present} of ${expected} routes and ${foreign} foreign ones; the router ${paths} of ${pathsOf(bgpCase)} paths`,
      );
    return result;
  } finally {
    await star.stop();
  }
}
