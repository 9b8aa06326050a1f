/**
 * Runs to results: medians per router, and ratios of ours to the anchor.
 *
 * A wall-clock number of one run on a shared machine says little; medians of runs that alternated, as
 * a ratio, say something. The raw runs are part of the report.
 *
 * @module
 */
import { availableParallelism, cpus, loadavg, release } from 'node:os';

/** One measurement of one router; names of values end in their unit. */
export type Run = {
  readonly router: string;
  readonly test: string;
  readonly values: Readonly<Record<string, number>>;
};

export type Comparison = {
  readonly test: string;
  /** By name of the value, then by router. */
  readonly medians: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** By name of the value, then by router: that router's median divided by the anchor's. */
  readonly ratios: Readonly<Record<string, Readonly<Record<string, number>>>>;
};

export type Report = {
  readonly benchmark: string;
  readonly date: string;
  readonly machine: Readonly<Record<string, string | number>>;
  readonly settings: Readonly<Record<string, string | number>>;
  readonly anchors: Readonly<Record<string, string>>;
  readonly comparisons: readonly Comparison[];
  /** What could not be measured here, and what to install. */
  readonly leftOut: readonly string[];
  readonly runs: readonly Run[];
};

/** Returns the quantile of values, sorted here; NaN of none. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}

/** Returns the middle value; of an even number the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >>> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Compares all runs of a test; `anchorOf` names the router that the others are divided by. */
export function compare(
  runs: readonly Run[],
  anchorOf: (test: string) => string,
): readonly Comparison[] {
  return unique(runs.map((run) => run.test)).map((test) => {
    const ofTest = runs.filter((run) => run.test === test);
    const routers = unique(ofTest.map((run) => run.router));
    const anchor = anchorOf(test);
    const medians: Record<string, Record<string, number>> = {};
    const ratios: Record<string, Record<string, number>> = {};
    for (const name of unique(ofTest.flatMap((run) => Object.keys(run.values)))) {
      const row: Record<string, number> = {};
      for (const router of routers) {
        const values = ofTest
          .filter((run) => run.router === router)
          .flatMap((run) => run.values[name] ?? []);
        if (values.length > 0) row[router] = rounded(median(values));
      }
      medians[name] = row;
      const base = row[anchor];
      if (base === undefined || base === 0) continue;
      const others = Object.entries(row).filter(([router]) => router !== anchor);
      if (others.length > 0)
        ratios[name] = Object.fromEntries(
          others.map(([router, value]) => [router, rounded(value / base)]),
        );
    }
    return { test, medians, ratios };
  });
}

/** Returns what a reader needs to know about the machine. */
export function describeMachine(): Record<string, string | number> {
  return {
    processors: availableParallelism(),
    model: cpus()[0]?.model ?? 'unknown',
    kernel: release(),
    node: process.version,
    loadAverage: rounded(loadavg()[0] ?? 0),
  };
}

/** Writes the comparisons as one table. */
export function tableOf(report: Report): string {
  const rows: string[][] = [['test', 'value', 'router', 'median', 'ratio to anchor']];
  for (const { test, medians, ratios } of report.comparisons)
    for (const [name, byRouter] of Object.entries(medians))
      for (const [router, value] of Object.entries(byRouter)) {
        const ratio = ratios[name]?.[router];
        const isAnchor = report.anchors[test] === router;
        rows.push([test, name, router, String(value), isAnchor ? '1' : ratioText(ratio)]);
      }
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  '));
  return [...lines, ...report.leftOut.map((line) => `left out: ${line}`)].join('\n');
}

const ratioText = (ratio: number | undefined): string =>
  ratio === undefined ? '' : `${ratio.toFixed(2)}x`;
const unique = (texts: readonly string[]): string[] => [...new Set(texts)];
/** Four significant digits: more would be noise. */
const rounded = (value: number): number => Number(value.toPrecision(4));
