/**
 * Deaths and moves between the states, and what they do to tables and timers.
 *
 * Standard: RFC 9293 §3.3.2, Figure 5 (drawn in README.md).
 *
 * Invariants
 * - A connection stands in exactly one set of its interface until it ends, then in none.
 * - An ended connection has no timer and no entry in the tuple table.
 *
 * @module
 */
import { addMilliseconds, type Instant } from '../../base/units.ts';
import { WINDOW_SCALE_MAX } from './constants.ts';
import { placeOf, type TcpContext, type TcpInterface } from './context.ts';
import type { CloseReason, TcpState } from './contract.ts';
import { sendMssFor } from './mss.ts';
import type { Segment } from './segment.ts';
import { sendReset } from './segment-output.ts';
import { advance } from './sequence-number.ts';
import type { Tcb } from './tcb.ts';

/** The peer's SYN: its sequence numbers and options (RFC 9293 §3.10.7.2 and §3.10.7.3). */
export function acceptSyn({ arena }: TcpContext, tcb: Tcb, segment: Segment, now: Instant): void {
  tcb.authentication?.begin(segment, arena.bytes);
  tcb.irs = segment.seq;
  tcb.rcvNxt = advance(segment.seq, 1);
  tcb.lastAckSent = tcb.rcvNxt;
  // What our own SYN offered, or what its answer will.
  tcb.rcvAdv = advance(tcb.rcvNxt, Math.min(0xffff, tcb.receiveBuffer.room));
  tcb.sndWnd = segment.window;
  tcb.sndWndMax = segment.window;
  tcb.sndWl1 = segment.seq;
  tcb.sndWl2 = segment.ack;

  tcb.sendMss = sendMssFor(segment.mss, tcb.sendMss, tcb.tuple.local.family);
  tcb.hasWindowScale = segment.windowScale >= 0;
  if (tcb.hasWindowScale) tcb.sndWndShift = Math.min(segment.windowScale, WINDOW_SCALE_MAX);
  else tcb.rcvWndShift = 0;
  tcb.hasSack = segment.isSackPermitted;
  tcb.hasTimestamps = segment.hasTimestamps;
  tcb.tsRecent = segment.tsVal;
  tcb.tsRecentAt = now;
}

/** The handshake is done: `ack` acknowledged our SYN. */
export function establish(context: TcpContext, tcb: Tcb, segment: Segment, now: Instant): void {
  tcb.sndUna = segment.ack;
  tcb.timers.clear('retransmit');
  if (tcb.hasTimestamps && segment.hasTimestamps) {
    const roundTrip = (tcb.timestamp(now) - segment.tsEcr) >>> 0;
    if (roundTrip <= now - tcb.createdAt + 1) tcb.rto.measured(roundTrip);
  } else if (tcb.timeouts === 0) tcb.rto.measured(now - tcb.createdAt);
  if (tcb.timeouts > 0) tcb.rto.handshakeWasRetransmitted();
  tcb.congestion.begin(tcb.smss, tcb.timeouts > 1);
  tcb.recovery.begin(tcb.hasSack, tcb.smss);
  tcb.sndSml = segment.ack;
  tcb.timeouts = 0;
  tcb.progressAt = now;
  tcb.lastSentAt = now;
  const place = placeOf(context, tcb.tuple.interface, tcb.guard);
  place.halfOpen.delete(tcb);
  place.open.add(tcb);
  moveTo(tcb, 'established', now);
  context.events.established(tcb);
  if (tcb.isCloseRequested) beginClosing(context, tcb, now);
}

/** The user closed: FIN follows what is queued (RFC 9293 §3.10.4). */
export function beginClosing(context: TcpContext, tcb: Tcb, now: Instant): void {
  moveTo(tcb, tcb.state === 'close-wait' ? 'last-ack' : 'fin-wait-1', now);
  tcb.timers.set('linger', addMilliseconds(now, context.limits.lingerTimeout));
}

/** Progress after `close` gives the peer more time. */
export function postponeLinger(context: TcpContext, tcb: Tcb, now: Instant): void {
  if (tcb.timers.isSet('linger'))
    tcb.timers.set('linger', addMilliseconds(now, context.limits.lingerTimeout));
}

/** Both sides have finished; the tuple rests so that late segments find an answer. */
export function enterTimeWait(context: TcpContext, tcb: Tcb, now: Instant): void {
  const place = placeOf(context, tcb.tuple.interface, tcb.guard);
  moveTo(tcb, 'time-wait', now);
  tcb.timers.clearAll();
  tcb.timers.set('timeWait', addMilliseconds(now, context.limits.timeWait));
  tcb.sendBuffer.release();
  place.open.delete(tcb);
  place.timeWait.add(tcb);
  context.events.closed(tcb, 'finished');
  if (place.timeWait.size > place.timeWaitMax) endOldest(context, place.timeWait);
}

/** A new half-open connection stands; the oldest beyond the bound goes. */
export function boundHalfOpen(context: TcpContext, place: TcpInterface): void {
  if (place.halfOpen.size <= place.halfOpenMax) return;
  context.counters.halfOpenEvicted++;
  endOldest(context, place.halfOpen);
}

/** Ends a connection: out of the tables, no timers, told to the user. */
export function end(context: TcpContext, tcb: Tcb, reason: CloseReason): void {
  if (tcb.state === 'closed') return;
  tcb.state = 'closed';
  tcb.timers.clearAll();
  context.connections.remove(tcb);
  const place = placeOf(context, tcb.tuple.interface, tcb.guard);
  place.halfOpen.delete(tcb);
  place.timeWait.delete(tcb);
  place.open.delete(tcb);
  tcb.sendBuffer.release();
  // What arrived stays readable until after 'closed': a last NOTIFICATION before a RST, for one.
  if (!tcb.isKnownToUser) tcb.receiveBuffer.release();
  context.events.closed(tcb, reason);
}

/** Ends a connection and tells the peer. */
export function resetAndEnd(
  context: TcpContext,
  tcb: Tcb,
  reason: CloseReason,
  now: Instant,
): void {
  if (tcb.state !== 'syn-sent') sendReset(context, tcb, now);
  end(context, tcb, reason);
}

export function moveTo(tcb: Tcb, state: TcpState, now: Instant): void {
  tcb.state = state;
  tcb.since = now;
}

function endOldest(context: TcpContext, set: ReadonlySet<Tcb>): void {
  for (const oldest of set) {
    end(context, oldest, 'finished');
    return;
  }
}
