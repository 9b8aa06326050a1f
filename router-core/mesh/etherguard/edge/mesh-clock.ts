/**
 * The clock that pings carry: calendar time, corrected by what time servers say.
 *
 * Standard: etherguard-go v0.3.5 for which servers count (all at first, then the fastest; the mean of their offsets without
 * the smallest and the greatest); RFC 4330 is the driver's part.
 *
 * The system's calendar clock has whole milliseconds, the monotonic one has fractions. Fractions matter between
 * neighbors, so time is the monotonic clock plus an anchor that the calendar clock holds: never beyond its millisecond, and
 * moved when it lags far behind, which means that the clock was set.
 *
 *   ask all ──► first answer, or none at all: ready ──► all answered: offset ──► best MaxServerUse, every SyncTimeInterval
 *      ▲                                                     │ nobody did
 *      └──────────────────── TIME_RETRY ◄────────────────────┘
 *
 * Invariants
 * - `isReady` never becomes false again; nothing is measured before.
 * - That nobody answers is told once, and once that somebody does again, however often is asked.
 *
 * @module
 */

import type { TimerOwner, TimerQueue, Timers } from '../../../base/timer-queue.ts';
import {
  addMilliseconds,
  type Instant,
  type Milliseconds,
  milliseconds,
  seconds,
  type WallClock,
} from '../../../base/units.ts';
import type { EdgeConfig } from '../config/index.ts';
import type { TimeAnswer } from '../ports.ts';
import type { GobTime } from '../wire/index.ts';
import { CLOCK_SLACK, TIME_RETRY } from './constants.ts';
import type { Outputs, Questions } from './outputs.ts';

type Config = EdgeConfig['DynamicRoute']['NTPConfig'];
type Round = { waiting: number; readonly offsets: number[] };

const LAST = milliseconds(Number.POSITIVE_INFINITY);
/** The mean of more than these leaves out two. */
const TRIMMED_FROM = 4;

export class MeshClock implements TimerOwner<'sync'> {
  isReady = false;
  offset = milliseconds(0);
  serversAnswering = 0;
  private readonly wallClock: WallClock;
  private readonly outputs: Outputs;
  private readonly questions: Questions<TimeAnswer | undefined>;
  private readonly timers: Timers<'sync'>;
  private readonly becameReady: (now: Instant) => void;
  private config: Config;
  private anchor: number | undefined;
  /** Whether the log was told that nobody answers, and nothing else since. */
  private isSilenceTold = false;
  private readonly roundTrips = new Map<string, Milliseconds>();

  constructor(
    wallClock: WallClock,
    timerQueue: TimerQueue,
    outputs: Outputs,
    questions: Questions<TimeAnswer | undefined>,
    config: Config,
    becameReady: (now: Instant) => void,
  ) {
    this.wallClock = wallClock;
    this.outputs = outputs;
    this.questions = questions;
    this.timers = timerQueue.add<'sync'>(this);
    this.config = config;
    this.becameReady = becameReady;
  }

  start(now: Instant): void {
    if (this.isOff) this.ready(now);
    else this.askAll(now);
  }

  configure(config: Config, now: Instant): void {
    const isSame = JSON.stringify(config) === JSON.stringify(this.config);
    this.config = config;
    if (isSame) return;
    this.timers.clearAll();
    this.isSilenceTold = false;
    if (this.isOff) {
      this.offset = milliseconds(0);
      this.serversAnswering = 0;
    }
    this.start(now);
  }

  stop(): void {
    this.timers.clearAll();
  }

  /** Returns corrected time, milliseconds since 1970-01-01 UTC with fractions. */
  read(now: Instant): number {
    const calendar = this.wallClock.now();
    let time = now + (this.anchor ?? calendar - now);
    // `now` was read before the calendar clock, so the true time is less than one millisecond beyond it.
    if (time >= calendar + 1 || time < calendar - CLOCK_SLACK) time = calendar;
    this.anchor = time - now;
    return time + this.offset;
  }

  timerExpired(_name: 'sync', now: Instant): void {
    if (this.serversAnswering === 0) this.askAll(now);
    else this.ask(this.best(), false, now);
  }

  private get isOff(): boolean {
    return !this.config.UseNTP || this.config.Servers.length === 0;
  }

  private ready(now: Instant): void {
    if (this.isReady) return;
    this.isReady = true;
    this.becameReady(now);
  }

  /** The servers that answered fastest so far; one that did not answer is the slowest. */
  private best(): readonly string[] {
    const { Servers, MaxServerUse } = this.config;
    const roundTrip = (server: string) => this.roundTrips.get(server) ?? LAST;
    const byRoundTrip = [...Servers].sort((a, b) =>
      roundTrip(a) === roundTrip(b) ? 0 : roundTrip(a) - roundTrip(b),
    );
    return MaxServerUse > 0 ? byRoundTrip.slice(0, MaxServerUse) : byRoundTrip;
  }

  private askAll(now: Instant): void {
    this.ask(this.config.Servers, true, now);
  }

  private ask(servers: readonly string[], isFirst: boolean, now: Instant): void {
    const round: Round = { waiting: servers.length, offsets: [] };
    const timeout = seconds(this.config.NTPTimeout);
    for (const server of servers) {
      const question = this.questions.add((answer, at) =>
        this.answered(server, answer, round, isFirst, at),
      );
      if (question === undefined) this.answered(server, undefined, round, isFirst, now);
      else this.outputs.push({ kind: 'ask-time', question, server, timeout });
    }
  }

  private answered(
    server: string,
    answer: TimeAnswer | undefined,
    round: Round,
    isFirst: boolean,
    now: Instant,
  ): void {
    round.waiting--;
    const isUsable = answer !== undefined && Number.isFinite(answer.offsetSeconds);
    this.roundTrips.set(server, isUsable ? answer.roundTrip : LAST);
    if (isUsable) round.offsets.push(answer.offsetSeconds);
    const isOver = round.waiting === 0;
    // The first answer is better than none: what is measured from here on is near enough for a start.
    if (isOver || (isFirst && !this.isReady && isUsable)) this.take(round);
    if (isOver || isUsable) this.ready(now);
    if (!isOver) return;
    const interval = seconds(this.config.SyncTimeInterval);
    if (round.offsets.length === 0)
      this.timers.set('sync', addMilliseconds(now, retryAfter(interval)));
    else if (isFirst) this.ask(this.best(), false, now);
    else if (interval > 0) this.timers.set('sync', addMilliseconds(now, interval));
  }

  private take({ offsets }: Round): void {
    this.serversAnswering = offsets.length;
    if (offsets.length === 0) {
      this.tellSilence();
      return;
    }
    this.tellReturn();
    const sorted = [...offsets].sort((a, b) => a - b);
    const counted = sorted.length >= TRIMMED_FROM ? sorted.slice(1, -1) : sorted;
    const mean = counted.reduce((sum, offset) => sum + offset, 0) / counted.length;
    this.offset = milliseconds(mean * 1000);
    this.outputs.log('info', 'ntp', 'the clock was compared with time servers', {
      offsetMs: this.offset,
      servers: offsets.length,
    });
  }

  private tellSilence(): void {
    if (this.isSilenceTold) return;
    this.isSilenceTold = true;
    this.outputs.log('warn', 'ntp', 'no time server answered', { code: 'MESH_TIME_UNKNOWN' });
  }

  private tellReturn(): void {
    if (!this.isSilenceTold) return;
    this.isSilenceTold = false;
    this.outputs.log('info', 'ntp', 'a time server answers again', {});
  }
}

/** The network may come later than we: an interval of hours would leave the clock wrong for hours. */
const retryAfter = (interval: Milliseconds): Milliseconds =>
  interval > 0 && interval < TIME_RETRY ? interval : TIME_RETRY;

/** Returns a time as pings have it. */
export function gobTimeOf(timeMs: number): GobTime {
  const unixSeconds = Math.floor(timeMs / 1000);
  const nanoseconds = Math.min(Math.floor((timeMs - unixSeconds * 1000) * 1e6), 999_999_999);
  return { unixSeconds, nanoseconds };
}

/** Returns a ping's time in milliseconds since 1970-01-01 UTC. */
export const millisecondsOf = ({ unixSeconds, nanoseconds }: GobTime): number =>
  unixSeconds * 1000 + nanoseconds / 1e6;
