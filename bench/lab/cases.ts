/**
 * A report as cases: one object each, complete in itself, for machines (`--json`).
 *
 * A case is one test of one router; `ratio` compares its main value with the anchor's, or for the tail
 * latency with the same router when idle. Below 1 is better, but for packets per second.
 *
 * @module
 */
import type { Comparison, Report } from './results.ts';

/** The main value by the name of the test. */
const MEASURES = {
  ping: 'rttP50Us',
  tcp: 'cpuSecondsPerGiB',
  'tcp-reverse': 'cpuSecondsPerGiB',
  memory: 'rssMiB',
} as const;
/** Of tests that are not named above, by benchmark. */
const DEFAULT_MEASURES = {
  forwarding: 'cpuUsPerPacket',
  bgp: 'cpuSeconds',
  mesh: 'cpuSeconds',
  'mesh-relay': 'cpuUsPerPacket',
} as const;
/** A ratio that a router states of itself. */
const OWN_RATIO = 'loadedOverIdle';

export type Case = {
  readonly benchmark: string;
  readonly case: string;
  readonly router: string;
  readonly anchor: string;
  readonly measure: string;
  readonly ratio: number | null;
  readonly packetsPerSecondRatio: number | null;
  readonly pingP50Ratio: number | null;
  readonly rssRatio: number | null;
  /** By name of the value: this router's median divided by that of each other router of the test. */
  readonly ratioTo: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly medians: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Every value of every round, by router. */
  readonly runs: Readonly<Record<string, readonly Readonly<Record<string, number>>[]>>;
  readonly date: string;
  readonly machine: Report['machine'];
  readonly settings: Report['settings'];
};

/** Returns the cases of a report. */
export function casesOf(report: Report): readonly Case[] {
  return report.comparisons.flatMap((comparison) => {
    const anchor = report.anchors[comparison.test];
    const routers = [...new Set(Object.values(comparison.medians).flatMap(Object.keys))];
    return routers
      .filter((router) => router !== anchor)
      .map((router) => caseOf(report, comparison, router, anchor));
  });
}

function caseOf(
  report: Report,
  { test, medians, ratios }: Comparison,
  router: string,
  anchor: string | undefined,
): Case {
  const own = medians[OWN_RATIO]?.[router];
  const measure =
    own === undefined
      ? ((MEASURES as Readonly<Record<string, string>>)[test] ??
        DEFAULT_MEASURES[report.benchmark as keyof typeof DEFAULT_MEASURES])
      : OWN_RATIO;
  const ratioOf = (value: string): number | null => ratios[value]?.[router] ?? null;
  const ofTest = report.runs.filter((run) => run.test === test);
  const names = anchor === undefined ? [router] : [anchor, router];
  return {
    benchmark: report.benchmark,
    case: test,
    router,
    anchor: anchor ?? `${router}, idle`,
    measure,
    ratio: own ?? ratioOf(measure),
    packetsPerSecondRatio: ratioOf('receivedPerSecond'),
    pingP50Ratio: ratioOf('rttP50Us'),
    rssRatio: ratioOf('rssMiB') ?? ratioOf('rssAfterMiB'),
    ratioTo: Object.fromEntries(
      Object.entries(medians).map(([value, byRouter]) => [value, ratiosOf(byRouter, router)]),
    ),
    medians: Object.fromEntries(
      Object.entries(medians).map(([value, byRouter]) => [value, only(byRouter, names)]),
    ),
    runs: Object.fromEntries(
      names.map((name) => [
        name,
        ofTest.filter((run) => run.router === name).map((run) => run.values),
      ]),
    ),
    date: report.date,
    machine: report.machine,
    settings: report.settings,
  };
}

/** Three significant digits: more would be noise. */
function ratiosOf(
  byRouter: Readonly<Record<string, number>>,
  router: string,
): Record<string, number> {
  const own = byRouter[router] ?? Number.NaN;
  const others = Object.entries(byRouter).filter(([name, value]) => name !== router && value !== 0);
  return Object.fromEntries(
    others.map(([name, value]) => [name, Number((own / value).toPrecision(3))]),
  );
}

const only = (
  byRouter: Readonly<Record<string, number>>,
  names: readonly string[],
): Record<string, number> =>
  Object.fromEntries(Object.entries(byRouter).filter(([router]) => names.includes(router)));
