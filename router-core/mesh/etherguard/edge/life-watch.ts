/**
 * Tells the log when a supernode or a link peer falls silent, and when it is heard again.
 *
 * Not standardized. Silent is who was not heard within PeerAliveTimeout, as everywhere else in the edge. Of who was never heard only
 * those of the file are missed: that two nodes a supernode or a member named do not reach each other is usual, others relay.
 * In static mode nobody is pinged, and who has nothing to say is not missed before handshakes with it stay unanswered.
 *
 * Invariants
 * - One line per change. Changes for which the rate has no room are told later, if they still hold then.
 * - Supernodes are looked at first.
 *
 * @module
 */
import { formatEndpoint } from '../../../base/endpoint.ts';
import type { TimerOwner, TimerQueue, Timers } from '../../../base/timer-queue.ts';
import { TokenBucket } from '../../../base/token-bucket.ts';
import { addMilliseconds, elapsed, type Instant, type Milliseconds } from '../../../base/units.ts';
import type { WireguardDevice } from '../../../wireguard/index.ts';
import { SUPERNODE } from '../../node-number.ts';
import { ALIVE_GRACE, LIFE_LOOK_INTERVAL } from './constants.ts';
import { LIFE_LOGS_BURST, LIFE_LOGS_PER_SECOND } from './limits.ts';
import type { Link, LinkTable } from './links.ts';
import type { Outputs } from './outputs.ts';

export type LifeWatchParts = {
  readonly timerQueue: TimerQueue;
  readonly device: WireguardDevice;
  readonly links: LinkTable;
  readonly outputs: Outputs;
  readonly peerAliveTimeout: () => Milliseconds;
  /** Whether link peers are pinged, so that silence alone says something. */
  readonly isPinging: () => boolean;
};

type Life = {
  /** When it was first looked at. */
  readonly since: Instant;
  wasHeard: boolean;
  /** Handshakes begun until it was last found alive. */
  initiationsSent: number;
  /** When the log was told that it is silent. */
  silentSince?: Instant | undefined;
};

export class LifeWatch implements TimerOwner<'look'> {
  private readonly parts: LifeWatchParts;
  private readonly timers: Timers<'look'>;
  private readonly lives = new Map<Link, Life>();
  private readonly told = new TokenBucket(LIFE_LOGS_PER_SECOND, LIFE_LOGS_BURST);

  constructor(parts: LifeWatchParts) {
    this.parts = parts;
    this.timers = parts.timerQueue.add<'look'>(this);
  }

  start(now: Instant): void {
    this.timers.set('look', addMilliseconds(now, LIFE_LOOK_INTERVAL));
  }

  stop(): void {
    this.timers.clearAll();
  }

  forget(link: Link): void {
    this.lives.delete(link);
  }

  /** Whether the log was told that it is silent, and nothing else since. */
  isSilent(link: Link): boolean {
    return this.lives.get(link)?.silentSince !== undefined;
  }

  timerExpired(_name: 'look', now: Instant): void {
    this.start(now);
    const { links } = this.parts;
    for (const link of [...links.supernodes(), ...links.edges()]) this.look(link, now);
  }

  private look(link: Link, now: Instant): void {
    const { device, links, peerAliveTimeout } = this.parts;
    let life = this.lives.get(link);
    if (life === undefined) {
      life = { since: now, wasHeard: false, initiationsSent: 0 };
      this.lives.set(link, life);
    }
    if (links.isAlive(link, peerAliveTimeout(), now)) {
      life.wasHeard = true;
      life.initiationsSent = device.view(link.peer).initiationsSent;
      this.tellReturn(link, life, now);
    } else if (this.isMissed(link, life, now)) this.tellSilence(link, life, now);
  }

  private isMissed(link: Link, life: Life, now: Instant): boolean {
    const { device, peerAliveTimeout, isPinging } = this.parts;
    if (!life.wasHeard) {
      if (link.origin !== 'file') return false;
      if (elapsed(life.since, now) <= peerAliveTimeout() + ALIVE_GRACE) return false;
    }
    // A supernode gets registrations whatever the mode is.
    if (isPinging() || link.node === SUPERNODE) return true;
    // The first one may be on its way.
    return device.view(link.peer).initiationsSent > life.initiationsSent + 1;
  }

  private tellSilence(link: Link, life: Life, now: Instant): void {
    if (life.silentSince !== undefined || !this.told.take(now)) return;
    life.silentSince = now;
    const { links, outputs } = this.parts;
    const silence = links.silence(link, now);
    const endpoint = links.endpointOf(link);
    outputs.log(
      'warn',
      'life',
      `${nameOf(link)} ${life.wasHeard ? 'fell silent' : 'was never heard'}`,
      {
        code: 'MESH_PEER_SILENT',
        ...identityOf(link),
        endpoint: endpoint === undefined ? undefined : formatEndpoint(endpoint),
        silentSeconds: silence === undefined ? undefined : Math.round(silence / 1000),
      },
    );
  }

  private tellReturn(link: Link, life: Life, now: Instant): void {
    if (life.silentSince === undefined || !this.told.take(now)) return;
    const toldSecondsAgo = Math.round(elapsed(life.silentSince, now) / 1000);
    life.silentSince = undefined;
    const fields = { ...identityOf(link), toldSecondsAgo };
    this.parts.outputs.log('info', 'life', `${nameOf(link)} is heard again`, fields);
  }
}

const nameOf = ({ node }: Link): string => (node === SUPERNODE ? 'the supernode' : 'a link peer');

const identityOf = ({ node, family }: Link) =>
  node === SUPERNODE ? { family: `IPv${family}` } : { node };
