/**
 * The supervisor of one neighbor: its two possible connections, its backoff, its memory.
 *
 * Standard: RFC 4271 §6.8 (collision), §8.1 (IdleHold, DampPeerOscillations); RFC 4486 (Cease);
 * RFC 9003 (text of a shutdown); RFC 4724 §4, RFC 8538 §3 (graceful-restart.ts); RFC 9384 (BFD).
 *
 *            ┌─ outgoing: BgpSession ── the connection we open; idle, active, connect, …
 *   Neighbor ┤
 *            └─ incoming: BgpSession ── the one they opened, while there is one
 *
 *   disabled ◄─disable── running ──error──► held (IdleHold 1, 2, 4 … 120 s) ──► running
 *        └──── enable ──────▲
 *
 * The neighbor's state is the furthest of its two connections. A connection that is not wanted:
 *
 *   neighbor is disabled                    6/5 Connection Rejected
 *   neighbor is held, also by its limit     refused without a word
 *   one is established, graceful restart    the old one is dead: it gives way without a word
 *   one is confirmed or established         6/7; the old one is probed, for its end may be dead
 *   one of theirs is opensent or waiting    the old one gets 6/7: they would not dial twice
 *
 * Invariants
 * - Disabled or held: both connections are idle.
 * - At most one connection is established, and while it is, the other is idle.
 * - A neighbor is never stuck: enabled and not held, a connection is in progress or a timer of the
 *   outgoing session runs, unless the neighbor is passive.
 *
 * @module
 */
import { equalAddresses, type IpAddress } from '../base/ip-address.ts';
import type { Random } from '../base/random.ts';
import type { TimerQueue, Timers } from '../base/timer-queue.ts';
import { type Asn, addMilliseconds, elapsed, type Instant, seconds } from '../base/units.ts';
import {
  type CollisionVerdict,
  judgeCollision,
  preferredDirection,
  type Speaker,
} from './collision.ts';
import {
  ADMINISTRATIVE_RESET,
  ADMINISTRATIVE_SHUTDOWN,
  BFD_DOWN,
  CEASE,
  COLLISION_AGE,
  CONNECT_RETRY_SECONDS_DEFAULT,
  CONNECTION_COLLISION_RESOLUTION,
  CONNECTION_REJECTED,
  IDLE_HOLD_RESET_AFTER,
  IDLE_HOLD_SECONDS_MAX,
  OTHER_CONFIGURATION_CHANGE,
  OUT_OF_RESOURCES,
  PEER_DECONFIGURED,
} from './constants.ts';
import { Farewell } from './farewell.ts';
import {
  type ForwardingState,
  type GracefulRestartWish,
  withHardReset,
} from './graceful-restart.ts';
import { FAREWELLS_MAX } from './limits.ts';
import { buildNotification, ceaseWithText, notification } from './message/notification.ts';
import type { SessionSettings } from './negotiate.ts';
import { isRestartNeeded, type NeighborConfig } from './neighbor-config.ts';
import type { NeighborEvent, NeighborView, NotificationSeen } from './neighbor-view.ts';
import { excessNotification, excessWords, type PrefixExcess } from './prefix-excess.ts';
import type { RoleConflict } from './role.ts';
import { SendQueue } from './send-queue.ts';
import { BgpSession } from './session.ts';
import { type Direction, furtherState, isSpeaking, type SessionState } from './session-state.ts';
import type {
  MessageCounters,
  SessionEnding,
  SessionSupervisor,
  SupervisedSession,
} from './session-supervisor.ts';
import type { MessageDirection, SessionOpens, SessionTap } from './session-tap.ts';
import type { TransportUser } from './transport-user.ts';
import type {
  BgpNotification,
  Family,
  NegotiatedSession,
  NeighborId,
  RefreshSubtype,
  RouteExchange,
  TransportId,
  TransportPort,
} from './types.ts';

/** What all neighbors of a router share. */
export type NeighborContext = {
  readonly asn: Asn;
  readonly routerId: number;
  readonly random: Random;
  readonly timerQueue: TimerQueue;
  readonly port: TransportPort;
  readonly exchange: RouteExchange;
  readonly forwarding: ForwardingState;
  readonly tap: SessionTap | undefined;
  /** R: this speaker comes back from a restart. */
  isRestarting(): boolean;
  bind(transport: TransportId, user: TransportUser | undefined): void;
  emit(event: NeighborEvent): void;
};

export class Neighbor implements SessionSupervisor {
  readonly neighbor: NeighborId;
  readonly counters: MessageCounters = {
    received: [0, 0, 0, 0, 0, 0],
    sent: [0, 0, 0, 0, 0, 0],
  };
  private readonly context: NeighborContext;
  private readonly timers: Timers<'idleHold'>;
  private readonly outgoing: BgpSession;
  private incoming: BgpSession | undefined;
  private config: NeighborConfig;
  private disabledText: string | undefined;
  private farewells = 0;
  private errors = 0;
  private connectRetryCounter = 0;
  private state: SessionState = 'idle';
  private since: Instant;
  private establishedAt: Instant | undefined;
  private lastNotification: NotificationSeen | undefined;
  private lastError: string | undefined;
  private excess: PrefixExcess | undefined;
  /** The neighbor was told routes in this life, which has forwarded for them ever since. */
  private hasBeenEstablished = false;

  constructor(id: NeighborId, config: NeighborConfig, context: NeighborContext, now: Instant) {
    this.neighbor = id;
    this.config = config;
    this.context = context;
    this.since = now;
    this.disabledText = config.disabled;
    this.timers = context.timerQueue.add<'idleHold'>(this);
    this.outgoing = this.newSession('outgoing', now);
    if (this.disabledText === undefined) this.outgoing.start('configured', now);
  }

  // ── what a session needs to know ──────────────────────────────────────────────────────────────

  get settings(): SessionSettings {
    const { peerAsn, peerAsns, keepaliveSeconds } = this.config;
    const { families, extendedNextHop, holdTimeSeconds } = this.config;
    const localAsn = this.config.localAsn ?? this.context.asn;
    const { routerId } = this.context;
    const common = {
      localAsn,
      peerAsn,
      ...(peerAsns === undefined ? {} : { peerAsns }),
      routerId,
      families,
      extendedNextHop,
      holdTimeSeconds,
      ...(keepaliveSeconds === undefined ? {} : { keepaliveSeconds }),
      ...(this.config.addPath === undefined ? {} : { addPath: this.config.addPath }),
    };
    const { gracefulRestart, role, strictRole: isStrict = false } = this.config;
    return {
      ...common,
      ...(gracefulRestart === true ? { gracefulRestart: this.gracefulRestart(families) } : {}),
      ...this.longLived(families),
      ...(role === undefined ? {} : { role: { role, isStrict } }),
    };
  }

  /**
   * RFC 4724 §3: F says that forwarding did not stop, which is also true of a session that comes up
   * again in the same life. Without F the other side would drop our routes on its return.
   */
  private gracefulRestart(families: readonly Family[]): GracefulRestartWish {
    const { forwarding } = this.context;
    return {
      isRestarting: this.context.isRestarting(),
      families: forwarding === 'ends-with-us' ? [] : families,
      isForwarding: forwarding === 'preserved' || this.hasBeenEstablished,
    };
  }

  private longLived(families: readonly Family[]): Pick<SessionSettings, 'longLived'> {
    const { longLivedSeconds: staleTimeSeconds = 0 } = this.config;
    if (staleTimeSeconds === 0) return {};
    const { isForwarding } = this.gracefulRestart(families);
    return { longLived: { families, staleTimeSeconds, isForwarding } };
  }

  get isPassive(): boolean {
    return this.config.passive;
  }

  get connectRetrySeconds(): number {
    return this.config.connectRetrySeconds ?? CONNECT_RETRY_SECONDS_DEFAULT;
  }

  // ── commands ──────────────────────────────────────────────────────────────────────────────────

  update(config: NeighborConfig, now: Instant): void {
    const before = this.config;
    this.config = config;
    if (config.disabled !== before.disabled) {
      if (config.disabled === undefined) this.enable(now);
      else this.disable(config.disabled, now);
    }
    if (this.disabledText !== undefined) return;
    if (isRestartNeeded(before, config)) {
      const last = notification(CEASE, OTHER_CONFIGURATION_CHANGE);
      this.restartWith(last, 'the configuration changed', now);
    } else if (config.passive !== before.passive && !isSpeaking(this.state) && !this.isHeld()) {
      this.stopSessions(undefined, now);
      this.outgoing.start('the configuration changed', now);
    }
  }

  restart(now: Instant): void {
    if (this.disabledText !== undefined) return;
    this.restartWith(notification(CEASE, ADMINISTRATIVE_RESET), 'restarted', now);
  }

  /** RFC 4486 §4: more prefixes than it may have. Established or not, it is down for that from now on. */
  exceed(excess: PrefixExcess, now: Instant): void {
    if (this.disabledText !== undefined) return;
    const because = excessWords(excess);
    this.errors = 0;
    this.lastError = because;
    this.stopForOperator(excessNotification(excess), because, now);
    this.excess = excess;
    const { restartAfterSeconds } = excess;
    if (restartAfterSeconds !== undefined)
      this.timers.set('idleHold', addMilliseconds(now, seconds(restartAfterSeconds)));
  }

  /** The limit is another one now: no reason to stay down for the former. */
  forgiveExcess(now: Instant): void {
    if (this.excess === undefined) return;
    this.timers.clearAll();
    this.excess = undefined;
    this.outgoing.start('the prefix limit changed', now);
  }

  /** The way to the neighbor is open again: no reason to wait for ConnectRetry. */
  linkUp(now: Instant): void {
    this.outgoing.hurry('the link is up', now);
  }

  /**
   * RFC 9384, RFC 5882 §4.3: the path to the neighbor is broken, so its routes go, whatever was promised
   * about restarts. When the session is lost already and its routes wait for a restart, BFD may have
   * fallen with the control plane; only a neighbor whose BFD stands apart (C bit) has lost forwarding too.
   */
  bfdDown(diagnostic: string, isControlPlaneIndependent: boolean, now: Instant): void {
    const isSession = isSpeaking(this.state);
    if (isSession) this.drop(BFD_DOWN, `BFD: ${diagnostic}`, now);
    if (isSession || isControlPlaneIndependent) this.context.exchange.forget(this.neighbor, now);
  }

  /** Its routes take what all neighbors share: they go, and it is tried again later. */
  shed(now: Instant): void {
    if (!isSpeaking(this.state)) return;
    this.drop(OUT_OF_RESOURCES, 'its routes take too much memory', now);
    this.context.exchange.forget(this.neighbor, now);
  }

  /** Ends the session by a Cease after which no routes are kept, and tries again like after an error. */
  private drop(subcode: number, because: string, now: Instant): void {
    const agreed = this.establishedSession()?.negotiated?.gracefulRestart;
    const last = withHardReset(agreed, notification(CEASE, subcode));
    this.connectRetryCounter++;
    this.notified('sent', last, now);
    this.stopSessions(last, now);
    this.hold(because, now);
    this.publish(because, now);
  }

  /** Ends everything; only the farewells of its connections outlive a neighbor. */
  remove(now: Instant): void {
    this.disabledText = '';
    this.stopForOperator(notification(CEASE, PEER_DECONFIGURED), 'removed', now);
  }

  /** A connection from the neighbor's address; false: refuse it. */
  accept(transport: TransportId, local: IpAddress, remote: IpAddress, now: Instant): boolean {
    if (this.farewells >= FAREWELLS_MAX || !equalAddresses(remote, this.config.remoteAddress))
      return false;
    if (this.disabledText !== undefined) {
      this.reject(transport, CONNECTION_REJECTED, now);
      return true;
    }
    if (this.isHeld()) return false;
    const committed = [this.outgoing, this.incoming].find(
      (s) => s?.state === 'established' || (s?.state === 'openconfirm' && !s.isWaiting),
    );
    if (committed !== undefined && this.isReplaced(committed, now)) {
      this.context.tap?.replaced(this.neighbor);
      committed.giveWay(now);
    } else if (committed !== undefined) {
      this.reject(transport, CONNECTION_COLLISION_RESOLUTION, now);
      committed.probe(now);
      return true;
    }
    this.incoming?.stop(collisionNotification(), now);
    this.incoming = this.newSession('incoming', now);
    this.incoming.accept(transport, local, remote, now);
    return true;
  }

  sendUpdate(b: Uint8Array, start: number, end: number, now: Instant): boolean {
    return this.establishedSession()?.sendUpdate(b, start, end, now) ?? false;
  }

  sendRouteRefresh(family: Family, subtype: RefreshSubtype, now: Instant): boolean {
    return this.establishedSession()?.sendRouteRefresh(family, subtype, now) ?? false;
  }

  view(): NeighborView {
    const { name, remoteAddress } = this.config;
    const session = this.establishedSession()?.negotiated;
    const nextAttempt = this.timers.deadline('idleHold');
    return {
      name,
      remoteAddress,
      state: this.state,
      since: this.since,
      connectRetryCounter: this.connectRetryCounter,
      messagesReceived: this.counters.received.slice(),
      messagesSent: this.counters.sent.slice(),
      ...(session === undefined ? {} : { session }),
      ...(this.lastNotification === undefined ? {} : { lastNotification: this.lastNotification }),
      ...(this.lastError === undefined ? {} : { lastError: this.lastError }),
      ...(nextAttempt === undefined ? {} : { nextAttempt }),
      ...(this.excess === undefined ? {} : { excess: this.excess }),
      ...(this.disabledText === undefined ? {} : { disabled: this.disabledText }),
    };
  }

  timerExpired(_name: 'idleHold', now: Instant): void {
    this.excess = undefined;
    this.outgoing.start('trying again', now);
  }

  // ── what a session tells ──────────────────────────────────────────────────────────────────────

  bind(transport: TransportId, user: TransportUser | undefined): void {
    this.context.bind(transport, user);
  }

  passed(
    direction: MessageDirection,
    b: Uint8Array,
    start: number,
    end: number,
    now: Instant,
  ): void {
    this.context.tap?.messagePassed(this.neighbor, direction, b, start, end, now);
  }

  farewell(queue: SendQueue, last: BgpNotification | undefined, now: Instant): void {
    const { port, timerQueue } = this.context;
    const onGone = (): void => {
      this.farewells--;
      this.context.bind(queue.transport, undefined);
    };
    const farewell = new Farewell({ queue, port, timerQueue, onGone });
    this.farewells++;
    this.context.bind(queue.transport, farewell);
    if (last !== undefined && this.context.tap !== undefined) {
      const message = buildNotification(last);
      this.passed('sent', message, 0, message.length, now);
    }
    farewell.begin(last, now);
  }

  judge(session: SupervisedSession, speaker: Speaker, now: Instant): CollisionVerdict {
    const { asn, routerId } = speaker;
    this.context.emit({ kind: 'open-received', neighbor: this.neighbor, asn, routerId });
    const us = { routerId: this.context.routerId, asn: this.settings.localAsn };
    const isPreferred = preferredDirection(us, speaker) === session.direction;
    const other = this.otherThan(session);
    const verdict = judgeCollision(other?.state ?? 'idle', isPreferred);
    if (verdict === 'confirm-and-stop-other') this.giveUp(other, now);
    return verdict;
  }

  waitedEnough(session: SupervisedSession, now: Instant): void {
    this.giveUp(this.otherThan(session), now);
    if (session.isWaiting) session.confirm(now);
  }

  offeredOtherAs(offered: Asn): void {
    const { neighbor } = this;
    const expected = this.config.peerAsn;
    this.context.emit({ kind: 'other-as', neighbor, expected, offered });
  }

  rolesDiffer(roles: RoleConflict): void {
    this.context.emit({ kind: 'roles-differ', neighbor: this.neighbor, roles });
  }

  notified(direction: 'sent' | 'received', of: BgpNotification, now: Instant): void {
    this.lastNotification = { direction, notification: of, at: now };
    this.context.tap?.notified(this.neighbor, direction, of);
    const { neighbor } = this;
    this.context.emit({ kind: 'notification', neighbor, direction, notification: of });
  }

  attemptFailed(because: string): void {
    this.connectRetryCounter++;
    this.lastError = because;
  }

  advanced(_session: SupervisedSession, because: string, now: Instant): void {
    this.publish(because, now);
  }

  established(
    session: SupervisedSession,
    negotiated: NegotiatedSession,
    opens: SessionOpens,
    now: Instant,
  ): void {
    this.giveUp(this.otherThan(session), now);
    this.establishedAt = now;
    this.hasBeenEstablished = true;
    this.lastError = undefined;
    this.publish('both sides agree', now);
    this.context.tap?.established(this.neighbor, negotiated, opens, now);
    this.context.exchange.established(this.neighbor, negotiated, now);
  }

  unestablished(keepsRoutes: boolean, now: Instant): void {
    // RFC 4271 §8.1.1: a session that held shows that the trouble is over.
    if (elapsed(this.establishedAt ?? now, now) >= IDLE_HOLD_RESET_AFTER) this.errors = 0;
    this.establishedAt = undefined;
    this.context.tap?.ended(this.neighbor, now);
    this.context.exchange.ended(this.neighbor, keepsRoutes, now);
  }

  ended(session: SupervisedSession, ending: SessionEnding, now: Instant): void {
    const { kind, from, because } = ending;
    if (session === this.incoming) this.incoming = undefined;
    this.connectRetryCounter++;
    if (kind === 'error' || from === 'established') this.hold(because, now);
    else this.goOnWithout(session, ending, now);
    this.publish(because, now);
  }

  // ── decisions ─────────────────────────────────────────────────────────────────────────────────

  /** A connection went without an error; there may be another one. */
  private goOnWithout(session: SupervisedSession, ending: SessionEnding, now: Instant): void {
    const { kind, from, because } = ending;
    const other = this.otherThan(session);
    if (other?.isWaiting === true) other.confirm(now);
    const otherState = other?.state ?? 'idle';
    if (otherState === 'openconfirm' || otherState === 'established') return;
    if (otherState === 'idle' && kind === 'lost' && from === 'openconfirm') {
      // RFC 4271 §8.2.2, OpenConfirm, event 18.
      this.hold(because, now);
      return;
    }
    this.lastError = because;
    if (this.outgoing.state === 'idle') this.outgoing.retry(because, now);
  }

  /**
   * RFC 4724 §4.2: a neighbor that announced graceful restart and connects anew has restarted. A session
   * that has only just come up met the other connection of a simultaneous open instead.
   */
  private isReplaced(committed: BgpSession, now: Instant): boolean {
    return (
      committed.negotiated?.gracefulRestart !== undefined &&
      elapsed(this.establishedAt ?? now, now) >= COLLISION_AGE
    );
  }

  private disable(text: string, now: Instant): void {
    this.disabledText = text;
    this.errors = 0;
    const last = ceaseWithText(ADMINISTRATIVE_SHUTDOWN, text);
    this.stopForOperator(last, text === '' ? 'shut down' : `shut down: ${text}`, now);
  }

  private enable(now: Instant): void {
    this.disabledText = undefined;
    this.outgoing.start('enabled', now);
  }

  /** Idle for 1, 2, 4 … 120 s. */
  private hold(because: string, now: Instant): void {
    this.lastError = because;
    this.stopSessions(notification(CEASE, CONNECTION_REJECTED), now);
    const delay = Math.min(2 ** this.errors, IDLE_HOLD_SECONDS_MAX);
    this.errors = Math.min(this.errors + 1, 31);
    this.timers.set('idleHold', addMilliseconds(now, seconds(delay)));
  }

  private isHeld(): boolean {
    return this.timers.isSet('idleHold') || this.excess !== undefined;
  }

  private restartWith(last: BgpNotification, because: string, now: Instant): void {
    this.errors = 0;
    this.stopForOperator(last, because, now);
    this.outgoing.start(because, now);
  }

  private stopForOperator(last: BgpNotification, because: string, now: Instant): void {
    this.timers.clearAll();
    this.excess = undefined;
    this.connectRetryCounter = 0;
    const final = withHardReset(this.establishedSession()?.negotiated?.gracefulRestart, last);
    if (isSpeaking(this.state)) this.notified('sent', final, now);
    this.stopSessions(final, now);
    this.context.exchange.forget(this.neighbor, now);
    this.publish(because, now);
  }

  private stopSessions(last: BgpNotification | undefined, now: Instant): void {
    this.outgoing.stop(last, now);
    this.incoming?.stop(last, now);
    this.incoming = undefined;
  }

  /** RFC 4271 §6.8: the connection that lost gets 6/7, or is not opened any further. */
  private giveUp(session: BgpSession | undefined, now: Instant): void {
    session?.stop(collisionNotification(), now);
    if (session === this.incoming) this.incoming = undefined;
  }

  private reject(transport: TransportId, subcode: number, now: Instant): void {
    const queue = new SendQueue(this.context.port, transport);
    this.farewell(queue, notification(CEASE, subcode), now);
  }

  private otherThan(session: SupervisedSession): BgpSession | undefined {
    return session === this.outgoing ? this.incoming : this.outgoing;
  }

  private establishedSession(): BgpSession | undefined {
    if (this.outgoing.state === 'established') return this.outgoing;
    return this.incoming?.state === 'established' ? this.incoming : undefined;
  }

  private newSession(direction: Direction, now: Instant): BgpSession {
    const { random, timerQueue, port, exchange } = this.context;
    const options = { direction, supervisor: this, random, timerQueue, port, exchange };
    return new BgpSession(options, now);
  }

  private publish(because: string, now: Instant): void {
    const from = this.state;
    const to = furtherState(this.outgoing.state, this.incoming?.state ?? 'idle');
    if (from === to) return;
    this.state = to;
    this.since = now;
    this.context.tap?.stateChanged(this.neighbor, from, to, now);
    this.context.emit({ kind: 'state', neighbor: this.neighbor, from, to, because });
  }
}

const collisionNotification = (): BgpNotification =>
  notification(CEASE, CONNECTION_COLLISION_RESOLUTION);
