/**
 * SEGMENT ARRIVES: what a connection does with a segment, state by state.
 *
 * Before changing this file read RFC 9293 §3.10.7.3 and §3.10.7.4; the steps stand here in its order.
 * Standard also: RFC 5961 §3–5 (RST, SYN and ACK from somebody who guesses), RFC 7323 §5 (PAWS).
 *
 * @module
 */
import type { Instant } from '../../base/units.ts';
import { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } from '../../packet/index.ts';
import { acknowledgmentArrives } from './acknowledgment.ts';
import { TS_RECENT_LIFETIME } from './constants.ts';
import type { TcpContext } from './context.ts';
import { beginHandshake } from './create-connection.ts';
import type { Segment } from './segment.ts';
import { sendAck, sendChallengeAck, sendResetFor, sendSyn } from './segment-output.ts';
import { textArrives } from './segment-text.ts';
import {
  advance,
  isAfter,
  isAtOrBefore,
  isBefore,
  type SequenceNumber,
} from './sequence-number.ts';
import type { Tcb } from './tcb.ts';
import { acceptSyn, end, enterTimeWait, establish, moveTo } from './transitions.ts';
import { settleAck, transmit } from './transmit.ts';

export function segmentArrives(
  context: TcpContext,
  tcb: Tcb,
  segment: Segment,
  now: Instant,
): void {
  tcb.segmentsReceived++;
  tcb.heardAt = now;
  if (tcb.state === 'syn-sent') arrivesInSynSent(context, tcb, segment, now);
  else arrivesSynchronized(context, tcb, segment, now);
}

/** Whether a SYN may replace a connection in TIME-WAIT (RFC 9293 §3.10.7.4; RFC 6191 §2). */
export function mayReplaceTimeWait(tcb: Tcb, segment: Segment): boolean {
  if (tcb.state !== 'time-wait' || (segment.flags & (TCP_SYN | TCP_ACK | TCP_RST)) !== TCP_SYN)
    return false;
  if (tcb.hasTimestamps && segment.hasTimestamps && segment.tsVal !== tcb.tsRecent)
    return isNewerTimestamp(tcb, segment);
  return isAfter(segment.seq, tcb.rcvNxt);
}

/** RFC 9293 §3.10.7.3. */
function arrivesInSynSent(context: TcpContext, tcb: Tcb, segment: Segment, now: Instant): void {
  const hasAck = segment.has(TCP_ACK);
  if (hasAck && segment.ack !== tcb.sndNxt) {
    // An old duplicate, or the challenge of a peer that still holds this tuple: RST frees it.
    if (!segment.has(TCP_RST)) reject(context, tcb, segment, now);
    return;
  }
  if (segment.has(TCP_RST)) {
    context.counters.resetsReceived++;
    if (hasAck) end(context, tcb, 'refused');
    return;
  }
  if (!segment.has(TCP_SYN)) return;
  acceptSyn(context, tcb, segment, now);
  if (!hasAck) {
    // Simultaneous open. Data beside the SYN is not acknowledged and comes again.
    moveTo(tcb, 'syn-received', now);
    beginHandshake(context, tcb, now);
    return;
  }
  establish(context, tcb, segment, now);
  tcb.ackDebt = 'now';
  segment.seq = advance(segment.seq, 1);
  segment.flags &= ~TCP_SYN;
  textArrives(context, tcb, segment, now);
  transmit(context, tcb, now);
  settleAck(context, tcb, now);
}

/** RFC 9293 §3.10.7.4. */
function arrivesSynchronized(context: TcpContext, tcb: Tcb, segment: Segment, now: Instant): void {
  if (tcb.state === 'syn-received' && segment.has(TCP_SYN) && !segment.has(TCP_RST)) {
    if (!isCrossedSyn(tcb, segment)) {
      // Our answer was lost, or the peer began anew: then it will reset what we answer.
      if (!segment.has(TCP_ACK)) sendSyn(context, tcb, now);
      else sendChallengeAck(context, tcb, now);
      return;
    }
    segment.seq = advance(segment.seq, 1);
    segment.flags &= ~TCP_SYN;
    segment.window >>>= tcb.sndWndShift; // RFC 7323 §2.2: beside a SYN it is not scaled.
  }

  // First: sequence number and timestamp.
  if (!isAcceptable(tcb, segment) || (!segment.has(TCP_RST) && !passesPaws(tcb, segment, now))) {
    notAcceptable(context, tcb, segment, now);
    return;
  }
  // Second: RST.
  if (segment.has(TCP_RST)) {
    resetArrives(context, tcb, segment, now);
    return;
  }
  // Third is security, which nobody uses. Fourth: SYN.
  if (segment.has(TCP_SYN)) {
    // RFC 5961 §4.2: a peer that restarted answers the challenge with a RST that fits.
    sendChallengeAck(context, tcb, now);
    return;
  }
  // Fifth: ACK.
  if (!segment.has(TCP_ACK)) return;
  if (tcb.state === 'syn-received' && !completeHandshake(context, tcb, segment, now)) return;
  noteTimestamp(tcb, segment, now);
  if (!acknowledgmentArrives(context, tcb, segment, now)) return;
  if (tcb.isFinAcknowledged && !finAcknowledged(context, tcb, now)) return;
  // A FIN sent again in TIME-WAIT is not acceptable by its number; see `notAcceptable`.
  // Seventh and eighth: text and FIN.
  textArrives(context, tcb, segment, now);
  transmit(context, tcb, now);
  settleAck(context, tcb, now);
}

/** The peer's SYN and ACK crossed ours: in SYN-RECEIVED it is the acknowledgment we wait for. */
const isCrossedSyn = (tcb: Tcb, segment: Segment): boolean =>
  !tcb.isPassive && segment.has(TCP_ACK) && segment.seq === tcb.irs && segment.ack === tcb.sndNxt;

/** The four cases of RFC 9293 §3.10.7.4, Table 6. */
function isAcceptable(tcb: Tcb, segment: Segment): boolean {
  const { seq, length } = segment;
  // With a shut window ACK and RST still count; segment-text.ts refuses the data beside them.
  if (tcb.receiveBuffer.room === 0) return seq === tcb.rcvNxt;
  if (isInWindow(tcb, seq)) return true;
  return length > 0 && isInWindow(tcb, advance(seq, length - 1));
}

function isInWindow(tcb: Tcb, seq: SequenceNumber): boolean {
  return (
    isAtOrBefore(tcb.rcvNxt, seq) && isBefore(seq, advance(tcb.rcvNxt, tcb.receiveBuffer.room))
  );
}

/**
 * RFC 7323 §5.3, R1. Its §3.2 would have us drop segments without the timestamps agreed upon; as
 * FreeBSD we take them, because some stacks agree and then send none (tcp_tolerate_missing_ts).
 */
function passesPaws(tcb: Tcb, segment: Segment, now: Instant): boolean {
  return (
    !tcb.hasTimestamps ||
    !segment.hasTimestamps ||
    segment.tsVal === tcb.tsRecent ||
    isNewerTimestamp(tcb, segment) ||
    now - tcb.tsRecentAt > TS_RECENT_LIFETIME
  );
}

const isNewerTimestamp = (tcb: Tcb, segment: Segment): boolean =>
  ((segment.tsVal - tcb.tsRecent) | 0) > 0;

/** RFC 7323 §4.3: the timestamp of what will be acknowledged next. */
function noteTimestamp(tcb: Tcb, segment: Segment, now: Instant): void {
  if (!tcb.hasTimestamps || !segment.hasTimestamps) return;
  if (isAfter(segment.seq, tcb.lastAckSent)) return;
  if (segment.tsVal !== tcb.tsRecent && !isNewerTimestamp(tcb, segment)) {
    if (now - tcb.tsRecentAt <= TS_RECENT_LIFETIME) return;
  }
  tcb.tsRecent = segment.tsVal;
  tcb.tsRecentAt = now;
}

function notAcceptable(context: TcpContext, tcb: Tcb, segment: Segment, now: Instant): void {
  context.counters.unacceptable++;
  if (segment.has(TCP_RST)) return;
  // Data sent again, a probe or a FIN cannot loop and are always answered; a bare ACK can.
  if (segment.length === 0 || segment.has(TCP_SYN)) {
    sendChallengeAck(context, tcb, now);
    return;
  }
  if (tcb.state === 'time-wait' && segment.has(TCP_FIN)) {
    // Our last acknowledgment was lost; 2 MSL begin again.
    tcb.timers.set('timeWait', (now + context.limits.timeWait) as Instant);
  }
  if (isSentAgain(tcb, segment)) noteTimestamp(tcb, segment, now);
  sendAck(context, tcb, now);
}

/**
 * Data we have, because our acknowledgment was lost. RFC 7323 §5.3 (R2) would not look at its
 * timestamp; as Linux we do. Else the answer echoes the first attempt, the peer measures its own
 * timeout as a round trip, and under loss that feeds on itself: 70 ms became 26 s within minutes.
 */
function isSentAgain(tcb: Tcb, { seq, length }: Segment): boolean {
  const end = advance(seq, length);
  return (
    isAtOrBefore(end, tcb.rcvNxt) && isBefore(advance(tcb.rcvNxt, -tcb.receiveBuffer.room), end)
  );
}

/** RFC 5961 §3.2: only the exact number resets. */
function resetArrives(context: TcpContext, tcb: Tcb, segment: Segment, now: Instant): void {
  if (segment.seq !== tcb.rcvNxt) {
    sendChallengeAck(context, tcb, now);
    return;
  }
  context.counters.resetsReceived++;
  end(context, tcb, tcb.state === 'syn-received' ? 'refused' : 'reset');
}

/** SYN-RECEIVED: the acknowledgment of our SYN, or a RST for anything else. */
function completeHandshake(context: TcpContext, tcb: Tcb, segment: Segment, now: Instant): boolean {
  const isForgotten = tcb.isPassive && !context.listeners.has(tcb.tuple.localPort);
  if (segment.ack !== tcb.sndNxt || isForgotten) {
    reject(context, tcb, segment, now);
    if (isForgotten) end(context, tcb, 'refused');
    return false;
  }
  establish(context, tcb, segment, now);
  return true;
}

/** Our FIN is acknowledged; returns whether the connection still takes segments. */
function finAcknowledged(context: TcpContext, tcb: Tcb, now: Instant): boolean {
  switch (tcb.state) {
    case 'fin-wait-1':
      moveTo(tcb, 'fin-wait-2', now);
      return true;
    case 'closing':
      enterTimeWait(context, tcb, now);
      return false;
    case 'last-ack':
      end(context, tcb, 'finished');
      return false;
    default:
      return true;
  }
}

function reject(context: TcpContext, tcb: Tcb, segment: Segment, now: Instant): void {
  const { seq, ack, flags, length } = segment;
  sendResetFor(context, tcb.tuple, tcb.guard, seq, ack, flags, length, now);
}
