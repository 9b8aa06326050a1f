/**
 * Keepalive: whether the other side of a quiet connection is still there.
 *
 * Standard: RFC 9293 §3.8.4: off unless the user asks, only after a long silence and while nothing is under
 * way, and no single lost probe ends a connection. RFC 1122 §4.2.3.6 for the octet before the window, as
 * zero-window probes here.
 *
 *   silence ── idle ──► probe ── interval ──► probe … ── the last unanswered ──► reset, 'timeout'
 *                         └── any segment: silence begins anew
 *
 * The timer is not moved by segments; when it expires it looks when the peer was heard last.
 *
 * @module
 */
import { type Instant, instant } from '../../base/units.ts';
import { TCP_ACK } from '../../packet/index.ts';
import type { TcpContext } from './context.ts';
import { sendSegment } from './segment-output.ts';
import { advance } from './sequence-number.ts';
import type { Tcb } from './tcb.ts';
import { resetAndEnd } from './transitions.ts';

/** Switches it on or off; it may be asked for before the handshake is done. */
export function setKeepalive(context: TcpContext, tcb: Tcb, isOn: boolean): void {
  tcb.keepaliveProbes = 0;
  if (isOn && tcb.state !== 'closed') armKeepalive(tcb, tcb.heardAt + context.limits.keepaliveIdle);
  else tcb.timers.clear('keepalive');
}

/** The timer expired: time to probe, to give up, or to go on waiting. */
export function keepaliveExpired(context: TcpContext, tcb: Tcb, now: Instant): void {
  const { keepaliveIdle, keepaliveInterval, keepaliveProbes } = context.limits;
  const idleEnd = tcb.heardAt + keepaliveIdle;
  if (now < idleEnd) {
    tcb.keepaliveProbes = 0;
    armKeepalive(tcb, idleEnd);
    return;
  }
  // A handshake, data or FIN under way have timers of their own that end the connection.
  const isQuiet =
    (tcb.state === 'established' || tcb.state === 'close-wait') &&
    tcb.flight === 0 &&
    !tcb.hasPending;
  if (isQuiet && tcb.keepaliveProbes >= keepaliveProbes) {
    resetAndEnd(context, tcb, 'timeout', now);
    return;
  }
  if (isQuiet) {
    tcb.keepaliveProbes++;
    sendSegment(context, tcb, advance(tcb.sndUna, -1), TCP_ACK, 0, now);
  }
  armKeepalive(tcb, now + keepaliveInterval);
}

const armKeepalive = (tcb: Tcb, at: number): void => tcb.timers.set('keepalive', instant(at));
