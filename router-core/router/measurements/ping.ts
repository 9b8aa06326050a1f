/**
 * Ping: the router's own echo requests, one row per answer.
 *
 * Standard: RFC 792, RFC 4443 (echo). Limits: looking-glass specification §2 and §3.
 *
 * Invariant: every ping ends, by its last answer or its deadline.
 *
 * @module
 */
import { formatIpAddress, type IpAddress } from '../../base/ip-address.ts';
import type { Instant } from '../../base/units.ts';
import { PROBE_TIMEOUT_MS } from '../limits.ts';
import type { RowSink } from './measurement.ts';
import type { ProbeOutcome, Probes } from './probes.ts';

const INTERVAL_MS = 200;

export type PingOptions = {
  readonly target: IpAddress;
  readonly count: number;
  /** Octets of data in each request. */
  readonly size: number;
};

export type PingRow = {
  readonly sequence: number;
  readonly outcome: 'reply' | 'error' | 'timeout';
  readonly from: string | null;
  readonly roundTripMs: number | null;
  readonly detail: string;
};

export function startPing(
  probes: Probes,
  { target, count, size }: PingOptions,
  sink: RowSink<PingRow>,
  now: Instant,
): void {
  const identifier = probes.nextIdentifier();
  let answered = 0;

  function sendNext(sequence: number, now: Instant): void {
    if (!sink.isOpen) return;
    const reason = probes.send(
      { protocol: 'icmp', target, size, identifier, sequence },
      now,
      (outcome) => answer(rowOf(sequence, outcome)),
    );
    if (reason !== undefined)
      answer({ sequence, outcome: 'error', from: null, roundTripMs: null, detail: reason });
    if (sequence + 1 < count) probes.after(INTERVAL_MS, now, (at) => sendNext(sequence + 1, at));
  }

  function answer(row: PingRow): void {
    sink.push(row);
    if (++answered === count) sink.end();
  }

  sendNext(0, now);
}

function rowOf(sequence: number, outcome: ProbeOutcome): PingRow {
  if (outcome.kind === 'timeout') {
    const detail = `no answer within ${PROBE_TIMEOUT_MS / 1000} s`;
    return { sequence, outcome: 'timeout', from: null, roundTripMs: null, detail };
  }
  const { from, roundTripMs } = outcome;
  return {
    sequence,
    outcome: outcome.kind,
    from: formatIpAddress(from),
    roundTripMs,
    detail: outcome.kind === 'reply' ? `hop limit ${outcome.hopLimit}` : outcome.error,
  };
}
