/**
 * What happens when a timer of a connection expires.
 *
 * Standard: RFC 9293 §3.8.3 (R2), §3.10.8; RFC 6298 §5.4–5.7; RFC 5681 §3.1.
 *
 *   retransmit  SYN, data or FIN unanswered      → again, with doubled RTO, until the timeout
 *   persist     something to send, no window     → probe, with doubled interval, until the timeout
 *   delayedAck  an acknowledgment is owed        → pay it
 *   linger      closed by us, no progress        → reset
 *   timeWait    2 MSL after the last FIN         → forget
 *   keepalive   silence, where the user asked    → probe, until too many are unanswered (keepalive.ts)
 *
 * @module
 */
import { assertNever } from '../../base/assert.ts';
import { type Instant, instant } from '../../base/units.ts';
import type { TcpContext } from './context.ts';
import { keepaliveExpired } from './keepalive.ts';
import { suspectPath } from './mss.ts';
import { sendAck, sendSyn } from './segment-output.ts';
import type { Tcb, TcpTimer } from './tcb.ts';
import { end, resetAndEnd } from './transitions.ts';
import { probe, settleAck, transmit } from './transmit.ts';

export function timerExpired(context: TcpContext, tcb: Tcb, name: TcpTimer, now: Instant): void {
  switch (name) {
    case 'retransmit':
      if (tcb.state === 'syn-sent' || tcb.state === 'syn-received') synTimedOut(context, tcb, now);
      else dataTimedOut(context, tcb, now);
      return;
    case 'persist':
      if (hasGivenUp(context, tcb, now)) resetAndEnd(context, tcb, 'timeout', now);
      else probe(context, tcb, now);
      return;
    case 'delayedAck':
      sendAck(context, tcb, now);
      settleAck(context, tcb, now);
      return;
    case 'linger':
      resetAndEnd(context, tcb, 'timeout', now);
      return;
    case 'timeWait':
      end(context, tcb, 'finished');
      return;
    case 'keepalive':
      keepaliveExpired(context, tcb, now);
      return;
    default:
      assertNever(name);
  }
}

/** Arms the timer of a SYN; the SYN timeout cuts the last wait short. */
export function armSyn(context: TcpContext, tcb: Tcb, now: Instant): void {
  const at = Math.min(now + tcb.rto.value, tcb.createdAt + context.limits.synTimeout);
  tcb.timers.set('retransmit', instant(at));
}

function synTimedOut(context: TcpContext, tcb: Tcb, now: Instant): void {
  if (now >= tcb.createdAt + context.limits.synTimeout) {
    end(context, tcb, 'timeout');
    return;
  }
  tcb.timeouts++;
  tcb.rto.backOff();
  sendSyn(context, tcb, now);
  armSyn(context, tcb, now);
}

function dataTimedOut(context: TcpContext, tcb: Tcb, now: Instant): void {
  if (hasGivenUp(context, tcb, now)) {
    resetAndEnd(context, tcb, 'timeout', now);
    return;
  }
  const isFirst = tcb.timeouts === 0;
  tcb.timeouts++;
  tcb.timedAt = undefined;
  suspectPath(context, tcb);
  tcb.congestion.timedOut(tcb.flight, tcb.recovery.phase !== 'loss');
  tcb.recovery.timedOut(tcb.sndUna, tcb.sndNxt, isFirst);
  tcb.rto.backOff();
  transmit(context, tcb, now);
}

const hasGivenUp = (context: TcpContext, tcb: Tcb, now: Instant): boolean =>
  now >= tcb.progressAt + context.limits.userTimeout;
