/**
 * A number of pings to one link peer, one after the other: replies it asked for, or tries of an endpoint.
 *
 * Not standardized.
 *
 * Invariant: a link has one train of each kind; another one takes its place.
 *
 * @module
 */
import type { TimerOwner, TimerQueue, Timers } from '../../../base/timer-queue.ts';
import { addMilliseconds, type Instant, type Milliseconds } from '../../../base/units.ts';
import type { Link } from './links.ts';

export class PingTrains implements TimerOwner<'next'> {
  private readonly timers: Timers<'next'>;
  private readonly interval: Milliseconds;
  private readonly ping: (link: Link, now: Instant) => void;
  private readonly left = new Map<Link, { count: number; at: Instant }>();

  constructor(
    timerQueue: TimerQueue,
    interval: Milliseconds,
    ping: (link: Link, now: Instant) => void,
  ) {
    this.timers = timerQueue.add<'next'>(this);
    this.interval = interval;
    this.ping = ping;
  }

  /** Sends the first ping now. */
  start(link: Link, count: number, now: Instant): void {
    if (count <= 0) return;
    this.ping(link, now);
    if (count === 1) this.left.delete(link);
    else this.left.set(link, { count: count - 1, at: addMilliseconds(now, this.interval) });
    this.arm();
  }

  forget(link: Link): void {
    this.left.delete(link);
  }

  stop(): void {
    this.left.clear();
    this.timers.clearAll();
  }

  timerExpired(_name: 'next', now: Instant): void {
    for (const [link, train] of this.left) {
      if (train.at > now) continue;
      this.ping(link, now);
      train.count--;
      train.at = addMilliseconds(now, this.interval);
      if (train.count === 0) this.left.delete(link);
    }
    this.arm();
  }

  private arm(): void {
    let next: Instant | undefined;
    for (const { at } of this.left.values()) if (next === undefined || at < next) next = at;
    if (next === undefined) this.timers.clear('next');
    else this.timers.set('next', next);
  }
}
