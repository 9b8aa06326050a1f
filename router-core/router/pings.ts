/**
 * Pings that people ask for: the router's own ICMP, one row per answer.
 *
 * Standard: RFC 792, RFC 4443 (echo). Limits: looking-glass specification §2 and §3.
 *
 * Invariant: every ping ends, by its last answer or its deadline.
 *
 * @module
 */
import { RouterError } from '../base/errors.ts';
import { formatIpAddress, type IpAddress } from '../base/ip-address.ts';
import { addMilliseconds, elapsed, type Instant, milliseconds } from '../base/units.ts';
import type { NetstackEvent } from '../netstack/index.ts';
import type { Engine } from './engine.ts';
import { PINGS_AT_ONCE } from './limits.ts';

const INTERVAL_MS = 200;
const TIMEOUT_MS = 2000;

export type PingRow = {
  readonly sequence: number;
  readonly outcome: 'reply' | 'error' | 'timeout';
  readonly from: string | null;
  readonly roundTripMs: number | null;
  readonly detail: string;
};

export interface Ping {
  /** Rows not yet taken. */
  take(): PingRow | undefined;
  readonly isDone: boolean;
}

export interface Pings {
  start(target: IpAddress, count: number, size: number, now: Instant): Ping;
  netstackEvent(event: NetstackEvent): void;
}

type Running = {
  identifier: number;
  target: IpAddress;
  size: number;
  count: number;
  sent: Map<number, Instant>;
  next: number;
  rows: PingRow[];
  answered: Set<number>;
};

export function createPings(engine: Engine): Pings {
  const running = new Map<number, Running>();
  let nextIdentifier = 1;

  const timers = engine.timerQueue.add<'send'>({ timerExpired: (_name, now) => advance(now) });

  function advance(now: Instant): void {
    for (const ping of running.values()) {
      if (ping.next < ping.count) sendNext(ping, now);
      for (const [sequence, at] of ping.sent) {
        if (elapsed(at, now) >= TIMEOUT_MS && !ping.answered.has(sequence)) {
          answer(ping, {
            sequence,
            outcome: 'timeout',
            from: null,
            roundTripMs: null,
            detail: 'no answer within 2 s',
          });
        }
      }
    }
    if (running.size > 0) timers.set('send', addMilliseconds(now, milliseconds(INTERVAL_MS)));
  }

  function sendNext(ping: Running, now: Instant): void {
    const sequence = ping.next++;
    ping.sent.set(sequence, now);
    const reason = engine.netstack.ping(
      { target: ping.target, size: ping.size, sequence, identifier: ping.identifier },
      now,
    );
    if (reason !== undefined)
      answer(ping, { sequence, outcome: 'error', from: null, roundTripMs: null, detail: reason });
  }

  function answer(ping: Running, row: PingRow): void {
    if (ping.answered.has(row.sequence)) return;
    ping.answered.add(row.sequence);
    ping.rows.push(row);
    if (ping.answered.size >= ping.count) running.delete(ping.identifier);
  }

  return {
    start(target, count, size, now) {
      if (running.size >= PINGS_AT_ONCE)
        throw new RouterError(
          'TOO_MANY',
          `${PINGS_AT_ONCE} pings are running; try again in a moment.`,
        );
      const identifier = nextIdentifier;
      nextIdentifier = (nextIdentifier % 0xffff) + 1;
      const ping: Running = {
        identifier,
        target,
        size,
        count,
        sent: new Map(),
        next: 0,
        rows: [],
        answered: new Set(),
      };
      running.set(identifier, ping);
      sendNext(ping, now);
      timers.set('send', addMilliseconds(now, milliseconds(INTERVAL_MS)));
      return {
        take: () => ping.rows.shift(),
        get isDone() {
          return ping.answered.size >= ping.count && ping.rows.length === 0;
        },
      };
    },
    netstackEvent(event) {
      if (event.kind === 'echo-reply') {
        const detail = `hop limit ${event.hopLimit}`;
        answerAbout(event, {
          outcome: 'reply',
          from: formatIpAddress(event.from),
          roundTripMs: rounded(event.sentAt, event.at),
          detail,
        });
      } else if (event.kind === 'icmp-error') {
        const roundTripMs = rounded(event.about.sentAt, event.at);
        answerAbout(event.about, {
          outcome: 'error',
          from: formatIpAddress(event.from),
          roundTripMs,
          detail: event.error,
        });
      }
    },
  };

  function answerAbout(
    about: { identifier: number; sequence: number },
    row: Omit<PingRow, 'sequence'>,
  ): void {
    const ping = running.get(about.identifier);
    if (ping?.sent.has(about.sequence)) answer(ping, { sequence: about.sequence, ...row });
  }
}

const rounded = (from: Instant, to: Instant): number => Math.round(elapsed(from, to) * 1000) / 1000;
