/**
 * Routes of a neighbor that wait to be said again: after its own refresh, and over a restart of it.
 *
 * Standard: RFC 7313 §4.2 (enhanced refresh); RFC 4724 §4.2 (receiving speaker); RFC 9494 §4.2 and §4.3
 * (long-lived). Before changing this file read them, and ../graceful-restart.ts for which ends of a
 * session keep routes.
 *
 * What is stale is known by a number: each round raises the family's epoch, routes heard from then on
 * carry it, and a purge takes those that do not. Until then stale routes are used like any other.
 *
 *   nothing ──BoRR──────────────► end-of-refresh ──EoRR, or 120 s──► purge
 *   nothing ──session lost──► session ──it is back, F──► end-of-rib ──End-of-RIB, or 120 s──► purge
 *                                │  └──it is back, no F, no family, no graceful restart──► purge
 *                                └──restart time of the neighbor, at most 5 min──► long-lived, or purge
 *
 * Long-lived is `session` once more, for the stale time both sides allow: paths get LLGR_STALE, or go with
 * NO_LLGR, and lose against all others. A return without F of capability 71 ends it.
 *
 * RFC 7313 §4.1: nobody begins a refresh before End-of-RIB; a BoRR in `end-of-rib` is ignored.
 *
 * Invariants
 * - While a family waits for something its timer is set, and only then.
 * - What a lost session left stale is gone before the next one is lost.
 *
 * @module
 */
import type { TimerQueue, Timers } from '../../base/timer-queue.ts';
import {
  addMilliseconds,
  type Instant,
  type Milliseconds,
  milliseconds,
  seconds,
} from '../../base/units.ts';
import { REFRESH_STALE_TIME, RESTART_STALE_TIME, RESTART_TIME_MAX } from '../rib/limits.ts';
import { FAMILIES, type Family, type NegotiatedSession } from '../types.ts';
import type { BackgroundJobs } from './background-jobs.ts';
import type { RouteNeighbor, StaleWait } from './neighbor.ts';
import type { StaleRoutesView } from './types.ts';

type StaleTimer = 'staleIpv4' | 'staleIpv6';
const TIMER_OF = { ipv4: 'staleIpv4', ipv6: 'staleIpv6' } as const;

export class StaleRoutes {
  private readonly timerQueue: TimerQueue;
  private readonly jobs: BackgroundJobs;
  private readonly scheduleJobs: (now: Instant) => void;
  /** The neighbor did not come back, and nothing of it is kept any more. */
  private readonly onGivenUp: (neighbor: RouteNeighbor) => void;
  private readonly timers: Map<RouteNeighbor, Timers<StaleTimer>>;

  constructor(
    timerQueue: TimerQueue,
    jobs: BackgroundJobs,
    scheduleJobs: (now: Instant) => void,
    onGivenUp: (neighbor: RouteNeighbor) => void,
  ) {
    this.timerQueue = timerQueue;
    this.jobs = jobs;
    this.scheduleJobs = scheduleJobs;
    this.onGivenUp = onGivenUp;
    this.timers = new Map();
  }

  refreshBegan(neighbor: RouteNeighbor, family: Family, now: Instant): void {
    if (neighbor[family].awaits === 'end-of-rib') return;
    this.beginRound(neighbor, family, 'end-of-refresh', REFRESH_STALE_TIME, now);
  }

  refreshEnded(neighbor: RouteNeighbor, family: Family, now: Instant): void {
    if (neighbor[family].awaits === 'end-of-refresh') this.endRound(neighbor, family, now);
  }

  /**
   * A session that may come back was lost: the routes of the families the neighbor listed are stale
   * from here on, the others go. Returns whether anything is kept.
   */
  sessionLost(neighbor: RouteNeighbor, session: NegotiatedSession, now: Instant): boolean {
    const isKept = (family: Family): boolean =>
      restartTime(session, family) > 0 || longLivedTime(session, family) > 0;
    if (!FAMILIES.some(isKept)) return false;
    for (const family of FAMILIES) {
      if (isKept(family)) this.keep(neighbor, session, family, now);
      else {
        this.stopWaiting(neighbor, family);
        this.jobs.add('purge', neighbor[family].out.rib, neighbor.source);
      }
    }
    this.scheduleJobs(now);
    return true;
  }

  /** The neighbor is back: what it did not keep forwarding for goes, the rest waits for End-of-RIB. */
  sessionReturned(neighbor: RouteNeighbor, session: NegotiatedSession, now: Instant): void {
    for (const family of FAMILIES) {
      const { awaits, isLongLived } = neighbor[family];
      if (awaits !== 'session') continue;
      if (isForwarding(session, family, isLongLived)) {
        this.wait(neighbor, family, 'end-of-rib', RESTART_STALE_TIME, now);
      } else this.endRound(neighbor, family, now);
    }
  }

  endOfRib(neighbor: RouteNeighbor, family: Family, now: Instant): void {
    if (neighbor[family].awaits === 'end-of-rib') this.endRound(neighbor, family, now);
  }

  /** All routes of the neighbor go: nothing is left to wait for. */
  abandon(neighbor: RouteNeighbor): void {
    for (const family of FAMILIES) {
      neighbor[family].awaits = 'nothing';
      neighbor[family].isLongLived = false;
    }
    this.timers.get(neighbor)?.clearAll();
    this.timers.delete(neighbor);
  }

  view(neighbor: RouteNeighbor): StaleRoutesView | undefined {
    const awaits = neighbor.session === undefined ? 'session' : 'end-of-rib';
    const families = FAMILIES.filter((family) => neighbor[family].awaits === awaits);
    const timers = this.timers.get(neighbor);
    const ends = families.map((family) => timers?.deadline(TIMER_OF[family]) ?? 0);
    return families.length === 0
      ? undefined
      : {
          families,
          awaits,
          isLongLived: families.every((family) => neighbor[family].isLongLived),
          until: Math.max(...ends) as Instant,
        };
  }

  private keep(
    neighbor: RouteNeighbor,
    session: NegotiatedSession,
    family: Family,
    now: Instant,
  ): void {
    // RFC 4724 §4.2: what is stale from an earlier loss does not live through another one.
    if (neighbor[family].awaits === 'end-of-rib') this.endRound(neighbor, family, now);
    const limit = restartTime(session, family);
    this.beginRound(neighbor, family, 'session', limit, now);
    // RFC 9494 §4.2: without a restart time the long-lived one begins at once.
    if (limit === 0) this.becomeLongLived(neighbor, session, family, now);
  }

  private becomeLongLived(
    neighbor: RouteNeighbor,
    session: NegotiatedSession,
    family: Family,
    now: Instant,
  ): void {
    const of = neighbor[family];
    of.isLongLived = true;
    this.wait(neighbor, family, 'session', longLivedTime(session, family), now);
    this.jobs.add('age', of.out.rib, neighbor.source, of.epoch);
    this.scheduleJobs(now);
  }

  private beginRound(
    neighbor: RouteNeighbor,
    family: Family,
    awaits: StaleWait,
    limit: Milliseconds,
    now: Instant,
  ): void {
    const of = neighbor[family];
    // Routes of an earlier epoch may not wait for their purge while the numbers go round.
    this.jobs.finishPurges(neighbor.source);
    of.epoch = (of.epoch + 1) & 0xff;
    this.wait(neighbor, family, awaits, limit, now);
  }

  private endRound(neighbor: RouteNeighbor, family: Family, now: Instant): void {
    const of = neighbor[family];
    this.stopWaiting(neighbor, family);
    this.jobs.add('purge-stale', of.out.rib, neighbor.source, of.epoch);
    this.scheduleJobs(now);
  }

  private wait(
    neighbor: RouteNeighbor,
    family: Family,
    awaits: StaleWait,
    limit: Milliseconds,
    now: Instant,
  ): void {
    neighbor[family].awaits = awaits;
    this.timersOf(neighbor).set(TIMER_OF[family], addMilliseconds(now, limit));
  }

  private stopWaiting(neighbor: RouteNeighbor, family: Family): void {
    neighbor[family].awaits = 'nothing';
    neighbor[family].isLongLived = false;
    this.timersOf(neighbor).clear(TIMER_OF[family]);
  }

  private expired(neighbor: RouteNeighbor, family: Family, now: Instant): void {
    const { keptSession } = neighbor;
    const { awaits, isLongLived } = neighbor[family];
    if (awaits === 'session' && !isLongLived && keptSession !== undefined) {
      if (longLivedTime(keptSession, family) > 0) {
        this.becomeLongLived(neighbor, keptSession, family, now);
        return;
      }
    }
    this.endRound(neighbor, family, now);
    if (neighbor.session !== undefined) return;
    if (FAMILIES.every((each) => neighbor[each].awaits === 'nothing')) this.onGivenUp(neighbor);
  }

  private timersOf(neighbor: RouteNeighbor): Timers<StaleTimer> {
    let timers = this.timers.get(neighbor);
    if (timers === undefined) {
      timers = this.timerQueue.add<StaleTimer>({
        timerExpired: (name, now) =>
          this.expired(neighbor, name === 'staleIpv4' ? 'ipv4' : 'ipv6', now),
      });
      this.timers.set(neighbor, timers);
    }
    return timers;
  }
}

/** How long routes of a family wait for a session like this one to return; 0: not at all. */
function restartTime({ gracefulRestart: agreed }: NegotiatedSession, family: Family): Milliseconds {
  if (agreed?.families.includes(family) !== true) return milliseconds(0);
  return milliseconds(Math.min(seconds(agreed.restartTimeSeconds), RESTART_TIME_MAX));
}

/** And for how long after that, as a last choice. */
const longLivedTime = ({ longLived = [] }: NegotiatedSession, family: Family): Milliseconds =>
  seconds(longLived.find((agreed) => agreed.family === family)?.staleTimeSeconds ?? 0);

/** F, of the capability that counts. */
const isForwarding = (session: NegotiatedSession, family: Family, isLongLived: boolean): boolean =>
  isLongLived
    ? (session.longLived ?? []).some((agreed) => agreed.family === family && agreed.isForwarding)
    : session.gracefulRestart?.forwarding.includes(family) === true;
