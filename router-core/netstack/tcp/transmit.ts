/**
 * Decides what to send: new data, data again, FIN, acknowledgments.
 *
 * Standard: RFC 9293 §3.7.4 (Nagle), §3.8.6 (window, silly windows, probes); RFC 6675 §4 (NextSeg);
 * RFC 6298 §5 (timer). Nagle in Minshall's form, as Linux: a small segment waits only for a small one.
 *
 *   1  lost and not sent again   as far as cwnd has room for a segment
 *   2  new data, then FIN        as far as cwnd and the peer's window allow
 *   3  not SACKed, maybe lost    as 1
 *   otherwise                    wait: flight > 0 for an acknowledgment (retransmit timer),
 *                                      flight = 0 for a window (persist timer)
 *
 * @module
 */
import { addMilliseconds, type Instant, instant } from '../../base/units.ts';
import { TCP_ACK, TCP_FIN, TCP_PSH } from '../../packet/index.ts';
import type { TcpContext } from './context.ts';
import type { TcpState } from './contract.ts';
import { sendAck, sendSegment } from './segment-output.ts';
import { advance, distance, isAfter, later, type SequenceNumber } from './sequence-number.ts';
import type { Tcb } from './tcb.ts';

/** Sends everything that may go now and arms the timer that fits. */
export function transmit(context: TcpContext, tcb: Tcb, now: Instant): void {
  if (!maySend(tcb.state)) return;
  if (tcb.flight === 0 && now - tcb.lastSentAt > tcb.rto.value) tcb.congestion.restartAfterIdle();
  while (sendNext(context, tcb, now)) {
    // Bounded by the congestion window and the send buffer.
  }
  armTimer(context, tcb, now);
}

/** Pays the acknowledgment that is owed, or arms its timer. */
export function settleAck(context: TcpContext, tcb: Tcb, now: Instant): void {
  if (tcb.ackDebt === 'now') sendAck(context, tcb, now);
  // Still owed: delayed, or the arena was full.
  if (tcb.ackDebt !== 'none' && !tcb.timers.isSet('delayedAck'))
    tcb.timers.set('delayedAck', addMilliseconds(now, context.limits.delayedAck));
}

/** Sends the first unacknowledged segment again, whatever the windows say (RFC 6675 §5 step 4.3). */
export function retransmitFirst(context: TcpContext, tcb: Tcb, now: Instant): void {
  if (tcb.recovery.findLost(tcb.sndUna)) retransmitHole(context, tcb, now);
}

/** Sends what the peer's window takes, even a crumb, or asks for its window. */
export function probe(context: TcpContext, tcb: Tcb, now: Instant): void {
  tcb.probes++;
  if (windowLeft(tcb) > 0) sendNew(context, tcb, tcb.smss, true, now);
  // As Linux: an octet before the window makes any peer answer, and takes no sequence number that
  // would have to be undone. RFC 9293 §3.8.6.1 asks for an octet of new data.
  else sendSegment(context, tcb, advance(tcb.sndUna, -1), TCP_ACK, 0, now);
  armTimer(context, tcb, now);
}

/** Arms the retransmission timer; the user timeout cuts the last wait short. */
function armRetransmit(context: TcpContext, tcb: Tcb, now: Instant): void {
  const at = Math.min(now + tcb.rto.value, tcb.progressAt + context.limits.userTimeout);
  tcb.timers.set('retransmit', instant(Math.max(at, now)));
}

function maySend(state: TcpState): boolean {
  switch (state) {
    case 'established':
    case 'close-wait':
    case 'fin-wait-1':
    case 'closing':
    case 'last-ack':
      return true;
    default:
      return false;
  }
}

function sendNext(context: TcpContext, tcb: Tcb, now: Instant): boolean {
  const { recovery } = tcb;
  const room = tcb.congestion.cwnd - recovery.pipe(tcb.sndUna, tcb.sndNxt);
  if (recovery.findLost(tcb.sndUna)) return room >= tcb.smss && retransmitHole(context, tcb, now);
  if (sendNew(context, tcb, room, false, now)) return true;
  return room >= tcb.smss && recovery.findSuspect(tcb.sndUna) && retransmitHole(context, tcb, now);
}

/** Sends a segment from the beginning of the hole that recovery found. */
function retransmitHole(context: TcpContext, tcb: Tcb, now: Instant): boolean {
  const { holeStart, holeEnd } = tcb.recovery;
  const dataEnd = tcb.sendBuffer.end;
  const data = Math.max(0, distance(holeStart, dataEnd));
  const length = Math.min(data, distance(holeStart, holeEnd), tcb.payloadMax);
  const after = advance(holeStart, length);
  const isFin = after === dataEnd && isAfter(holeEnd, dataEnd);
  if (!sendSegment(context, tcb, holeStart, flagsFor(tcb, after, isFin), length, now)) return false;
  tcb.recovery.retransmitted(advance(after, isFin ? 1 : 0));
  tcb.timedAt = undefined; // Karn: what was sent twice measures nothing.
  tcb.retransmittedEnd = later(tcb.retransmittedEnd, advance(after, isFin ? 1 : 0));
  tcb.retransmittedStamp = tcb.timestamp(now);
  tcb.retransmits++;
  context.counters.retransmits++;
  return true;
}

/** Sends a segment of new data or FIN when windows and Nagle allow; `isForced` sends crumbs too. */
function sendNew(
  context: TcpContext,
  tcb: Tcb,
  room: number,
  isForced: boolean,
  now: Instant,
): boolean {
  const unsent = tcb.unsent;
  const window = windowLeft(tcb);
  const wantsFin = tcb.isCloseRequested && !tcb.hasSentFin;
  const length = Math.min(unsent, window, room, tcb.payloadMax);
  if (length <= 0 && !(wantsFin && unsent === 0 && window > 0)) return false;
  if (!isForced && !isWorthSending(tcb, length, unsent, wantsFin)) return false;

  const isFin = wantsFin && length === unsent && window > length;
  const seq = tcb.sndNxt;
  const after = advance(seq, length);
  if (!sendSegment(context, tcb, seq, flagsFor(tcb, after, isFin), length, now)) return false;
  if (tcb.flight === 0) tcb.progressAt = now;
  tcb.sndNxt = advance(after, isFin ? 1 : 0);
  tcb.bytesSent += length;
  if (length < tcb.payloadMax) tcb.sndSml = tcb.sndNxt;
  if (tcb.timedAt === undefined) {
    tcb.timedAt = now;
    tcb.timedSequence = tcb.sndNxt;
  }
  return true;
}

/** RFC 9293 §3.8.6.2.1 and §3.7.4: a full segment, the last one, or half of what the peer can take. */
function isWorthSending(tcb: Tcb, length: number, unsent: number, wantsFin: boolean): boolean {
  if (length >= tcb.payloadMax) return true;
  if (length === unsent) {
    const hasSmallInFlight = isAfter(tcb.sndSml, tcb.sndUna);
    return wantsFin || !hasSmallInFlight;
  }
  return length >= tcb.sndWndMax / 2;
}

/** The usable window: what the peer takes beyond SND.NXT. */
const windowLeft = (tcb: Tcb): number => distance(tcb.sndNxt, advance(tcb.sndUna, tcb.sndWnd));

/** PSH on the last octet written so far (RFC 9293 §3.9.1.2, MUST-61). */
function flagsFor(tcb: Tcb, after: SequenceNumber, isFin: boolean): number {
  const push = after === tcb.sendBuffer.end ? TCP_PSH : 0;
  return TCP_ACK | push | (isFin ? TCP_FIN : 0);
}

function armTimer(context: TcpContext, tcb: Tcb, now: Instant): void {
  const { timers } = tcb;
  if (tcb.flight > 0) {
    timers.clear('persist');
    tcb.probes = 0;
    if (!timers.isSet('retransmit')) armRetransmit(context, tcb, now);
    return;
  }
  timers.clear('retransmit');
  if (!tcb.hasPending) {
    timers.clear('persist');
    tcb.probes = 0;
  } else if (!timers.isSet('persist')) {
    if (tcb.probes === 0) tcb.progressAt = now;
    const at = Math.min(
      now + tcb.probeInterval(context.limits.rtoMax),
      tcb.progressAt + context.limits.userTimeout,
    );
    timers.set('persist', instant(Math.max(at, now)));
  }
}
