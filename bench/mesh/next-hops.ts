/**
 * What a latency graph costs: all next hops from nothing, and after a change of one link.
 *
 * Processor time from the reports to the new table. Additional cost is none, so that ways lead over other
 * nodes where that is faster, as they do in the worst case.
 *
 * @module
 */
import { type Random, seededRandom } from '../../router-core/base/random.ts';
import { collectGarbage } from '../../router-core/base/testing/heap.ts';
import { type Instant, instant, milliseconds } from '../../router-core/base/units.ts';
import {
  type GraphSettings,
  INFINITE_SECONDS,
  LatencyGraph,
  type LatencyReport,
} from '../../router-core/mesh/graph/index.ts';
import { median, quantile, type Run } from '../lab/results.ts';
import { reportsOf } from './network.ts';

/** Entries of a matrix per slice: what a worker would do between two batches of packets. */
const SLICE = 1_000_000;
const SEED = 1;
const SETTINGS: GraphSettings = {
  isStatic: false,
  manualLatency: {},
  jitter: { toleranceMs: 0, multiplier: 1 },
  recalculateCoolDown: milliseconds(0),
  timeoutCheckInterval: milliseconds(0),
};
/** How a link changes and comes back, by what its latency is multiplied with. */
const CHANGES = {
  slower: 1.5,
  gone: Number.POSITIVE_INFINITY,
  faster: 0.8,
  shortcut: 0.5,
} as const;
/** Small networks are computed more often, each time by a new graph: the first one is V8's to compile. */
const NODES_IN_ALL = 2000;
const MIB = 1024 ** 2;

/** Measures a network of `size` nodes, with `links` changed in each way. */
export function runNextHops(size: number, links: number): Run[] {
  const random = seededRandom(SEED);
  const reports = reportsOf(size, random);
  const run = (test: string, values: Run['values']): Run => ({
    router: 'rootless42',
    test,
    values,
  });
  collectGarbage();
  const before = process.memoryUsage().arrayBuffers;
  let graph = new MeasuredGraph();
  const wholes = [graph.take(reports)];
  collectGarbage();
  const after = process.memoryUsage().arrayBuffers;
  while (wholes.length < NODES_IN_ALL / size) {
    graph = new MeasuredGraph();
    wholes.push(graph.take(reports));
  }
  const whole = {
    cpuSeconds: median(wholes.map(({ seconds }) => seconds)),
    firstSeconds: wholes[0]?.seconds ?? Number.NaN,
    longestSliceSeconds: median(wholes.map(({ longestSlice }) => longestSlice)),
    graphMiB: (after - before) / MIB,
    rssMiB: process.memoryUsage.rss() / MIB,
  };
  const changes = Object.entries(CHANGES).map(([name, factor]) => {
    const { there, back } = changesOf(graph, reports, { factor, links, random });
    return run(`one link ${name}, ${size} nodes`, {
      ...spreadOf('cpuSeconds', there),
      ...spreadOf('backSeconds', back),
    });
  });
  return [run(`next hops, ${size} nodes`, whole), ...changes];
}

/** The middle of the costs, and what nine in ten and all of them stay below. */
const spreadOf = (name: string, costs: readonly number[]): Record<string, number> => ({
  [name]: median(costs),
  [`${name}P90`]: quantile(costs, 0.9),
  [`${name}Most`]: Math.max(...costs),
});

/** Changes one link after the other and takes each back; links that ways lead over, else nothing happens. */
function changesOf(
  graph: MeasuredGraph,
  reports: readonly LatencyReport[],
  how: { readonly factor: number; readonly links: number; readonly random: Random },
): { there: number[]; back: number[] } {
  const used = reports.filter(({ from, to }) => graph.nextHop(from, to) === to);
  const there: number[] = [];
  const back: number[] = [];
  for (let i = 0; i < how.links; i++) {
    const report = used[how.random.below(used.length)];
    if (report === undefined) break;
    // What the clocks add is not multiplied: it would be a cycle of negative length.
    const roundTrip = report.seconds + graph.latency(report.to, report.from);
    const seconds = report.seconds + (roundTrip / 2) * (how.factor - 1);
    there.push(graph.take([{ ...report, seconds: Math.min(seconds, INFINITE_SECONDS) }]).seconds);
    back.push(graph.take([report]).seconds);
  }
  return { there, back };
}

/** A graph and its clock, which jumps to when the next computation is paid for. */
class MeasuredGraph {
  private readonly graph = new LatencyGraph('super', SETTINGS, instant(0));
  private now: Instant = instant(0);

  nextHop(from: LatencyReport['from'], to: LatencyReport['to']): number {
    return this.graph.table.nextHop(from, to);
  }

  latency(from: LatencyReport['from'], to: LatencyReport['to']): number {
    return this.graph.latency(from, to, this.now);
  }

  /** Takes reports and computes until the table is right. Returns the processor time of the computation. */
  take(reports: readonly LatencyReport[]): { seconds: number; longestSlice: number } {
    for (const report of reports) {
      const refusal = this.graph.update(report, this.now);
      if (refusal !== undefined) throw new Error(`a report is refused: ${refusal}`);
    }
    this.now = instant(Math.max(this.now, this.graph.nextDeadline() ?? this.now));
    let seconds = 0;
    let longestSlice = 0;
    while (this.graph.hasWork(this.now)) {
      const before = process.cpuUsage();
      this.graph.run(SLICE, this.now);
      const { user, system } = process.cpuUsage(before);
      const slice = (user + system) / 1e6;
      seconds += slice;
      longestSlice = Math.max(longestSlice, slice);
    }
    return { seconds, longestSlice };
  }
}
