/**
 * Traceroute: who is on the way to a target, one row per hop in order.
 *
 * Not standardized; the method is Van Jacobson's of 1988 (probes whose hop limit ends on the way), the
 * window of probes under way that of Debian's traceroute.
 *
 * Loss costs an asterisk, not the trace: a hop is complete when each of its probes was answered or timed
 * out. Probes beyond the target that are already under way are forgotten.
 *
 * Invariant: at most `PROBES_UNDER_WAY` probes wait, and no hop is told before the ones below it.
 *
 * @module
 */
import type { Instant } from '../../base/units.ts';
import { PROBES_UNDER_WAY } from '../limits.ts';
import { type HopAnswer, type PathOptions, probeHop } from './hop.ts';
import type { RowSink } from './measurement.ts';
import type { Probes } from './probes.ts';

export type TracerouteOptions = PathOptions & {
  /** Probes for each hop. */
  readonly count: number;
};

export type TracerouteRow = {
  readonly hop: number;
  readonly probes: readonly HopAnswer[];
};

export function startTraceroute(
  probes: Probes,
  options: TracerouteOptions,
  sink: RowSink<TracerouteRow>,
  now: Instant,
): void {
  const { count } = options;
  const answers: HopAnswer[][] = Array.from({ length: options.hops + 1 }, () => []);
  let last = options.hops;
  let sent = 0;
  let underWay = 0;
  let told = 0;
  let isSending = false;

  function sendMore(now: Instant): void {
    // A probe that cannot leave is settled while it is sent.
    if (isSending) return;
    isSending = true;
    while (sink.isOpen && underWay < PROBES_UNDER_WAY && sent < last * count) {
      const number = sent++;
      const hop = Math.floor(number / count) + 1;
      underWay++;
      probeHop(probes, options, hop, number, now, (answer, at) => {
        underWay--;
        note(hop, answer);
        sendMore(at);
      });
    }
    isSending = false;
  }

  function note(hop: number, answer: HopAnswer): void {
    answers[hop]?.push(answer);
    if (answer.outcome === 'reached' || answer.outcome === 'refused') last = Math.min(last, hop);
    for (
      let row = answers[told + 1];
      told < last && row?.length === count;
      row = answers[told + 1]
    ) {
      told++;
      sink.push({ hop: told, probes: row });
    }
    if (told === last) sink.end();
  }

  sendMore(now);
}
