/**
 * All timing rules of WireGuard, named after their causes.
 *
 * Standard: WireGuard paper §6.1 to §6.5; persistent keepalive as in wg(8).
 *
 *   dataSent                    no answer for 15 s + jitter          → a new handshake
 *   dataReceived                nothing sent back for 10 s           → a keepalive
 *   handshakeInitiated          no response for 5 s + jitter         → retransmit or give up
 *   keyPairBecameCurrent        180 s                                → may not be used any more
 *   keyPairDerived              540 s without another                → all secrets are erased
 *   authenticatedTraversal      nothing either way for the interval  → a persistent keepalive
 *
 * With a forwarding plane those columns are shared with it; it tells when a wait began (plane-link.ts).
 *
 * The three that every packet would move are columns: a packet writes a number, the heap holds a
 * "look again" entry which moves itself when it comes early. A packet never touches the heap but to
 * begin such a wait. Random jitter is drawn when the entry is armed, not per packet.
 *
 * Invariants
 * - After `remove` a peer has no armed timer.
 * - A look-again entry is never later than what it waits for.
 *
 * @module
 */
import { assertNever } from '../base/assert.ts';
import type { Random } from '../base/random.ts';
import type { TimerQueue, Timers } from '../base/timer-queue.ts';
import {
  addMilliseconds,
  type Instant,
  instant,
  milliseconds,
  type PeerId,
} from '../base/units.ts';
import type { PlaneActivity } from '../packet/forwarding-plane.ts';
import {
  KEEPALIVE_TIMEOUT,
  REJECT_AFTER_TIME,
  REKEY_TIMEOUT,
  REKEY_TIMEOUT_JITTER_LIMIT_MS,
  ZERO_KEY_MATERIAL_AFTER,
} from './constants.ts';

type TimerName =
  | 'retransmitHandshake'
  | 'sendKeepalive'
  | 'newHandshake'
  | 'persistentKeepalive'
  | 'rejectKeyPair'
  | 'zeroKeyMaterial';

/** What expired timers lead to. */
export interface TimerActions {
  initiationUnanswered(peer: PeerId, now: Instant): void;
  wantHandshake(peer: PeerId, now: Instant): void;
  sendKeepalive(peer: PeerId, now: Instant): void;
  keyPairRejected(peer: PeerId, now: Instant): void;
  eraseKeys(peer: PeerId, now: Instant): void;
}

const NEVER = Number.NEGATIVE_INFINITY;

export class WireguardTimers {
  private readonly queue: TimerQueue;
  private readonly random: Random;
  private readonly actions: TimerActions;
  private readonly timers: (Timers<TimerName> | undefined)[] = [];
  /** Since when data was received and nothing sent. */
  private readonly owesAnswerSince: Float64Array;
  /** Whether more data came while a keepalive was already due. */
  private readonly owesAnother: Uint8Array;
  /** Since when data was sent and nothing received. */
  private readonly awaitsAnswerSince: Float64Array;
  private readonly answerPatience: Float64Array;
  private readonly lastTraversal: Float64Array;
  private readonly persistentInterval: Float64Array;

  constructor(
    capacity: number,
    queue: TimerQueue,
    random: Random,
    actions: TimerActions,
    activity: PlaneActivity = ownActivity(capacity),
  ) {
    this.queue = queue;
    this.random = random;
    this.actions = actions;
    this.owesAnswerSince = activity.owesAnswerSince;
    this.owesAnother = activity.owesAnother;
    this.awaitsAnswerSince = activity.awaitsAnswerSince;
    this.lastTraversal = activity.lastTraversal;
    this.answerPatience = new Float64Array(capacity);
    this.persistentInterval = new Float64Array(capacity);
  }

  add(peer: PeerId): void {
    this.owesAnswerSince[peer] = NEVER;
    this.owesAnother[peer] = 0;
    this.awaitsAnswerSince[peer] = NEVER;
    this.lastTraversal[peer] = NEVER;
    this.persistentInterval[peer] = 0;
    this.timers[peer] = this.queue.add<TimerName>({
      timerExpired: (name, now) => this.expired(peer, name, now),
    });
  }

  remove(peer: PeerId): void {
    this.of(peer).clearAll();
    this.timers[peer] = undefined;
  }

  /** Sets the interval of persistent keepalives in seconds; 0 is off. */
  setPersistentKeepalive(peer: PeerId, seconds: number, now: Instant): void {
    this.persistentInterval[peer] = seconds * 1000;
    if (seconds === 0) this.of(peer).clear('persistentKeepalive');
    else this.set(peer, 'persistentKeepalive', now, seconds * 1000);
  }

  hasPersistentKeepalive(peer: PeerId): boolean {
    return this.persistentInterval[peer] !== 0;
  }

  /** An authenticated data packet was sent. */
  dataSent(peer: PeerId, now: Instant): void {
    if (this.awaitsAnswerSince[peer] !== NEVER) return;
    this.awaitsAnswerSince[peer] = now;
    this.armAnswer(peer, now);
  }

  /** The plane sent data: what it wrote into the columns becomes a wait. */
  answerAwaited(peer: PeerId): void {
    const since = this.awaitsAnswerSince[peer] as number;
    if (since !== NEVER) this.armAnswer(peer, instant(since));
  }

  /** The plane received data. */
  answerOwed(peer: PeerId): void {
    const since = this.owesAnswerSince[peer] as number;
    if (since !== NEVER) this.armKeepalive(peer, instant(since));
  }

  /** An authenticated data packet was received. */
  dataReceived(peer: PeerId, now: Instant): void {
    if (this.owesAnswerSince[peer] !== NEVER) {
      this.owesAnother[peer] = 1;
      return;
    }
    this.owesAnswerSince[peer] = now;
    this.armKeepalive(peer, now);
  }

  /** Any authenticated message was sent: data, keepalive or handshake. */
  authenticatedSent(peer: PeerId): void {
    this.owesAnswerSince[peer] = NEVER;
    this.owesAnother[peer] = 0;
  }

  /** Any authenticated message was received. */
  authenticatedReceived(peer: PeerId): void {
    this.awaitsAnswerSince[peer] = NEVER;
  }

  /** Any authenticated message is about to be sent or was received. */
  authenticatedTraversal(peer: PeerId, now: Instant): void {
    this.lastTraversal[peer] = now;
  }

  handshakeInitiated(peer: PeerId, now: Instant): void {
    this.set(peer, 'retransmitHandshake', now, REKEY_TIMEOUT + this.jitter());
  }

  /** An initiation is wanted, but the last handshake message allows it from `earliest` on only. */
  handshakePostponed(peer: PeerId, earliest: Instant): void {
    if (this.of(peer).isSet('retransmitHandshake')) return;
    this.set(peer, 'retransmitHandshake', earliest, this.jitter());
  }

  handshakeCompleted(peer: PeerId): void {
    this.of(peer).clear('retransmitHandshake');
  }

  /** No response came for REKEY_ATTEMPT_TIME: what is left of older exchanges is erased in time. */
  handshakeGaveUp(peer: PeerId, now: Instant): void {
    this.authenticatedSent(peer);
    if (!this.of(peer).isSet('zeroKeyMaterial')) this.keyPairDerived(peer, now);
  }

  keyPairDerived(peer: PeerId, now: Instant): void {
    this.set(peer, 'zeroKeyMaterial', now, ZERO_KEY_MATERIAL_AFTER);
  }

  keyPairBecameCurrent(peer: PeerId, created: Instant): void {
    this.set(peer, 'rejectKeyPair', created, REJECT_AFTER_TIME);
  }

  keysErased(peer: PeerId): void {
    const timers = this.of(peer);
    timers.clear('rejectKeyPair');
    timers.clear('zeroKeyMaterial');
    timers.clear('newHandshake');
    timers.clear('sendKeepalive');
    this.awaitsAnswerSince[peer] = NEVER;
    this.authenticatedSent(peer);
  }

  private armAnswer(peer: PeerId, since: Instant): void {
    if (this.of(peer).isSet('newHandshake')) return;
    const patience = KEEPALIVE_TIMEOUT + REKEY_TIMEOUT + this.jitter();
    this.answerPatience[peer] = patience;
    this.set(peer, 'newHandshake', since, patience);
  }

  private armKeepalive(peer: PeerId, since: Instant): void {
    if (!this.of(peer).isSet('sendKeepalive')) {
      this.set(peer, 'sendKeepalive', since, KEEPALIVE_TIMEOUT);
    }
  }

  private expired(peer: PeerId, name: TimerName, now: Instant): void {
    switch (name) {
      case 'retransmitHandshake':
        return this.actions.initiationUnanswered(peer, now);
      case 'sendKeepalive':
        return this.keepaliveExpired(peer, now);
      case 'newHandshake':
        return this.answerExpired(peer, now);
      case 'persistentKeepalive':
        return this.persistentExpired(peer, now);
      case 'rejectKeyPair':
        return this.actions.keyPairRejected(peer, now);
      case 'zeroKeyMaterial':
        return this.actions.eraseKeys(peer, now);
      default:
        assertNever(name);
    }
  }

  private keepaliveExpired(peer: PeerId, now: Instant): void {
    const since = this.owesAnswerSince[peer] as number;
    if (since === NEVER || this.lookAgain(peer, 'sendKeepalive', since, KEEPALIVE_TIMEOUT, now)) {
      return;
    }
    const owesAnother = this.owesAnother[peer] === 1;
    this.authenticatedSent(peer);
    this.actions.sendKeepalive(peer, now);
    if (owesAnother) this.dataReceived(peer, now);
  }

  private answerExpired(peer: PeerId, now: Instant): void {
    const since = this.awaitsAnswerSince[peer] as number;
    const patience = this.answerPatience[peer] as number;
    if (since === NEVER || this.lookAgain(peer, 'newHandshake', since, patience, now)) return;
    this.awaitsAnswerSince[peer] = NEVER;
    this.actions.wantHandshake(peer, now);
  }

  private persistentExpired(peer: PeerId, now: Instant): void {
    const interval = this.persistentInterval[peer] as number;
    const since = this.lastTraversal[peer] as number;
    if (this.lookAgain(peer, 'persistentKeepalive', since, interval, now)) return;
    this.set(peer, 'persistentKeepalive', now, interval);
    this.actions.sendKeepalive(peer, now);
  }

  /** Moves a look-again entry that came early; false when its time has come. */
  private lookAgain(
    peer: PeerId,
    name: TimerName,
    since: number,
    wait: number,
    now: Instant,
  ): boolean {
    if (since + wait <= now) return false;
    this.set(peer, name, instant(since), wait);
    return true;
  }

  private set(peer: PeerId, name: TimerName, from: Instant, wait: number): void {
    this.of(peer).set(name, addMilliseconds(from, milliseconds(wait)));
  }

  private of(peer: PeerId): Timers<TimerName> {
    return this.timers[peer] as Timers<TimerName>;
  }

  private jitter(): number {
    return this.random.below(REKEY_TIMEOUT_JITTER_LIMIT_MS);
  }
}

function ownActivity(capacity: number): PlaneActivity {
  return {
    owesAnswerSince: new Float64Array(capacity),
    owesAnother: new Uint8Array(capacity),
    awaitsAnswerSince: new Float64Array(capacity),
    lastTraversal: new Float64Array(capacity),
  };
}
