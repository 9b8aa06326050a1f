/**
 * The transmission control block: everything known about one connection.
 *
 * Standard: RFC 9293 §3.3.1 (names of the variables), RFC 7323 §4 and §5, RFC 5961.
 *
 * Fields only; what changes them is in user-calls.ts, segment-arrives.ts, acknowledgment.ts,
 * segment-text.ts, transmit.ts, timeouts.ts and transitions.ts.
 *
 * Invariants
 * - SND.UNA ≤ SND.NXT, and SND.NXT never goes back: what is sent again is told by recovery.ts.
 * - `sendBuffer.end` is the sequence number of our FIN once the user closed.
 * - `rcvAdv` never moves left.
 *
 * @module
 */

import type { Timers } from '../../base/timer-queue.ts';
import { type Instant, type Milliseconds, milliseconds } from '../../base/units.ts';
import { TCP_OPTION_AO_BYTES } from './authentication-option.ts';
import { Congestion } from './congestion.ts';
import { ConnectionAuthentication } from './connection-authentication.ts';
import type { ConnectionId, TcpState, TcpTuple } from './contract.ts';
import type { TcpLimits } from './limits.ts';
import type { NeighborGuard } from './neighbor-guard.ts';
import { ReceiveBuffer } from './receive-buffer.ts';
import { Recovery } from './recovery.ts';
import { RetransmissionTimeout } from './retransmission.ts';
import {
  SACK_BLOCKS_MAX,
  SIGNATURE_BYTES,
  SIGNED_SACK_BLOCKS_MAX,
  sackBytes,
  signedSackBytes,
  TIMESTAMPS_BYTES,
} from './segment.ts';
import { SendBuffer } from './send-buffer.ts';
import { advance, distance, isAfter, type SequenceNumber } from './sequence-number.ts';

export type TcpTimer =
  | 'retransmit'
  | 'persist'
  | 'delayedAck'
  | 'timeWait'
  | 'linger'
  | 'keepalive';

/** Whether an acknowledgment is owed, and how soon. */
type AckDebt = 'none' | 'delayed' | 'now';

export class Tcb {
  readonly id: ConnectionId;
  readonly tuple: TcpTuple;
  readonly guard: NeighborGuard | undefined;
  readonly authentication: ConnectionAuthentication | undefined;
  readonly isPassive: boolean;
  readonly createdAt: Instant;
  readonly timers: Timers<TcpTimer>;
  state: TcpState;
  since: Instant;

  // Send sequence space.
  readonly iss: SequenceNumber;
  sndUna: SequenceNumber;
  sndNxt: SequenceNumber;
  sndWnd = 0;
  sndWndMax = 0;
  sndWl1: SequenceNumber;
  sndWl2: SequenceNumber;

  // Receive sequence space.
  irs: SequenceNumber;
  rcvNxt: SequenceNumber;
  /** The right edge of the window last offered. */
  rcvAdv: SequenceNumber;
  /** Last.ACK.sent (RFC 7323 §4.3). */
  lastAckSent: SequenceNumber;
  ackDebt: AckDebt = 'none';
  /** Segments with data since the last acknowledgment. */
  segmentsUnacknowledged = 0;
  /** Where the peer's FIN stands, once seen. */
  remoteFin: SequenceNumber | undefined = undefined;

  // Options.
  /** What we offer: the largest payload that fits the interface. */
  readonly receiveMss: number;
  /** What we may send: the peer's offer, our MTU and the path, whichever is least. */
  sendMss: number;
  hasWindowScale = false;
  sndWndShift = 0;
  rcvWndShift: number;
  hasSack = false;
  hasTimestamps = false;
  readonly timestampOffset: number;
  tsRecent = 0;
  tsRecentAt: Instant;

  // Sending.
  readonly sendBuffer: SendBuffer;
  readonly receiveBuffer: ReceiveBuffer;
  readonly recovery: Recovery;
  readonly congestion: Congestion;
  readonly rto: RetransmissionTimeout;
  /** The end of the last segment that was not full (Minshall's form of Nagle). */
  sndSml: SequenceNumber;
  /** For peers without timestamps: the octet whose acknowledgment gives the next RTT sample. */
  timedSequence: SequenceNumber;
  timedAt: Instant | undefined;
  /** Behind what was sent more than once, and our timestamp when that was done last. */
  retransmittedEnd: SequenceNumber;
  retransmittedStamp: number;
  lastSentAt: Instant;
  /** When the peer last acknowledged something new, or the flight began. */
  progressAt: Instant;
  /** Expirations of the retransmission timer without progress. */
  timeouts = 0;
  /** Zero-window probes since the window closed. */
  probes = 0;
  nextChallengeAt: Instant;
  /** When any segment of the peer came, and how many keepalives it has left unanswered. */
  heardAt: Instant;
  keepaliveProbes = 0;

  // The user.
  isKnownToUser: boolean;
  isCloseRequested = false;
  isClosedReported = false;
  isReadableQueued = false;
  wantsWritable = false;

  // Counts for the view.
  bytesSent = 0;
  bytesReceived = 0;
  segmentsSent = 0;
  segmentsReceived = 0;
  retransmits = 0;

  constructor(
    id: ConnectionId,
    tuple: TcpTuple,
    guard: NeighborGuard | undefined,
    isPassive: boolean,
    origin: { readonly iss: SequenceNumber; readonly timestampOffset: number },
    receiveMss: number,
    limits: TcpLimits,
    timers: Timers<TcpTimer>,
    now: Instant,
  ) {
    const { iss } = origin;
    this.id = id;
    this.tuple = tuple;
    this.guard = guard;
    const masterKeys = guard?.neighbor.masterKeys;
    this.authentication =
      masterKeys === undefined
        ? undefined
        : new ConnectionAuthentication(masterKeys, tuple, origin.iss);
    this.isPassive = isPassive;
    this.createdAt = now;
    this.timers = timers;
    this.state = isPassive ? 'syn-received' : 'syn-sent';
    this.since = now;
    this.iss = iss;
    this.sndUna = iss;
    this.sndNxt = iss;
    this.sndWl1 = iss;
    this.sndWl2 = iss;
    this.irs = iss;
    this.rcvNxt = iss;
    this.rcvAdv = iss;
    this.lastAckSent = iss;
    this.receiveMss = receiveMss;
    this.sendMss = receiveMss;
    this.rcvWndShift = windowShift(limits.receiveBufferBytes);
    this.timestampOffset = origin.timestampOffset;
    this.tsRecentAt = now;
    this.sendBuffer = new SendBuffer(
      advance(iss, 1),
      limits.bufferBytesInitial,
      limits.sendBufferBytes,
    );
    this.receiveBuffer = new ReceiveBuffer(
      limits.bufferBytesInitial,
      limits.receiveBufferBytes,
      limits.outOfOrderRanges,
    );
    this.recovery = new Recovery(iss, receiveMss, limits.sackRanges);
    this.congestion = new Congestion(receiveMss, limits.sendBufferBytes);
    this.rto = new RetransmissionTimeout(limits.rtoMin, limits.rtoMax);
    this.sndSml = iss;
    this.timedSequence = iss;
    this.timedAt = undefined;
    this.retransmittedEnd = iss;
    this.retransmittedStamp = 0;
    this.lastSentAt = now;
    this.progressAt = now;
    this.nextChallengeAt = now;
    this.heardAt = now;
    this.isKnownToUser = !isPassive;
  }

  /** Whether every segment is signed, in both directions (RFC 2385). */
  get isSigned(): boolean {
    return this.guard?.neighbor.md5Key !== undefined;
  }

  /** FlightSize: octets sent and not acknowledged. */
  get flight(): number {
    return distance(this.sndUna, this.sndNxt);
  }

  /** Octets written and never sent. */
  get unsent(): number {
    return Math.max(0, distance(this.sndNxt, this.sendBuffer.end));
  }

  get hasSentFin(): boolean {
    return isAfter(this.sndNxt, this.sendBuffer.end);
  }

  get isFinAcknowledged(): boolean {
    return isAfter(this.sndUna, this.sendBuffer.end);
  }

  /** Whether data or FIN waits to be sent for the first time. */
  get hasPending(): boolean {
    return this.unsent > 0 || (this.isCloseRequested && !this.hasSentFin);
  }

  /** SMSS as the congestion window counts it: payload beside the options every segment carries. */
  get smss(): number {
    const signature = this.isSigned
      ? SIGNATURE_BYTES
      : this.authentication === undefined
        ? 0
        : TCP_OPTION_AO_BYTES;
    return this.sendMss - (this.hasTimestamps ? TIMESTAMPS_BYTES : 0) - signature;
  }

  /** How many SACK blocks the next segment carries. */
  get sackBlocks(): number {
    if (!this.hasSack) return 0;
    const isCrowded = this.isSigned || this.authentication !== undefined;
    const alone = isCrowded ? SIGNED_SACK_BLOCKS_MAX : SACK_BLOCKS_MAX;
    const most = this.hasTimestamps ? alone - 1 : alone;
    return Math.min(most, this.receiveBuffer.islands.ranges.length);
  }

  /** The largest payload of the next segment. */
  get payloadMax(): number {
    const blocks = this.sackBlocks;
    return this.smss - (this.isSigned ? signedSackBytes(blocks) : sackBytes(blocks));
  }

  timestamp(now: Instant): number {
    return (Math.floor(now) + this.timestampOffset) >>> 0;
  }

  /** How long to wait for the answer to a zero-window probe (RFC 9293 §3.8.6.1: like the RTO). */
  probeInterval(rtoMax: Milliseconds): Milliseconds {
    return milliseconds(Math.min(this.rto.value * 2 ** Math.min(this.probes, 16), rtoMax));
  }
}

/** The shift with which a window of `octets` fits 16 bits (RFC 7323 §2.2). */
function windowShift(octets: number): number {
  let shift = 0;
  while (octets >>> shift > 0xffff) shift++;
  return shift;
}
