/**
 * Looks for endpoints at which silent peers answer.
 *
 * Standard: etherguard-go v0.3.5 (`RoutineTryReceivedEndpoint`): the candidate tried longest ago becomes the endpoint, and
 * while it is new it gets a few pings that want one back, so that both sides open their NAT.
 *
 *   every TimeoutCheckInterval, or news about a silent peer ──► round ──► pinged somebody? ──► ConnNextTry ──► round …
 *
 * Members name addresses, so they could point us at anybody. What may be tried at all is endpoint-admission.ts; one address
 * is tried for few peers per round; a peer has few candidates; the WireGuard core bounds initiations per address.
 *
 * @module
 */
import { formatIpAddress } from '../../../base/ip-address.ts';
import type { TimerOwner, TimerQueue, Timers } from '../../../base/timer-queue.ts';
import {
  addMilliseconds,
  type Instant,
  instant,
  type Milliseconds,
  milliseconds,
} from '../../../base/units.ts';
import { HUNT_PAUSE_MIN, TRY_INTERVAL } from './constants.ts';
import { type AdmissionParts, whyNotTried } from './endpoint-admission.ts';
import type { Endpoints } from './endpoints.ts';
import { TRIES_PER_ADDRESS } from './limits.ts';
import type { Link, LinkTable } from './links.ts';
import { PingTrains } from './ping-trains.ts';

export type HunterParts = {
  readonly timerQueue: TimerQueue;
  readonly links: LinkTable;
  readonly endpoints: Endpoints;
  readonly isAlive: (link: Link, now: Instant) => boolean;
  /** A ping that wants one back. */
  readonly ping: (link: Link, now: Instant) => void;
  readonly admission: AdmissionParts;
};

export type HunterSettings = {
  /** 0: only on news. */
  readonly checkInterval: Milliseconds;
  readonly nextTry: Milliseconds;
  readonly peerAliveTimeout: Milliseconds;
};

export class EndpointHunter implements TimerOwner<'check' | 'round'> {
  private readonly parts: HunterParts;
  private readonly timers: Timers<'check' | 'round'>;
  private readonly trains: PingTrains;
  private settings: HunterSettings;
  private isOn = false;
  private lastRound: Instant | undefined;

  constructor(parts: HunterParts, settings: HunterSettings) {
    this.parts = parts;
    this.settings = settings;
    this.timers = parts.timerQueue.add<'check' | 'round'>(this);
    this.trains = new PingTrains(parts.timerQueue, TRY_INTERVAL, parts.ping);
  }

  start(settings: HunterSettings, now: Instant): void {
    this.settings = settings;
    this.isOn = true;
    this.armCheck(now);
  }

  stop(): void {
    this.isOn = false;
    this.timers.clearAll();
    this.trains.stop();
  }

  forget(link: Link): void {
    this.trains.forget(link);
  }

  /** There is news about a silent peer. */
  wake(now: Instant): void {
    if (!this.isOn || this.timers.isSet('round')) return;
    const earliest = addMilliseconds(this.lastRound ?? instant(-HUNT_PAUSE_MIN), HUNT_PAUSE_MIN);
    this.timers.set('round', earliest > now ? earliest : now);
  }

  timerExpired(name: 'check' | 'round', now: Instant): void {
    if (name === 'check') {
      this.armCheck(now);
      this.wake(now);
    } else this.round(now);
  }

  private armCheck(now: Instant): void {
    const { checkInterval } = this.settings;
    if (checkInterval > 0) this.timers.set('check', addMilliseconds(now, checkInterval));
    else this.timers.clear('check');
  }

  private round(now: Instant): void {
    const { links, isAlive } = this.parts;
    const { nextTry, peerAliveTimeout } = this.settings;
    const tries = new Map<string, number>();
    this.lastRound = now;
    let isPinging = false;
    for (const link of links.edges()) {
      if (link.isStatic || link.candidates.isEmpty || isAlive(link, now)) continue;
      const candidate = link.candidates.next(now, peerAliveTimeout);
      if (candidate === undefined) continue;
      const isNew = now - (candidate.firstTried ?? now) < peerAliveTimeout;
      isPinging ||= isNew;
      this.tryCandidate(link, candidate.text, isNew, tries, now);
    }
    if (!isPinging) return;
    const pause = milliseconds(Math.max(nextTry, HUNT_PAUSE_MIN));
    this.timers.set('round', addMilliseconds(now, pause));
  }

  private tryCandidate(
    link: Link,
    text: string,
    isNew: boolean,
    tries: Map<string, number>,
    now: Instant,
  ): void {
    const { endpoints, admission } = this.parts;
    endpoints.resolve(text, 0, now, (addresses, at) => {
      const endpoint = endpoints.usable(
        addresses.filter((address) => whyNotTried(address, admission) === undefined),
      );
      if (endpoint === undefined || this.parts.links.at(link.index) !== link) return;
      const address = formatIpAddress(endpoint.address);
      const before = tries.get(address) ?? 0;
      if (before >= TRIES_PER_ADDRESS) return;
      tries.set(address, before + 1);
      endpoints.set(link, endpoint, at);
      if (isNew) this.trains.start(link, Math.floor(this.settings.nextTry / 1000) + 1, at);
    });
  }
}
