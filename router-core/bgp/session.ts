/**
 * The finite state machine of one connection to a neighbor.
 *
 * Standard: RFC 4271 §8 (states, events), §10 (timers, jitter); RFC 6608 (errors of the machine);
 * RFC 9687 (send hold timer). Before changing this file read RFC 4271 §8.2.2 and collision.ts.
 *
 *                 ┌──────────── ConnectRetry ───────────┐
 *   idle ─start─► active ─ConnectDelay, ConnectRetry─► connect
 *                                                       │ transport opened: send OPEN
 *   incoming: idle ─accepted: send OPEN──────────────► opensent
 *                                                       │ good OPEN: collision check, send KEEPALIVE
 *                                                     openconfirm
 *                                                       │ KEEPALIVE
 *                                                     established
 *   any ─error, stop, loss─► idle; the supervisor decides what comes next
 *
 *   timer          runs in                    then
 *   connectDelay   active, before a dial      dial
 *   connectRetry   active, connect            dial (again)
 *   hold           opensent (240 s) and on    NOTIFICATION 4/0
 *   keepalive      openconfirm, established   KEEPALIVE
 *   sendHold       established, octets wait   NOTIFICATION 8/0, cut
 *   collisionWait  openconfirm, unconfirmed   confirm, whatever the other connection does
 *
 * DelayOpen (RFC 4271 §8.1.1) is not implemented: OPEN is sent at once.
 *
 * Invariants
 * - `link` exists exactly in connect, opensent, openconfirm and established.
 * - In idle no timer is armed.
 * - At most one connection of a neighbor has `isConfirmedByUs`.
 * - Nothing is sent after a NOTIFICATION; a NOTIFICATION is never answered.
 * - Errors of the content of a message end the session, never the process.
 *
 * @module
 */
import { assert, assertNever } from '../base/assert.ts';
import type { IpAddress } from '../base/ip-address.ts';
import type { Random } from '../base/random.ts';
import type { TimerQueue, Timers } from '../base/timer-queue.ts';
import { addMilliseconds, elapsed, type Instant, milliseconds, seconds } from '../base/units.ts';
import { ConnectRetry, keepaliveDelay } from './connect-retry.ts';
import {
  CEASE,
  COLLISION_WAIT,
  CONNECT_DELAY,
  CONNECTION_COLLISION_RESOLUTION,
  FSM_ERROR,
  HEADER_BYTES,
  HOLD_TIME_OPEN_SENT,
  HOLD_TIMER_EXPIRED,
  KEEPALIVE,
  KEEPALIVE_PROBE_INTERVAL,
  NOTIFICATION,
  OPEN,
  ROUTE_REFRESH,
  SEND_HOLD_TIME_MIN,
  SEND_HOLD_TIMER_EXPIRED,
  UNEXPECTED_IN_ESTABLISHED,
  UNEXPECTED_IN_OPEN_CONFIRM,
  UNEXPECTED_IN_OPEN_SENT,
  UPDATE,
} from './constants.ts';
import { keepsRoutes } from './graceful-restart.ts';
import { SEND_QUEUE_BYTES_LOW, SEND_QUEUE_BYTES_MAX } from './limits.ts';
import { messageType } from './message/header.ts';
import { buildKeepalive } from './message/keepalive.ts';
import {
  describeNotification,
  formatNotification,
  notification,
  readNotification,
} from './message/notification.ts';
import { readOpen } from './message/open.ts';
import { buildRouteRefresh, readRouteRefresh } from './message/route-refresh.ts';
import { MessageReader, type MessageSink } from './message-reader.ts';
import { buildOurOpen, negotiate } from './negotiate.ts';
import { SendQueue } from './send-queue.ts';
import type { Direction, SessionState } from './session-state.ts';
import type { SessionSupervisor, SupervisedSession } from './session-supervisor.ts';
import type { TransportUser } from './transport-user.ts';
import type {
  BgpNotification,
  Family,
  NegotiatedSession,
  RefreshSubtype,
  RouteExchange,
  TransportId,
  TransportPort,
} from './types.ts';

export type SessionOptions = {
  readonly direction: Direction;
  readonly supervisor: SessionSupervisor;
  readonly random: Random;
  readonly timerQueue: TimerQueue;
  readonly port: TransportPort;
  readonly exchange: RouteExchange;
};

type SessionTimer =
  | 'connectDelay'
  | 'connectRetry'
  | 'hold'
  | 'keepalive'
  | 'sendHold'
  | 'collisionWait';

/** One transport and everything that ends with it. */
type Link = {
  readonly queue: SendQueue;
  readonly reader: MessageReader;
  local?: IpAddress;
  remote?: IpAddress;
  /** Whole messages, for those who only listen. */
  sentOpen: Uint8Array;
  receivedOpen: Uint8Array;
  /** Both OPENs are good. */
  negotiated?: NegotiatedSession;
  /** The other side confirmed our OPEN while we were still waiting (collision.ts). */
  wasConfirmedToUs: boolean;
  /** We confirmed theirs: this is the connection we commit to. */
  isConfirmedByUs: boolean;
};

export class BgpSession implements SupervisedSession, TransportUser, MessageSink {
  readonly direction: Direction;
  private readonly options: SessionOptions;
  private readonly supervisor: SessionSupervisor;
  private readonly timers: Timers<SessionTimer>;
  private current: SessionState = 'idle';
  private link: Link | undefined;
  private readonly connectRetry: ConnectRetry;
  private lastReceived: Instant;
  private lastKeepalive: Instant;
  private wantsWritable = false;

  constructor(options: SessionOptions, now: Instant) {
    this.options = options;
    this.direction = options.direction;
    this.supervisor = options.supervisor;
    this.timers = options.timerQueue.add<SessionTimer>(this);
    this.connectRetry = new ConnectRetry(options.random);
    this.lastReceived = now;
    this.lastKeepalive = now;
  }

  get state(): SessionState {
    return this.current;
  }

  /** Whether both OPENs are good and only a better connection keeps us from saying so. */
  get isWaiting(): boolean {
    return this.current === 'openconfirm' && this.link?.isConfirmedByUs === false;
  }

  get negotiated(): NegotiatedSession | undefined {
    return this.current === 'established' ? this.link?.negotiated : undefined;
  }

  // ── commands ──────────────────────────────────────────────────────────────────────────────────

  /** idle → active: dials after ConnectDelay, or waits for the other side when passive. */
  start(because: string, now: Instant): void {
    assert(this.current === 'idle', 'a session starts from idle');
    this.connectRetry.restart(seconds(this.supervisor.connectRetrySeconds));
    if (!this.supervisor.isPassive)
      this.timers.set('connectDelay', addMilliseconds(now, CONNECT_DELAY));
    this.advance('active', because, now);
  }

  /** idle → active after a connection went without an error: dials after ConnectRetry. */
  retry(because: string, now: Instant): void {
    assert(this.current === 'idle', 'a session retries from idle');
    this.waitToDial(now);
    this.advance('active', because, now);
  }

  /** The way to the neighbor is open again: forgets the backoff and dials. */
  hurry(because: string, now: Instant): void {
    if (this.current !== 'active' && this.current !== 'connect') return;
    this.stop(undefined, now);
    this.start(because, now);
  }

  /** idle → opensent: a connection the neighbor opened. */
  accept(transport: TransportId, local: IpAddress, remote: IpAddress, now: Instant): void {
    assert(this.current === 'idle', 'a session accepts one connection');
    this.attach(transport);
    this.open(local, remote, 'the other side connected', now);
  }

  /** any → idle, at the supervisor's wish; the notification is sent if OPEN was. */
  stop(last: BgpNotification | undefined, now: Instant): void {
    this.leave(last, false, now);
  }

  /** established → idle: the neighbor restarted and connects anew. RFC 4724 §4.2: no NOTIFICATION. */
  giveWay(now: Instant): void {
    this.leave(undefined, keepsRoutes(this.negotiated?.gracefulRestart, undefined), now);
  }

  /** Ends the wait for a better connection. */
  confirm(now: Instant): void {
    assert(this.isWaiting, 'only a waiting session is confirmed late');
    const link = this.link as Link;
    this.timers.clear('collisionWait');
    link.isConfirmedByUs = true;
    this.sendKeepalive(link, now);
    this.armKeepalive(link, now);
    if (link.wasConfirmedToUs) this.establish(link, now);
  }

  /**
   * Says something on an established session, at most once a second.
   *
   * The answer of a neighbor that lost its memory is a RST, which frees us at once; waiting for the
   * next keepalive took BIRD 26 s.
   */
  probe(now: Instant): void {
    const link = this.link;
    if (link === undefined || link.queue.waiting > 0) return;
    if (elapsed(this.lastKeepalive, now) >= KEEPALIVE_PROBE_INTERVAL) this.sendKeepalive(link, now);
  }

  /** Takes a whole UPDATE; false when the queue is full or the session is not established. */
  sendUpdate(b: Uint8Array, start: number, end: number, now: Instant): boolean {
    const link = this.writableLink();
    if (link === undefined) return false;
    this.countSent(UPDATE);
    this.supervisor.passed('sent', b, start, end, now);
    link.queue.send(b, start, end, now);
    this.watchQueue(link, 0, now);
    return true;
  }

  /** Like `sendUpdate`; false also when the other side did not announce what this needs. */
  sendRouteRefresh(family: Family, subtype: RefreshSubtype, now: Instant): boolean {
    const negotiated = this.negotiated;
    if (negotiated === undefined || !negotiated.families.includes(family)) return false;
    if (!(subtype === 0 ? negotiated.routeRefresh : negotiated.enhancedRouteRefresh)) return false;
    const link = this.writableLink();
    if (link === undefined) return false;
    this.sendMessage(link, buildRouteRefresh(family, subtype), now);
    return true;
  }

  // ── the transport ─────────────────────────────────────────────────────────────────────────────

  transportOpened(local: IpAddress, remote: IpAddress, now: Instant): void {
    if (this.current !== 'connect') return;
    this.timers.clear('connectRetry');
    this.open(local, remote, 'the transport is up', now);
  }

  transportWritable(now: Instant): void {
    const link = this.link;
    if (link === undefined) return;
    const sent = link.queue.flush(now);
    this.watchQueue(link, sent, now);
    if (!this.wantsWritable || link.queue.waiting > SEND_QUEUE_BYTES_LOW) return;
    this.wantsWritable = false;
    if (this.current === 'established')
      this.options.exchange.writable(this.supervisor.neighbor, now);
  }

  transportClosed(reason: string, now: Instant): void {
    const link = this.link;
    const from = this.current;
    if (link === undefined) return;
    this.forget(link);
    if (from === 'connect') {
      // RFC 4271 §8.2.2, Connect, event 18.
      this.supervisor.attemptFailed(`could not connect: ${reason}`);
      this.waitToDial(now);
      this.advance('active', `could not connect: ${reason}`, now);
      return;
    }
    this.becomeIdle(keepsRoutes(link.negotiated?.gracefulRestart, undefined), now);
    const because = `the connection was lost: ${reason}`;
    this.supervisor.ended(this, { kind: 'lost', from, because }, now);
  }

  receive(b: Uint8Array, start: number, end: number, now: Instant): void {
    this.link?.reader.receive(b, start, end, now);
  }

  // ── messages ──────────────────────────────────────────────────────────────────────────────────

  receiveMessage(b: Uint8Array, start: number, end: number, now: Instant): boolean {
    const link = this.link;
    if (link === undefined) return false;
    const type = messageType(b, start);
    const { received } = this.supervisor.counters;
    received[type] = (received[type] ?? 0) + 1;
    this.supervisor.passed('received', b, start, end, now);
    this.lastReceived = now;
    if (type === NOTIFICATION) {
      this.receiveNotification(readNotification(b, start, end), now);
      return false;
    }
    switch (this.current) {
      case 'opensent':
        if (type === OPEN) this.receiveOpen(link, b, start, end, now);
        else this.unexpected(UNEXPECTED_IN_OPEN_SENT, type, now);
        break;
      case 'openconfirm':
        if (type !== KEEPALIVE) this.unexpected(UNEXPECTED_IN_OPEN_CONFIRM, type, now);
        else if (link.isConfirmedByUs) this.establish(link, now);
        else link.wasConfirmedToUs = true;
        break;
      case 'established':
        this.receiveEstablished(type, b, start, end, now);
        break;
      default:
        // RFC 4271 §8.2.2: nothing was sent yet, so nothing may come.
        this.unexpected(0, type, now);
    }
    return this.link === link;
  }

  headerBroken(error: BgpNotification, now: Instant): void {
    this.fail(error, describeNotification(error).sentence, now);
  }

  private receiveEstablished(
    type: number,
    b: Uint8Array,
    start: number,
    end: number,
    now: Instant,
  ): void {
    const { neighbor } = this.supervisor;
    if (type === UPDATE) {
      const { exchange } = this.options;
      const error = exchange.receiveUpdate(neighbor, b, start + HEADER_BYTES, end, now);
      if (error !== undefined) this.fail(error, describeNotification(error).sentence, now);
    } else if (type === ROUTE_REFRESH) {
      this.receiveRouteRefresh(b, start, end, now);
    } else if (type === OPEN) {
      this.unexpected(UNEXPECTED_IN_ESTABLISHED, type, now);
    }
  }

  private receiveOpen(link: Link, b: Uint8Array, start: number, end: number, now: Instant): void {
    const addresses = { local: link.local as IpAddress, remote: link.remote as IpAddress };
    const result = negotiate(this.supervisor.settings, addresses, readOpen(b, start, end));
    if (result.kind === 'refused') {
      if (result.offeredAsn !== undefined) this.supervisor.offeredOtherAs(result.offeredAsn);
      if (result.roles !== undefined) this.supervisor.rolesDiffer(result.roles);
      this.fail(result.notification, result.because, now);
      return;
    }
    const { session } = result;
    const speaker = { routerId: session.peerRouterId, asn: session.peerAsn };
    const verdict = this.supervisor.judge(this, speaker, now);
    if (verdict === 'give-up') {
      const from = this.current;
      this.leave(notification(CEASE, CONNECTION_COLLISION_RESOLUTION), false, now);
      const because = 'another connection to the same neighbor stays';
      this.supervisor.ended(this, { kind: 'collision', from, because }, now);
      return;
    }
    link.negotiated = session;
    link.receivedOpen = b.slice(start, end);
    if (session.holdTimeSeconds === 0) this.timers.clear('hold');
    else this.timers.set('hold', addMilliseconds(now, seconds(session.holdTimeSeconds)));
    // The state is entered first: `confirm` asserts that we wait in it.
    this.current = 'openconfirm';
    if (verdict === 'wait') this.timers.set('collisionWait', addMilliseconds(now, COLLISION_WAIT));
    else this.confirm(now);
    this.supervisor.advanced(this, 'the OPEN of the other side is good', now);
  }

  private receiveRouteRefresh(b: Uint8Array, start: number, end: number, now: Instant): void {
    const reading = readRouteRefresh(b, start, end);
    switch (reading.kind) {
      case 'refresh': {
        const { family, subtype } = reading.refresh;
        // RFC 2918 §4: a family that was not negotiated is ignored.
        if (this.negotiated?.families.includes(family) === true) {
          const { neighbor } = this.supervisor;
          this.options.exchange.receiveRouteRefresh(neighbor, family, subtype, now);
        }
        break;
      }
      case 'ignored':
        break;
      case 'error':
        this.fail(reading.notification, describeNotification(reading.notification).sentence, now);
        break;
      default:
        assertNever(reading);
    }
  }

  private receiveNotification(received: BgpNotification, now: Instant): void {
    const from = this.current;
    this.supervisor.notified('received', received, now);
    this.leave(undefined, keepsRoutes(this.negotiated?.gracefulRestart, received), now);
    // Established sessions do not collide: a 6/7 there is the other side's mistake.
    const isCollision =
      received.code === CEASE &&
      received.subcode === CONNECTION_COLLISION_RESOLUTION &&
      from !== 'established';
    const because = `the other side ended the session: ${formatNotification(received)}`;
    this.supervisor.ended(this, { kind: isCollision ? 'collision' : 'error', from, because }, now);
  }

  private unexpected(subcode: number, type: number, now: Instant): void {
    // RFC 6608 §3: the data is the type of the message.
    const error = notification(FSM_ERROR, subcode, Uint8Array.of(type));
    this.fail(error, describeNotification(error).sentence, now);
  }

  // ── states ────────────────────────────────────────────────────────────────────────────────────

  timerExpired(name: SessionTimer, now: Instant): void {
    switch (name) {
      case 'connectDelay':
      case 'connectRetry':
        this.dial(now);
        break;
      case 'hold':
        this.holdTimerExpired(now);
        break;
      case 'keepalive':
        this.keepaliveTimerExpired(now);
        break;
      case 'sendHold':
        // The farewell tries the NOTIFICATION for a second, then cuts.
        this.fail(notification(SEND_HOLD_TIMER_EXPIRED, 0), 'the other side stopped reading', now);
        break;
      case 'collisionWait':
        this.supervisor.waitedEnough(this, now);
        break;
      default:
        assertNever(name);
    }
  }

  private dial(now: Instant): void {
    if (this.link !== undefined) {
      // RFC 4271 §8.2.2, Connect, event 9: the attempt takes too long and is dropped.
      this.options.port.close(this.link.queue.transport, 'abort', now);
      this.forget(this.link);
      this.connectRetry.lengthen();
      this.supervisor.attemptFailed('could not connect: no answer');
    }
    this.attach(this.options.port.open(this.supervisor.neighbor, now));
    this.armConnectRetry(now);
    this.advance('connect', 'connecting', now);
  }

  private open(local: IpAddress, remote: IpAddress, because: string, now: Instant): void {
    const link = this.link as Link;
    link.local = local;
    link.remote = remote;
    this.timers.set('hold', addMilliseconds(now, HOLD_TIME_OPEN_SENT));
    this.advance('opensent', because, now);
    link.sentOpen = buildOurOpen(this.supervisor.settings, remote);
    this.sendMessage(link, link.sentOpen, now);
  }

  private establish(link: Link, now: Instant): void {
    this.current = 'established';
    this.watchQueue(link, 0, now);
    const opens = { sent: link.sentOpen, received: link.receivedOpen };
    this.supervisor.established(this, link.negotiated as NegotiatedSession, opens, now);
  }

  private holdTimerExpired(now: Instant): void {
    // The timer is not moved for every message: it looks at the last one when it runs out.
    const holdTime = this.link?.negotiated?.holdTimeSeconds;
    const due = addMilliseconds(this.lastReceived, seconds(holdTime ?? 0));
    if (holdTime !== undefined && now < due) {
      this.timers.set('hold', due);
      return;
    }
    const waited = holdTime ?? HOLD_TIME_OPEN_SENT / 1000;
    const because = `nothing was heard from the other side for ${waited} s`;
    this.fail(notification(HOLD_TIMER_EXPIRED, 0), because, now);
  }

  private keepaliveTimerExpired(now: Instant): void {
    const link = this.link as Link;
    // Whatever waits will keep the session alive when it arrives; another KEEPALIVE would not.
    if (link.queue.waiting === 0) this.sendKeepalive(link, now);
    this.armKeepalive(link, now);
  }

  /** Ends the session with a NOTIFICATION of ours. */
  private fail(error: BgpNotification, because: string, now: Instant): void {
    const from = this.current;
    this.supervisor.notified('sent', error, now);
    this.leave(error, keepsRoutes(this.negotiated?.gracefulRestart, error), now);
    this.supervisor.ended(this, { kind: 'error', from, because }, now);
  }

  /** any → idle; an attempt to connect is cut, everything else closes in peace. */
  private leave(last: BgpNotification | undefined, isKept: boolean, now: Instant): void {
    const link = this.link;
    const from = this.current;
    if (link !== undefined) {
      this.forget(link);
      if (from === 'connect') {
        this.options.port.close(link.queue.transport, 'abort', now);
      } else {
        if (last !== undefined) this.countSent(NOTIFICATION);
        this.supervisor.farewell(link.queue, last, now);
      }
    }
    this.becomeIdle(isKept, now);
  }

  /** `isKept`: should it have been established, its routes stay in use. */
  private becomeIdle(isKept: boolean, now: Instant): void {
    const from = this.current;
    this.timers.clearAll();
    this.wantsWritable = false;
    this.current = 'idle';
    if (from === 'established') this.supervisor.unestablished(isKept, now);
  }

  private advance(to: SessionState, because: string, now: Instant): void {
    this.current = to;
    this.supervisor.advanced(this, because, now);
  }

  // ── links and timers ──────────────────────────────────────────────────────────────────────────

  private attach(transport: TransportId): void {
    this.link = {
      queue: new SendQueue(this.options.port, transport),
      reader: new MessageReader(this),
      sentOpen: NO_MESSAGE,
      receivedOpen: NO_MESSAGE,
      wasConfirmedToUs: false,
      isConfirmedByUs: false,
    };
    this.supervisor.bind(transport, this);
  }

  private forget(link: Link): void {
    this.link = undefined;
    this.supervisor.bind(link.queue.transport, undefined);
  }

  private writableLink(): Link | undefined {
    if (this.current !== 'established' || this.link === undefined) return undefined;
    if (this.link.queue.waiting < SEND_QUEUE_BYTES_MAX) return this.link;
    this.wantsWritable = true;
    return undefined;
  }

  private sendMessage(link: Link, message: Uint8Array, now: Instant): void {
    this.countSent(messageType(message, 0));
    this.supervisor.passed('sent', message, 0, message.length, now);
    link.queue.send(message, 0, message.length, now);
    this.watchQueue(link, 0, now);
  }

  private countSent(type: number): void {
    const { sent } = this.supervisor.counters;
    sent[type] = (sent[type] ?? 0) + 1;
  }

  private sendKeepalive(link: Link, now: Instant): void {
    this.lastKeepalive = now;
    this.sendMessage(link, KEEPALIVE_MESSAGE, now);
  }

  /** RFC 9687: the send hold timer runs while octets wait, and starts again when some move. */
  private watchQueue(link: Link, moved: number, now: Instant): void {
    if (link.queue.waiting === 0) {
      this.timers.clear('sendHold');
      return;
    }
    if (this.current !== 'established') return;
    if (moved === 0 && this.timers.isSet('sendHold')) return;
    const holdTime = link.negotiated?.holdTimeSeconds ?? 0;
    const sendHold = Math.max(SEND_HOLD_TIME_MIN, seconds(2 * holdTime));
    this.timers.set('sendHold', addMilliseconds(now, milliseconds(sendHold)));
  }

  private armKeepalive(link: Link, now: Instant): void {
    const interval = seconds(link.negotiated?.keepaliveSeconds ?? 0);
    if (interval > 0)
      this.timers.set(
        'keepalive',
        addMilliseconds(now, keepaliveDelay(interval, this.options.random)),
      );
  }

  /** The next attempt comes after ConnectRetry, the one after it later. */
  private waitToDial(now: Instant): void {
    if (this.supervisor.isPassive) return;
    this.armConnectRetry(now);
    this.connectRetry.lengthen();
  }

  private armConnectRetry(now: Instant): void {
    this.timers.set('connectRetry', addMilliseconds(now, this.connectRetry.delay()));
  }
}

const KEEPALIVE_MESSAGE = buildKeepalive();
const NO_MESSAGE = new Uint8Array(0);
