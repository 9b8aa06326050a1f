/**
 * A neighbor's refresh of its own routes: what it does not say again is stale.
 *
 * Standard: RFC 7313 §4.2.
 *
 *   BoRR ──► another epoch ──► routes heard carry it ──► EoRR, or 120 s: the others are purged
 *
 * Invariant: while a family refreshes its timer is set, and only then.
 *
 * @module
 */
import type { TimerQueue, Timers } from '../../base/timer-queue.ts';
import { addMilliseconds, type Instant } from '../../base/units.ts';
import { REFRESH_STALE_TIME } from '../rib/limits.ts';
import type { Family } from '../types.ts';
import type { BackgroundJobs } from './background-jobs.ts';
import type { RouteNeighbor } from './neighbor.ts';

type StaleTimer = 'refreshStaleIpv4' | 'refreshStaleIpv6';
const TIMER_OF = { ipv4: 'refreshStaleIpv4', ipv6: 'refreshStaleIpv6' } as const;

export class IncomingRefreshes {
  private readonly timerQueue: TimerQueue;
  private readonly jobs: BackgroundJobs;
  private readonly scheduleJobs: (now: Instant) => void;
  private readonly timers: Map<RouteNeighbor, Timers<StaleTimer>>;

  constructor(timerQueue: TimerQueue, jobs: BackgroundJobs, scheduleJobs: (now: Instant) => void) {
    this.timerQueue = timerQueue;
    this.jobs = jobs;
    this.scheduleJobs = scheduleJobs;
    this.timers = new Map();
  }

  begin(neighbor: RouteNeighbor, family: Family, now: Instant): void {
    const of = neighbor[family];
    // Routes of an earlier epoch may not wait for their purge while the numbers go round.
    this.jobs.finishPurges(neighbor.source);
    of.epoch = (of.epoch + 1) & 0xff;
    of.isRefreshing = true;
    this.timersOf(neighbor).set(TIMER_OF[family], addMilliseconds(now, REFRESH_STALE_TIME));
  }

  end(neighbor: RouteNeighbor, family: Family, now: Instant): void {
    const of = neighbor[family];
    if (!of.isRefreshing) return;
    of.isRefreshing = false;
    this.timersOf(neighbor).clear(TIMER_OF[family]);
    this.jobs.add('purge-stale', of.out.rib, neighbor.source, of.epoch);
    this.scheduleJobs(now);
  }

  /** The session ended, and with it whatever was going on. */
  abandon(neighbor: RouteNeighbor): void {
    neighbor.ipv4.isRefreshing = false;
    neighbor.ipv6.isRefreshing = false;
    this.timers.get(neighbor)?.clearAll();
    this.timers.delete(neighbor);
  }

  private timersOf(neighbor: RouteNeighbor): Timers<StaleTimer> {
    let timers = this.timers.get(neighbor);
    if (timers === undefined) {
      timers = this.timerQueue.add<StaleTimer>({
        timerExpired: (name, now) =>
          this.end(neighbor, name === 'refreshStaleIpv4' ? 'ipv4' : 'ipv6', now),
      });
      this.timers.set(neighbor, timers);
    }
    return timers;
  }
}
