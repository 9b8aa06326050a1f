/**
 * The ACK field of a segment: progress, duplicates, SACK, window.
 *
 * Standard: RFC 9293 §3.10.7.4, fifth step; RFC 5961 §5.2; RFC 5681 §2 (what a duplicate is), RFC 6675
 * §5, RFC 6582 §3.2; RFC 7323 §4.1 (RTT only when SND.UNA advances).
 *
 * @module
 */
import type { Instant } from '../../base/units.ts';
import type { TcpContext } from './context.ts';
import type { Segment } from './segment.ts';
import { sendChallengeAck } from './segment-output.ts';
import {
  advance,
  distance,
  isAfter,
  isAtOrAfter,
  isBefore,
  later,
  sequenceNumber,
} from './sequence-number.ts';
import type { Tcb } from './tcb.ts';
import { postponeLinger } from './transitions.ts';
import { retransmitFirst } from './transmit.ts';

/** Takes the acknowledgment of an acceptable segment; false when the segment must be dropped. */
export function acknowledgmentArrives(
  context: TcpContext,
  tcb: Tcb,
  segment: Segment,
  now: Instant,
): boolean {
  const { ack } = segment;
  // RFC 5961 §5.2: neither of data never sent nor older than any window we had.
  if (isAfter(ack, tcb.sndNxt) || isBefore(ack, advance(tcb.sndUna, -tcb.sndWndMax))) {
    context.counters.unacceptable++;
    sendChallengeAck(context, tcb, now);
    return false;
  }
  if (isBefore(ack, tcb.sndUna)) return true;

  // A peer that answers while its window is shut lives (RFC 9293 §3.8.6.1).
  if (tcb.sndWnd === 0 || tcb.timers.isSet('persist')) tcb.progressAt = now;
  const hasNews = takeSackBlocks(tcb, segment);
  if (isAfter(ack, tcb.sndUna)) advanced(context, tcb, segment, now);
  else if (hasNews || isDuplicate(tcb, segment)) duplicated(context, tcb, now);
  updateWindow(tcb, segment);
  return true;
}

function takeSackBlocks(tcb: Tcb, segment: Segment): boolean {
  let hasNews = false;
  for (let i = 0; i < 2 * segment.sackCount; i += 2) {
    const left = sequenceNumber(segment.sacks[i] as number);
    const right = sequenceNumber(segment.sacks[i + 1] as number);
    if (tcb.recovery.block(left, right, tcb.sndUna, tcb.sndNxt)) hasNews = true;
  }
  return hasNews;
}

function advanced(context: TcpContext, tcb: Tcb, segment: Segment, now: Instant): void {
  const { recovery, congestion } = tcb;
  const { ack } = segment;
  const octets = distance(tcb.sndUna, ack);
  const flight = tcb.flight;
  const phase = recovery.phase;
  measureRoundTrip(tcb, segment, now);
  tcb.sndUna = ack;
  tcb.sndSml = later(tcb.sndSml, ack);
  tcb.retransmittedEnd = later(tcb.retransmittedEnd, ack);
  tcb.sendBuffer.acknowledge(ack);
  tcb.progressAt = now;
  tcb.timeouts = 0;
  // Armed again by `transmit` while something is in flight (RFC 6298 §5.3).
  tcb.timers.clear('retransmit');

  const isOver = recovery.advanced(ack, tcb.sndNxt, octets);
  // RFC 7661 §4: a window that was not used proves nothing and does not grow.
  if (phase === 'loss' || (phase === 'open' && 2 * flight >= congestion.cwnd))
    congestion.acknowledged(octets);
  if (phase === 'recovery') {
    if (isOver) congestion.recovered(tcb.flight);
    else if (!tcb.hasSack) retransmitFirst(context, tcb, now);
  }
  postponeLinger(context, tcb, now);
  const { sendBuffer } = tcb;
  if (tcb.wantsWritable && !tcb.isCloseRequested && 2 * sendBuffer.free >= sendBuffer.maximum) {
    tcb.wantsWritable = false;
    context.events.writable(tcb);
  }
}

/** RFC 5681 §2, without SACK; with it, only news counts (RFC 6675 §2). */
function isDuplicate(tcb: Tcb, segment: Segment): boolean {
  return (
    !tcb.hasSack &&
    tcb.flight > 0 &&
    segment.length === 0 &&
    segment.window << tcb.sndWndShift === tcb.sndWnd
  );
}

function duplicated(context: TcpContext, tcb: Tcb, now: Instant): void {
  if (!tcb.recovery.duplicate(tcb.sndUna, tcb.sndNxt)) return;
  tcb.congestion.lossDetected(tcb.flight);
  retransmitFirst(context, tcb, now);
}

/**
 * Karn's rule, also with timestamps: of what was sent twice only an echo of the last attempt counts.
 * RFC 7323 §4.1 takes an echo of the first too; but when its acknowledgment was lost, that measures how
 * long we waited, and with a loss of a fifth the timeout grew until BGP's hold timer expired.
 */
function measureRoundTrip(tcb: Tcb, segment: Segment, now: Instant): void {
  const { timedAt } = tcb;
  const isTimedOver = timedAt !== undefined && isAtOrAfter(segment.ack, tcb.timedSequence);
  if (isTimedOver) tcb.timedAt = undefined;
  if (tcb.hasTimestamps && segment.hasTimestamps) {
    const roundTrip = (tcb.timestamp(now) - segment.tsEcr) >>> 0;
    const wasSentTwice = isBefore(tcb.sndUna, tcb.retransmittedEnd);
    const isOfFirst = wasSentTwice && ((segment.tsEcr - tcb.retransmittedStamp) | 0) < 0;
    // An echo from before the connection is forged or garbage.
    const isPossible = roundTrip <= now - tcb.createdAt + 1;
    if (isPossible && !isOfFirst) tcb.rto.measured(roundTrip);
  } else if (isTimedOver) tcb.rto.measured(now - timedAt);
}

/** RFC 9293 §3.10.7.4: an older segment does not change the window. */
function updateWindow(tcb: Tcb, segment: Segment): void {
  const { seq, ack } = segment;
  const isNewer = isBefore(tcb.sndWl1, seq) || (tcb.sndWl1 === seq && isAtOrAfter(ack, tcb.sndWl2));
  if (!isNewer) return;
  tcb.sndWnd = segment.window << tcb.sndWndShift;
  tcb.sndWndMax = Math.max(tcb.sndWndMax, tcb.sndWnd);
  tcb.sndWl1 = seq;
  tcb.sndWl2 = ack;
}
