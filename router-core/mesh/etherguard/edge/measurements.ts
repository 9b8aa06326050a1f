/**
 * Pings out, pings in, and the pongs that tell others how long they took.
 *
 * Standard: etherguard-go v0.3.5 (`device/receivesendproc.go`).
 *
 *   at start, every SendPingInterval, with new parameters ──► a ping to every edge with an endpoint
 *   ping ──► LinkMeter ──► pong ──► supernodes (super mode), all edges and the own graph (P2P mode), nobody (static)
 *
 * A ping is never kept for later. One that finds no key pair begins the handshake and is lost; another leaves as
 * soon as there is one. Pings carry a number per link in RequestID, which the original leaves 0 and ignores.
 *
 * Flooded pongs carry a running number there, too: a median often stays what it was, and two equal pongs are duplicates. Those of
 * the original are lost then, and with them, after a while, the link.
 *
 * @module
 */
import type { DropReason } from '../../../base/drop-reason.ts';
import type { TimerOwner, TimerQueue, Timers } from '../../../base/timer-queue.ts';
import { addMilliseconds, type Instant } from '../../../base/units.ts';
import { type NodeNumber, SPREAD, SUPERNODE } from '../../node-number.ts';
import { type Ping, type Pong, pingMessage, pongMessage, USAGE } from '../wire/index.ts';
import { PING_REPLY_INTERVAL } from './constants.ts';
import type { Forwarding } from './forwarding.ts';
import { PING_REPLIES_MAX } from './limits.ts';
import type { Link, LinkTable } from './links.ts';
import { gobTimeOf, type MeshClock, millisecondsOf } from './mesh-clock.ts';
import { PingTrains } from './ping-trains.ts';
import { qualityPenalty } from './quality.ts';
import type { EdgeSettings } from './settings.ts';

const REQUEST_ID_MAX = 0xffff_ffff;

export type MeasurementParts = {
  readonly own: NodeNumber;
  readonly timerQueue: TimerQueue;
  readonly links: LinkTable;
  readonly clock: MeshClock;
  readonly forwarding: Forwarding;
  readonly settings: () => EdgeSettings;
  readonly modes: () => { readonly isSuper: boolean; readonly isP2p: boolean };
  readonly isAlive: (link: Link, now: Instant) => boolean;
  /** In P2P mode: for the own graph. */
  readonly measured: (pong: Pong, now: Instant) => void;
};

export class Measurements implements TimerOwner<'ping'> {
  private readonly parts: MeasurementParts;
  private readonly timers: Timers<'ping'>;
  private readonly replies: PingTrains;
  /** The number of the last flooded pong. */
  private lastPong = 0;

  constructor(parts: MeasurementParts) {
    this.parts = parts;
    this.timers = parts.timerQueue.add<'ping'>(this);
    this.replies = new PingTrains(parts.timerQueue, PING_REPLY_INTERVAL, (link, now) =>
      this.ping(link, 0, now),
    );
  }

  /** Pings all and begins the interval; in static mode nobody is pinged. */
  start(now: Instant): void {
    this.timers.clear('ping');
    const { isSuper, isP2p } = this.parts.modes();
    if (!this.parts.clock.isReady || (!isSuper && !isP2p)) return;
    for (const link of this.parts.links.edges()) this.ping(link, 0, now);
    const { sendPingInterval } = this.parts.settings();
    if (sendPingInterval > 0) this.timers.set('ping', addMilliseconds(now, sendPingInterval));
  }

  stop(): void {
    this.timers.clearAll();
    this.replies.stop();
  }

  forget(link: Link): void {
    this.replies.forget(link);
  }

  timerExpired(_name: 'ping', now: Instant): void {
    this.start(now);
  }

  /** Sends one ping, which wants so many back. */
  ping(link: Link, repliesWanted: number, now: Instant): void {
    const { own, clock, forwarding } = this.parts;
    if (!clock.isReady) return;
    const requestId = numberAfter(link.lastPing);
    const time = gobTimeOf(clock.read(now));
    const body = pingMessage.encode({ requestId, source: own, time, repliesWanted });
    const reason = forwarding.sendControl(link, USAGE.ping, SPREAD, body, 'never waits', now);
    link.owesPing = reason === 'no-key-pair';
    // What did not leave has no number: the other side would take it for lost.
    if (reason === undefined) link.lastPing = requestId;
  }

  /** There is a key pair: what a ping waited for. */
  sessionReady(link: Link, now: Instant): void {
    if (link.owesPing) this.ping(link, 0, now);
  }

  receivePing(link: Link, ping: Ping, now: Instant): DropReason | undefined {
    // Pings are never passed on, so whoever says another number is confused, or a relay mixed contents up.
    if (ping.source !== link.node) return 'bad-source';
    if (!link.pings.take(now)) return 'rate-limited';
    const { clock } = this.parts;
    if (!clock.isReady) return undefined;
    const seconds = (clock.read(now) - millisecondsOf(ping.time)) / 1000;
    const latency = link.meter.pingReceived(ping.requestId, seconds, now);
    if (latency !== undefined) this.tell(link, latency, now);
    this.replies.start(link, Math.min(ping.repliesWanted, PING_REPLIES_MAX), now);
    return undefined;
  }

  /** What we ask to be added to the latency of a link to us, milliseconds. */
  costOf(link: Link): number {
    const { additionalCostMs } = this.parts.settings();
    return additionalCostMs + this.penaltyOf(link);
  }

  /** The part of it that loss and jitter make; 0 unless they count. */
  penaltyOf({ meter }: Link): number {
    return this.parts.settings().hasQualityMetric ? qualityPenalty(meter.jitterMs, meter.loss) : 0;
  }

  /** One measurement per living peer, as the report has them; who was not measured yet is left out. */
  forReport(now: Instant): readonly Pong[] {
    const { own, links, settings, isAlive } = this.parts;
    return [...links.edges()].flatMap((link) => {
      const { latency } = link.meter;
      const silence = links.silence(link, now);
      if (latency === undefined || silence === undefined || !isAlive(link, now)) return [];
      const timeToAlive = Math.max(settings().peerAliveTimeout - silence, 0) / 1000;
      const additionalCost = this.penaltyOf(link);
      return [
        { requestId: 0, source: link.node, destination: own, latency, timeToAlive, additionalCost },
      ];
    });
  }

  private tell(link: Link, latency: number, now: Instant): void {
    const { own, links, forwarding, settings, modes } = this.parts;
    const { isSuper, isP2p } = modes();
    if (!isSuper && !isP2p) return;
    const pong: Pong = {
      requestId: 0,
      source: link.node,
      destination: own,
      latency,
      timeToAlive: settings().peerAliveTimeout / 1000,
      additionalCost: this.costOf(link),
    };
    if (isSuper) this.tellSupernodes(pong, now);
    if (!isP2p) return;
    this.parts.measured(pong, now);
    this.lastPong = numberAfter(this.lastPong);
    const body = pongMessage.encode({ ...pong, requestId: this.lastPong });
    for (const edge of links.edges())
      forwarding.sendControl(edge, USAGE.pong, SPREAD, body, 'never waits', now);
  }

  private tellSupernodes(pong: Pong, now: Instant): void {
    const { links, forwarding } = this.parts;
    const body = pongMessage.encode(pong);
    for (const supernode of links.supernodes())
      forwarding.sendControl(supernode, USAGE.pong, SUPERNODE, body, 'never waits', now);
  }
}

/** Numbers begin with 1 again after the last: 0 is none. */
const numberAfter = (number: number): number => (number === REQUEST_ID_MAX ? 1 : number + 1);
