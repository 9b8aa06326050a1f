/**
 * A new connection and its places in all tables.
 *
 * Standard: RFC 9293 §3.10.1 (OPEN) and §3.10.7.2 (a SYN at LISTEN).
 *
 * @module
 */
import type { Instant } from '../../base/units.ts';
import { SEQUENCE_STEP_AFTER_TIME_WAIT } from './constants.ts';
import { placeOf, type TcpContext } from './context.ts';
import { connectionId, type TcpTuple } from './contract.ts';
import { mssOf } from './mss.ts';
import type { NeighborGuard } from './neighbor-guard.ts';
import { sendSyn } from './segment-output.ts';
import { advance, isAfter, type SequenceNumber } from './sequence-number.ts';
import { Tcb, type TcpTimer } from './tcb.ts';
import { armSyn, timerExpired } from './timeouts.ts';

/** Creates a connection. `after` is where the old one of this tuple stopped, if there was one. */
export function createConnection(
  context: TcpContext,
  tuple: TcpTuple,
  guard: NeighborGuard | undefined,
  isPassive: boolean,
  after: SequenceNumber | undefined,
  now: Instant,
): Tcb {
  const { iss, timestampOffset } = context.initialSequenceNumbers.choose(tuple, now);
  // RFC 9293 §3.10.7.4, TIME-WAIT: a new incarnation begins behind the old one.
  const isBehind = after === undefined || isAfter(iss, after);
  const origin = {
    iss: isBehind ? iss : advance(after, SEQUENCE_STEP_AFTER_TIME_WAIT),
    timestampOffset,
  };
  const timers = context.timerQueue.add<TcpTimer>({
    timerExpired: (name, at) => timerExpired(context, tcb, name, at),
  });
  const id = connectionId(++context.lastConnectionId);
  const mss = mssOf(context.output.mtu(tuple.interface), tuple.local.family);
  const tcb: Tcb = new Tcb(id, tuple, guard, isPassive, origin, mss, context.limits, timers, now);
  context.connections.add(tcb);
  const place = placeOf(context, tuple.interface, guard);
  (isPassive ? place.halfOpen : place.open).add(tcb);
  return tcb;
}

/** Sends the first SYN, or the first answer to one. */
export function beginHandshake(context: TcpContext, tcb: Tcb, now: Instant): void {
  tcb.sndNxt = advance(tcb.iss, 1);
  sendSyn(context, tcb, now);
  armSyn(context, tcb, now);
}
