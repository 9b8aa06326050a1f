/**
 * One BFD session: the state machine, the intervals, and what is sent when.
 *
 * Standard: RFC 5880 §6 (asynchronous mode, active role, no echo function, no authentication).
 * Before changing this file read §6.8.3 (parameters), §6.8.6 (reception) and §6.8.7 (transmission).
 *
 *                      ┌─────── Down received ──────┐
 *            Down ─────┴─► Init ── Init, Up ──► Up  │     what the other side says moves us along;
 *              └──────── Init received ────────►│   │     silence, AdminDown, and Down while Up, back
 *              ◄── detection time, AdminDown, Down ─┘
 *   admin-down: an operator of ours; nothing received matters until `enable`
 *
 *   timer      runs                               then
 *   transmit   always but when told to be quiet   a packet, 75 to 100 % of the interval later the next
 *   detect     once the other side was heard      down, unless our own loop was late (punctuality.ts)
 *
 * Parameters change by a Poll Sequence: packets carry Poll until one with Final comes back. While up, a
 * slower transmission and a shorter detection hold from then on only, because the other side must know first.
 *
 * C is never set: this code runs with BGP in one loop and shares its fate.
 *
 * Invariants
 * - Intervals on the wire are microseconds, all others milliseconds.
 * - While not up, the interval we announce and keep is at least a second.
 * - A packet whose content differs from the last one leaves at once.
 *
 * @module
 */
import type { Random } from '../../base/random.ts';
import type { TimerQueue, Timers } from '../../base/timer-queue.ts';
import { TokenBucket } from '../../base/token-bucket.ts';
import {
  addMilliseconds,
  type Instant,
  type Milliseconds,
  milliseconds,
} from '../../base/units.ts';
import {
  ADMINISTRATIVELY_DOWN,
  BFD_DIAGNOSTICS,
  type BfdState,
  CONTROL_DETECTION_TIME_EXPIRED,
  JITTER_PERCENT,
  JITTER_PERCENT_MIN_WITHOUT_REPEAT,
  NEIGHBOR_SIGNALED_SESSION_DOWN,
  REMOTE_MIN_RX_INITIAL,
  SLOW_INTERVAL,
} from './constants.ts';
import type { ControlPacket } from './control-packet.ts';
import { POLL_ANSWERS_BURST, POLL_ANSWERS_PER_SECOND } from './limits.ts';
import type { Punctuality } from './punctuality.ts';

/** What an operator chooses. */
export type BfdParameters = {
  /** DesiredMinTxInterval and RequiredMinRxInterval, milliseconds. */
  readonly minTx: number;
  readonly minRx: number;
  /** DetectMult: so many packets of ours in a row may be lost. */
  readonly multiplier: number;
};

export type BfdStateChange = {
  readonly from: BfdState;
  readonly to: BfdState;
  /** Why, in words of RFC 5880 §4.1. */
  readonly diagnostic: string;
  /** The other side's operator did it (RFC 5882 §3.2: nothing is wrong with the path). */
  readonly isAdministrative: boolean;
  /** C of the last packet: forwarding there does not depend on its control plane. */
  readonly isControlPlaneIndependent: boolean;
};

export type BfdView = {
  readonly state: BfdState;
  readonly since: Instant;
  readonly remoteState: BfdState;
  readonly diagnostic: string;
  readonly remoteDiagnostic: string;
  /** The interval we send at, before jitter; undefined: the other side wants nothing. */
  readonly transmitInterval?: Milliseconds;
  /** Silence of this length is the end; undefined before the other side was heard. */
  readonly detectionTime?: Milliseconds;
  readonly lastReceived?: Instant;
  /** How often the session was up and went down. */
  readonly downs: number;
};

export type BfdSessionOptions = {
  readonly discriminator: number;
  readonly parameters: BfdParameters;
  /** Begin in admin-down. */
  readonly isDisabled: boolean;
  readonly random: Random;
  readonly timerQueue: TimerQueue;
  readonly punctuality: Punctuality;
  /** Takes a packet to the neighbor, at once. */
  readonly send: (packet: ControlPacket, now: Instant) => void;
  readonly changed: (change: BfdStateChange) => void;
};

/** What is known of the other side (RFC 5880 §6.8.1: bfd.Remote…), and how it is forgotten. */
const UNHEARD = {
  discriminator: 0,
  state: 'down' as BfdState,
  diagnostic: 0,
  minRx: REMOTE_MIN_RX_INITIAL,
  minTx: 0,
  multiplier: 0,
  isInDemandMode: false,
  isControlPlaneIndependent: false,
};

export class BfdSession {
  readonly discriminator: number;
  private readonly options: BfdSessionOptions;
  private readonly timers: Timers<'transmit' | 'detect'>;
  private readonly pollAnswers = new TokenBucket(POLL_ANSWERS_PER_SECOND, POLL_ANSWERS_BURST);
  private parameters: BfdParameters;
  private state: BfdState;
  private since: Instant;
  private diagnostic = 0;
  private remote = { ...UNHEARD };
  /** The intervals in force; those of `parameters` are announced, and follow when they may. */
  private minTxInForce: number;
  private minRxInForce: number;
  private poll: 'none' | 'running' | 'running-and-changed' = 'none';
  private transmitDue: Instant;
  private detectDue: Instant;
  private lastReceived: Instant | undefined;
  private isGraceUsed = false;
  private downs = 0;

  constructor(options: BfdSessionOptions, now: Instant) {
    this.options = options;
    this.discriminator = options.discriminator;
    this.parameters = options.parameters;
    this.state = options.isDisabled ? 'admin-down' : 'down';
    this.diagnostic = options.isDisabled ? ADMINISTRATIVELY_DOWN : 0;
    this.since = now;
    this.minTxInForce = this.desiredMinTx;
    this.minRxInForce = options.parameters.minRx;
    this.transmitDue = now;
    this.detectDue = now;
    this.timers = options.timerQueue.add<'transmit' | 'detect'>(this);
    this.scheduleTransmit(now);
  }

  // ── commands ──────────────────────────────────────────────────────────────────────────────────

  /** Changes the parameters; while up, by a Poll Sequence. */
  setParameters(parameters: BfdParameters, now: Instant): void {
    const before = this.parameters;
    this.parameters = parameters;
    if (before.minTx !== parameters.minTx || before.minRx !== parameters.minRx)
      this.intervalsChanged();
    this.transmit(now);
  }

  /** RFC 5880 §6.8.16: says that the session is down because somebody wants it to be, until `enable`. */
  disable(now: Instant): void {
    if (this.state === 'admin-down') return;
    this.timers.clear('detect');
    this.enter('admin-down', ADMINISTRATIVELY_DOWN, now);
    this.transmit(now);
  }

  enable(now: Instant): void {
    if (this.state !== 'admin-down') return;
    this.enter('down', 0, now);
    this.transmit(now);
  }

  /** Ends the session without a word; `disable` comes first where the other side should know. */
  end(): void {
    this.timers.clearAll();
  }

  /** How long the other side takes our last packet to hold. */
  get theirDetectionTime(): Milliseconds {
    return milliseconds(this.parameters.multiplier * Math.max(this.minTxInForce, this.remoteMinRx));
  }

  view(): BfdView {
    const { detectionTime } = this;
    return {
      state: this.state,
      since: this.since,
      remoteState: this.remote.state,
      diagnostic: wordOf(this.diagnostic),
      remoteDiagnostic: wordOf(this.remote.diagnostic),
      ...(this.remote.minRx === 0 ? {} : { transmitInterval: this.transmitInterval }),
      ...(detectionTime === 0 ? {} : { detectionTime }),
      ...(this.lastReceived === undefined ? {} : { lastReceived: this.lastReceived }),
      downs: this.downs,
    };
  }

  // ── reception ─────────────────────────────────────────────────────────────────────────────────

  /** Takes a packet that was found to belong here (RFC 5880 §6.8.6, from "Set bfd.RemoteDiscr"). */
  receive(packet: ControlPacket, now: Instant): void {
    this.remote = {
      discriminator: packet.myDiscriminator,
      state: packet.state,
      diagnostic: packet.diagnostic,
      minRx: packet.requiredMinRx,
      minTx: packet.desiredMinTx,
      multiplier: packet.detectMult,
      isInDemandMode: packet.demand,
      isControlPlaneIndependent: packet.controlPlaneIndependent,
    };
    this.lastReceived = now;
    this.isGraceUsed = false;
    if (packet.final) this.pollAnswered();
    if (this.state === 'admin-down') return;
    this.awaitPacket(now);
    const hasMoved = this.follow(packet.state, now);
    if (packet.poll && this.pollAnswers.take(now)) this.transmit(now, true);
    else if (hasMoved) this.transmit(now);
    this.keepTransmitting(now);
  }

  /** The table of RFC 5880 §6.2; returns whether the state changed. */
  private follow(theirs: BfdState, now: Instant): boolean {
    const before = this.state;
    if (theirs === 'admin-down') {
      if (before !== 'down') this.enter('down', NEIGHBOR_SIGNALED_SESSION_DOWN, now);
    } else if (before === 'down') {
      if (theirs === 'down') this.enter('init', 0, now);
      else if (theirs === 'init') this.enter('up', 0, now);
    } else if (before === 'init') {
      if (theirs === 'init' || theirs === 'up') this.enter('up', 0, now);
    } else if (theirs === 'down') {
      this.enter('down', NEIGHBOR_SIGNALED_SESSION_DOWN, now);
    }
    return this.state !== before;
  }

  private pollAnswered(): void {
    if (this.poll === 'none') return;
    // An answer to what was announced before the last change says nothing about that change.
    if (this.poll === 'running-and-changed') {
      this.poll = 'running';
      return;
    }
    this.poll = 'none';
    this.minTxInForce = this.desiredMinTx;
    this.minRxInForce = this.parameters.minRx;
  }

  // ── intervals ─────────────────────────────────────────────────────────────────────────────────

  /** bfd.DesiredMinTxInterval in milliseconds. */
  private get desiredMinTx(): number {
    const { minTx } = this.parameters;
    return this.state === 'up' ? minTx : Math.max(minTx, SLOW_INTERVAL);
  }

  private get remoteMinRx(): number {
    return this.remote.minRx / 1000;
  }

  /** RFC 5880 §6.8.7. */
  private get transmitInterval(): Milliseconds {
    return milliseconds(Math.max(this.minTxInForce, this.remoteMinRx));
  }

  /** RFC 5880 §6.8.4; 0 before the other side was heard. */
  private get detectionTime(): Milliseconds {
    const { multiplier, minTx } = this.remote;
    return milliseconds(multiplier * Math.max(this.minRxInForce, minTx / 1000));
  }

  /** RFC 5880 §6.8.3: what we announce has changed. */
  private intervalsChanged(): void {
    if (this.state !== 'up') {
      this.minTxInForce = this.desiredMinTx;
      this.minRxInForce = this.parameters.minRx;
      return;
    }
    this.minTxInForce = Math.min(this.minTxInForce, this.desiredMinTx);
    this.minRxInForce = Math.max(this.minRxInForce, this.parameters.minRx);
    this.poll = this.poll === 'none' ? 'running' : 'running-and-changed';
  }

  // ── transmission ──────────────────────────────────────────────────────────────────────────────

  private transmit(now: Instant, isFinal = false): void {
    this.options.send(
      {
        diagnostic: this.diagnostic,
        state: this.state,
        // RFC 5880 §6.5: never both.
        poll: this.poll !== 'none' && !isFinal,
        final: isFinal,
        controlPlaneIndependent: false,
        demand: false,
        detectMult: this.parameters.multiplier,
        myDiscriminator: this.discriminator,
        yourDiscriminator: this.remote.discriminator,
        desiredMinTx: this.desiredMinTx * 1000,
        requiredMinRx: this.parameters.minRx * 1000,
        requiredMinEchoRx: 0,
      },
      now,
    );
    this.scheduleTransmit(now);
  }

  /** RFC 5880 §6.8.7: the next packet, earlier than the interval by a random part of it. */
  private scheduleTransmit(now: Instant): void {
    if (this.isToldToBeQuiet) {
      this.timers.clear('transmit');
      return;
    }
    const least = this.parameters.multiplier === 1 ? JITTER_PERCENT_MIN_WITHOUT_REPEAT : 0;
    const percent = 100 - least - this.options.random.below(JITTER_PERCENT - least + 1);
    const interval = milliseconds((this.transmitInterval * percent) / 100);
    this.transmitDue = addMilliseconds(now, interval);
    this.timers.set('transmit', this.transmitDue);
  }

  /** The other side may have changed its mind about how often it wants to hear us. */
  private keepTransmitting(now: Instant): void {
    const latest = addMilliseconds(now, this.transmitInterval);
    const isTooLate = !this.timers.isSet('transmit') || this.transmitDue > latest;
    if (isTooLate || this.isToldToBeQuiet) this.scheduleTransmit(now);
  }

  private get isToldToBeQuiet(): boolean {
    if (this.remote.minRx === 0) return true;
    const isPathQuiet = this.state === 'up' && this.remote.state === 'up';
    return this.remote.isInDemandMode && isPathQuiet && this.poll === 'none';
  }

  // ── timers and states ─────────────────────────────────────────────────────────────────────────

  timerExpired(name: 'transmit' | 'detect', now: Instant): void {
    const { punctuality } = this.options;
    if (name === 'transmit') {
      punctuality.ran(this.transmitDue, now);
      this.transmit(now);
      return;
    }
    punctuality.ran(this.detectDue, now);
    if (punctuality.wasLate(now) && !this.isGraceUsed) {
      this.isGraceUsed = true;
      this.awaitPacket(now);
      return;
    }
    const wasAlive = this.state === 'init' || this.state === 'up';
    // RFC 5880 §6.8.1: after a detection time of silence the other side's numbers mean nothing. What it
    // last said of itself stays: C, for whoever has to judge its end, and that it was switched off.
    const { isControlPlaneIndependent } = this.remote;
    const state = this.remote.state === 'admin-down' ? 'admin-down' : UNHEARD.state;
    this.remote = { ...UNHEARD, isControlPlaneIndependent, state };
    if (!wasAlive) return;
    this.enter('down', CONTROL_DETECTION_TIME_EXPIRED, now);
    this.transmit(now);
  }

  private awaitPacket(now: Instant): void {
    this.detectDue = addMilliseconds(now, this.detectionTime);
    this.timers.set('detect', this.detectDue);
  }

  private enter(to: BfdState, diagnostic: number, now: Instant): void {
    const from = this.state;
    this.state = to;
    this.since = now;
    this.diagnostic = diagnostic;
    this.poll = 'none';
    if (from === 'up') this.downs++;
    if (to === 'up') {
      const hasChanged = this.desiredMinTx !== this.minTxInForce;
      if (hasChanged) this.intervalsChanged();
    } else {
      this.intervalsChanged();
    }
    this.options.changed({
      from,
      to,
      diagnostic: wordOf(diagnostic),
      isAdministrative: to === 'admin-down' || this.remote.state === 'admin-down',
      isControlPlaneIndependent: this.remote.isControlPlaneIndependent,
    });
  }
}

const wordOf = (diagnostic: number): string => BFD_DIAGNOSTICS[diagnostic] ?? `code ${diagnostic}`;
