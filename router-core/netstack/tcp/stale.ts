/**
 * Frees the peer's half of a connection that a restart of ours made stale.
 *
 * Standard: RFC 9293 §3.5.1 (half-open connections) and §3.10.7.3; RFC 5961 §4.2 (challenge ACK).
 * docs/architecture.md §8, “After a restart”. A Linux peer's socket is free 0.04 s later; left alone, it
 * refuses us until its next keepalive meets a RST.
 *
 *   we (forgot)                    peer (ESTABLISHED)         peer (no such connection)
 *   SYN seq=new ──────────────────►                           ──────►
 *               ◄── ACK ack=its RCV.NXT                       ◄────── SYN,ACK or RST
 *   RST seq=its RCV.NXT ──────────► gone                      ──────► RST, when it was SYN,ACK
 *   'stale-reset'                                             'stale-reset'
 *
 * The SYN goes out at 0, 0.5 and 1.5 s; after 3 s of silence the outcome is 'stale-timeout'. Should our
 * RST be lost, the peer's next segment finds no connection and is reset then.
 *
 * Timestamps go with every other SYN: a stack strict about RFC 7323 §3.2 drops without a word what lacks
 * the timestamps agreed upon (FreeBSD with tcp_tolerate_missing_ts off), another what PAWS refuses.
 *
 * @module
 */
import { addMilliseconds, type Instant, type InterfaceId } from '../../base/units.ts';
import { TCP_ACK, TCP_RST, TCP_SYN } from '../../packet/index.ts';
import { STALE_RETRANSMISSIONS, STALE_TIMEOUT } from './constants.ts';
import type { StaleTuple, TcpContext } from './context.ts';
import type { TcpTuple } from './contract.ts';
import { mssOf } from './mss.ts';
import type { Segment } from './segment.ts';
import { sendBare } from './segment-output.ts';
import { advance, sequenceNumber } from './sequence-number.ts';

export function resetStale(context: TcpContext, tuple: TcpTuple, now: Instant): void {
  if (context.staleTuples.findTuple(tuple) !== undefined) return;
  if (context.connections.findTuple(tuple) !== undefined) {
    // A living connection has taken the tuple: nothing stale is left of it.
    context.events.stale('stale-reset', tuple);
    return;
  }
  if (context.staleTuples.size >= context.limits.staleTuples) {
    context.events.stale('stale-timeout', tuple);
    return;
  }
  const guard = context.guards.findAddress(tuple.interface, tuple.remote);
  if (guard?.neighbor.masterKeys !== undefined) {
    // Its keys went with its ISNs: neither side could believe the other (RFC 5925 §7.7).
    context.events.stale('stale-timeout', tuple);
    return;
  }
  const origin = context.initialSequenceNumbers.choose(tuple, now);
  const timers = context.timerQueue.add<'again'>({
    timerExpired: (_, at) => again(context, stale, at),
  });
  const stale: StaleTuple = {
    tuple,
    guard,
    ...origin,
    startedAt: now,
    timers,
    retransmissions: 0,
  };
  context.staleTuples.add(stale);
  sendStaleSyn(context, stale, now);
  armAgain(stale);
}

/** Takes a segment of a stale tuple; false when it belongs to somebody else: the peer begins anew. */
export function staleArrives(
  context: TcpContext,
  stale: StaleTuple,
  segment: Segment,
  now: Instant,
): boolean {
  const hasAck = segment.has(TCP_ACK);
  if (segment.has(TCP_RST)) {
    // Only the answer to our SYN counts (RFC 9293 §3.10.7.3, second step).
    if (hasAck && segment.ack === advance(stale.iss, 1)) finish(context, stale, 'stale-reset');
    return true;
  }
  if (hasAck) {
    const { tuple, guard } = stale;
    sendBare(context, tuple, guard, segment.ack, sequenceNumber(0), TCP_RST, undefined, now);
    finish(context, stale, 'stale-reset');
    return true;
  }
  if (!segment.has(TCP_SYN)) return true;
  finish(context, stale, 'stale-reset');
  return false;
}

/** Forgets the stale tuples of an interface, without an outcome. */
export function forgetStale(context: TcpContext, id: InterfaceId): void {
  for (const stale of [...context.staleTuples.entries()])
    if (stale.tuple.interface === id) forget(context, stale);
}

function again(context: TcpContext, stale: StaleTuple, now: Instant): void {
  if (stale.retransmissions === STALE_RETRANSMISSIONS.length) {
    finish(context, stale, 'stale-timeout');
    return;
  }
  stale.retransmissions++;
  sendStaleSyn(context, stale, now);
  armAgain(stale);
}

function armAgain(stale: StaleTuple): void {
  const after = STALE_RETRANSMISSIONS[stale.retransmissions] ?? STALE_TIMEOUT;
  stale.timers.set('again', addMilliseconds(stale.startedAt, after));
}

function sendStaleSyn(context: TcpContext, stale: StaleTuple, now: Instant): void {
  const { tuple, guard, iss, timestampOffset, retransmissions } = stale;
  const mss = mssOf(context.output.mtu(tuple.interface), tuple.local.family);
  const tsVal = retransmissions % 2 === 0 ? (Math.floor(now) + timestampOffset) >>> 0 : undefined;
  sendBare(context, tuple, guard, iss, sequenceNumber(0), TCP_SYN, { mss, tsVal }, now);
}

function finish(
  context: TcpContext,
  stale: StaleTuple,
  outcome: 'stale-reset' | 'stale-timeout',
): void {
  forget(context, stale);
  context.events.stale(outcome, stale.tuple);
}

function forget(context: TcpContext, stale: StaleTuple): void {
  stale.timers.clearAll();
  context.staleTuples.remove(stale);
}
