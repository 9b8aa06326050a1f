/**
 * mtr: loss, latency and jitter of every hop over several rounds, one row per hop at the end.
 *
 * Not standardized; named after Matt's traceroute. Jitter is the mean difference of round trips that follow
 * one another (the average RFC 5481 §4.1 calls inter-packet delay variation), deviation that of the
 * population.
 *
 * Each round sends one probe to every hop up to the nearest that ended a path so far. Loss of a hop in the
 * middle that later hops do not share is a router that answers seldom, not a path that loses packets.
 *
 * @module
 */
import type { Instant } from '../../base/units.ts';
import { HOP_ADDRESSES_MAX, MTR_INTERVAL_MS } from '../limits.ts';
import { type HopAnswer, type PathOptions, probeHop } from './hop.ts';
import type { RowSink } from './measurement.ts';
import type { Probes } from './probes.ts';

export type MtrOptions = PathOptions & { readonly rounds: number };

export type MtrRow = {
  readonly hop: number;
  /** Routers that answered, the first first; more than one where paths are shared out. */
  readonly from: readonly string[];
  readonly sent: number;
  readonly received: number;
  readonly lossPercent: number;
  readonly lastMs: number | null;
  readonly averageMs: number | null;
  readonly bestMs: number | null;
  readonly worstMs: number | null;
  readonly deviationMs: number | null;
  readonly jitterMs: number | null;
  /** The last ICMP error of a refusal, or why a probe could not leave. */
  readonly detail: string | null;
};

type Hop = {
  readonly from: string[];
  sent: number;
  readonly roundTrips: number[];
  detail: string | null;
};

export function startMtr(
  probes: Probes,
  options: MtrOptions,
  sink: RowSink<MtrRow>,
  now: Instant,
): void {
  const hops: Hop[] = Array.from({ length: options.hops }, () => ({
    from: [],
    sent: 0,
    roundTrips: [],
    detail: null,
  }));
  let last = options.hops;
  let round = 0;
  let underWay = 0;

  function runRound(now: Instant): void {
    if (!sink.isOpen) return;
    round++;
    // Held until all are sent: a probe that cannot leave is settled at once.
    underWay++;
    for (let hop = 1; hop <= last; hop++) sendTo(hop, now);
    if (round < options.rounds) probes.after(MTR_INTERVAL_MS, now, runRound);
    settleOne();
  }

  function sendTo(hop: number, now: Instant): void {
    const record = hops[hop - 1] as Hop;
    const number = (round - 1) * options.hops + hop - 1;
    record.sent++;
    underWay++;
    probeHop(probes, options, hop, number, now, (answer) => {
      note(record, answer);
      if (answer.outcome === 'reached' || answer.outcome === 'refused') last = Math.min(last, hop);
      settleOne();
    });
  }

  function settleOne(): void {
    underWay--;
    if (underWay > 0 || round < options.rounds || !sink.isOpen) return;
    const answering = hops.findLastIndex((hop, i) => i < last && hop.from.length > 0);
    // Where the path falls silent one row says so; the rest would repeat it.
    const shown = Math.min(last, answering + 2);
    for (let hop = 1; hop <= shown; hop++) sink.push(rowOf(hop, hops[hop - 1] as Hop));
    sink.end();
  }

  runRound(now);
}

function note(hop: Hop, { from, roundTripMs, detail }: HopAnswer): void {
  if (roundTripMs !== null) hop.roundTrips.push(roundTripMs);
  if (detail !== null) hop.detail = detail;
  if (from !== null && !hop.from.includes(from) && hop.from.length < HOP_ADDRESSES_MAX)
    hop.from.push(from);
}

function rowOf(hop: number, { from, sent, roundTrips, detail }: Hop): MtrRow {
  const received = roundTrips.length;
  const average = mean(roundTrips);
  const squares = average === null ? null : mean(roundTrips.map((ms) => (ms - average) ** 2));
  return {
    hop,
    from,
    sent,
    received,
    lossPercent: Math.round(((sent - received) / sent) * 1000) / 10,
    lastMs: roundTrips.at(-1) ?? null,
    averageMs: rounded(average),
    bestMs: received === 0 ? null : Math.min(...roundTrips),
    worstMs: received === 0 ? null : Math.max(...roundTrips),
    deviationMs: rounded(squares === null ? null : Math.sqrt(squares)),
    jitterMs: rounded(
      mean(roundTrips.slice(1).map((ms, i) => Math.abs(ms - (roundTrips[i] as number)))),
    ),
    detail,
  };
}

const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;

const rounded = (ms: number | null): number | null =>
  ms === null ? null : Math.round(ms * 1000) / 1000;
