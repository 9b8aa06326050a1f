/**
 * `npm run bench:bgp`: one peer announces, another receives, our router and BIRD between them by turns.
 *
 * @module
 */
import { Daemon } from '../../e2e/lab/process.ts';
import { buildPrograms, programLine } from '../../e2e/lab/programs.ts';
import { compare, describeMachine, type Report, type Run } from '../lab/results.ts';
import { pinned } from '../lab/star.ts';
import type { RelayOptions, RelayResult } from './relay.ts';
import {
  BGP_ROUTERS,
  BGP_VARIANTS,
  type BgpVariant,
  IMPORT_LIMIT,
  startBgpPlace,
} from './routers.ts';

export type BgpOptions = {
  readonly routes: number;
  readonly runs: number;
  readonly variants: readonly BgpVariant[];
  readonly processors: { readonly router: string; readonly ends: string };
  log(line: string): void;
};

export const BGP_DEFAULTS = {
  routes: 100_000,
  runs: 3,
  variants: BGP_VARIANTS,
  processors: { router: '0', ends: '1' },
} as const;
const LIMIT_SECONDS = 120;

export async function runBgp(options: BgpOptions): Promise<Report> {
  const { routes, runs: count, variants, processors, log } = options;
  if (variants.includes('tunnel') && routes > IMPORT_LIMIT)
    throw new Error(`A peering imports at most ${IMPORT_LIMIT} routes; use --variants plain.`);
  const machine = describeMachine();
  await buildPrograms('engine', 'speakers');
  const runs: Run[] = [];
  const testOf = (variant: BgpVariant): string => `relay ${variant}`;
  for (let n = 1; n <= count; n++) {
    for (const variant of variants) {
      for (const which of [0, 1] as const) {
        const router = BGP_ROUTERS[variant][which];
        const values = await runOnce(variant, which, options);
        runs.push({ router, test: testOf(variant), values });
        log(`run ${n} of ${count}: ${router} ${JSON.stringify(values)}`);
      }
    }
  }
  const anchors = Object.fromEntries(
    variants.map((variant) => [testOf(variant), BGP_ROUTERS[variant][0]]),
  );
  return {
    benchmark: 'bgp',
    date: new Date().toISOString(),
    machine,
    settings: {
      routes,
      runs: count,
      routerProcessors: processors.router,
      endProcessors: processors.ends,
    },
    anchors,
    comparisons: compare(runs, (test) => anchors[test] ?? ''),
    leftOut: [],
    runs,
  };
}

async function runOnce(
  variant: BgpVariant,
  which: 0 | 1,
  { routes, processors }: BgpOptions,
): Promise<Record<string, number>> {
  const { star, relay } = await startBgpPlace(variant, which, processors);
  try {
    const options: RelayOptions = { ...relay, routes, limitSeconds: LIMIT_SECONDS };
    const host = pinned(star.host('peers'), processors.ends);
    const speakers = new Daemon('speakers', ...host.inside(...programLine('speakers', options)));
    const [, text = ''] = await speakers.printed(/RESULT (.*)/, (LIMIT_SECONDS + 60) * 1000);
    const result = JSON.parse(text) as RelayResult;
    if (result.present !== routes || result.foreign !== 0)
      throw new Error(
        `${BGP_ROUTERS[variant][which]}: the sink holds ${result.present} of ${routes} routes and ${result.foreign} foreign ones`,
      );
    return result;
  } finally {
    await star.stop();
  }
}
