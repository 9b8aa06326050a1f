/**
 * Probes of measurements: each one sent ends in one outcome, an answer or its timeout.
 *
 * Standard: RFC 792, RFC 4443, RFC 768, RFC 9293 by way of netstack/probe.ts.
 *
 *   measurement ── send ──► netstack ─► path
 *        ▲                                │
 *        └── settled ── this table ◄── event, or the timer
 *
 * Invariants
 * - `settled` is called once for each probe that left, and never while it is being sent.
 * - The timeout is the same for all, so the oldest probe is the next to end.
 *
 * @module
 */
import type { DropReason } from '../../base/drop-reason.ts';
import type { IpAddress } from '../../base/ip-address.ts';
import type { TimerQueue } from '../../base/timer-queue.ts';
import { addMilliseconds, elapsed, type Instant, milliseconds } from '../../base/units.ts';
import type {
  IcmpError,
  Netstack,
  NetstackEvent,
  Probe,
  ProbeRequest,
} from '../../netstack/index.ts';
import { PROBE_TIMEOUT_MS } from '../limits.ts';

export type ProbeOutcome =
  | {
      readonly kind: 'reply';
      readonly from: IpAddress;
      readonly roundTripMs: number;
      readonly hopLimit: number;
    }
  | {
      readonly kind: 'error';
      readonly error: IcmpError;
      readonly from: IpAddress;
      readonly roundTripMs: number;
      /** With 'packet-too-big': what the router there says it carries. */
      readonly mtu: number | undefined;
    }
  | { readonly kind: 'timeout' };

/** What of the engine a measurement needs. */
export type ProbedEngine = { readonly netstack: Netstack; readonly timerQueue: TimerQueue };

export interface Probes {
  /** Sends a probe; returns why it could not leave, and then `settled` is not called. */
  send(
    request: ProbeRequest,
    now: Instant,
    settled: (outcome: ProbeOutcome, now: Instant) => void,
  ): DropReason | undefined;
  /** Calls `then` after this time. */
  after(ms: number, now: Instant, then: (now: Instant) => void): void;
  /** An echo identifier or source port that no running probe of the last 16,000 had. */
  nextIdentifier(): number;
  netstackEvent(event: NetstackEvent): void;
}

/** Below the ephemeral ports of our TCP (RFC 6335 §6), so a SYN never meets a connection. */
const IDENTIFIER_FIRST = 32_768;
const IDENTIFIERS = 16_384;

type Pending = {
  readonly sentAt: Instant;
  readonly settled: (outcome: ProbeOutcome, now: Instant) => void;
};

export function createProbes({ netstack, timerQueue }: ProbedEngine): Probes {
  const pending = new Map<string, Pending>();
  const appointments = new Set<{ readonly at: Instant; readonly then: (now: Instant) => void }>();
  let identifiers = 0;

  const timers = timerQueue.add<'timeout' | 'appointment'>({
    timerExpired(name, now) {
      if (name === 'timeout') timeOut(now);
      else keepAppointments(now);
    },
  });

  function timeOut(now: Instant): void {
    for (const [key, { sentAt, settled }] of pending) {
      if (elapsed(sentAt, now) < PROBE_TIMEOUT_MS) break;
      pending.delete(key);
      settled({ kind: 'timeout' }, now);
    }
    armTimeout();
  }

  function armTimeout(): void {
    const [oldest] = pending.values();
    if (oldest === undefined) timers.clear('timeout');
    else timers.set('timeout', addMilliseconds(oldest.sentAt, milliseconds(PROBE_TIMEOUT_MS)));
  }

  function keepAppointments(now: Instant): void {
    for (const appointment of [...appointments]) {
      if (appointment.at > now) continue;
      appointments.delete(appointment);
      appointment.then(now);
    }
    armAppointments();
  }

  function armAppointments(): void {
    if (appointments.size === 0) return;
    timers.set('appointment', Math.min(...[...appointments].map(({ at }) => at)) as Instant);
  }

  function settle(about: Probe, outcome: ProbeOutcome, now: Instant): void {
    const key = keyOf(about);
    const probe = pending.get(key);
    if (probe === undefined) return;
    pending.delete(key);
    armTimeout();
    probe.settled(outcome, now);
  }

  return {
    send(request, now, settled) {
      const key = keyOf(request);
      // Before it is sent: our own addresses answer at once.
      pending.delete(key);
      pending.set(key, { sentAt: now, settled });
      const reason = netstack.probe(request, now);
      if (reason !== undefined) pending.delete(key);
      armTimeout();
      return reason;
    },
    after(ms, now, then) {
      appointments.add({ at: addMilliseconds(now, milliseconds(ms)), then });
      armAppointments();
    },
    nextIdentifier() {
      identifiers = (identifiers + 1) % IDENTIFIERS;
      return IDENTIFIER_FIRST + identifiers;
    },
    netstackEvent(event) {
      if (event.kind === 'probe-reply') {
        const { about, from, at, hopLimit } = event;
        const roundTripMs = rounded(about.sentAt, at);
        settle(about, { kind: 'reply', from, roundTripMs, hopLimit }, at);
      } else if (event.kind === 'icmp-error') {
        const { about, error, from, at, mtu } = event;
        const roundTripMs = rounded(about.sentAt, at);
        settle(about, { kind: 'error', error, from, roundTripMs, mtu }, at);
      }
    },
  };
}

const keyOf = ({
  protocol,
  identifier,
  sequence,
}: Pick<Probe, 'protocol' | 'identifier' | 'sequence'>): string =>
  `${protocol} ${identifier} ${sequence}`;

/** Microseconds are the finest a reader can use. */
const rounded = (from: Instant, to: Instant): number => Math.round(elapsed(from, to) * 1000) / 1000;
