/**
 * How large a segment may be: our interface, the peer's offer, the path.
 *
 * Standard: RFC 9293 §3.7.1 and §3.7.2 (MSS, path MTU discovery); RFC 8201 §4; RFC 5927 §4.1 and §7
 * (which ICMP errors to believe); RFC 4821 §7.7 in its simplest form (paths that swallow large packets
 * without a word, a common mistake in the MTU of tunnels).
 *
 * @module
 */
import type { IpFamily } from '../../base/ip-address.ts';
import type { Instant } from '../../base/units.ts';
import {
  DATA_BYTES,
  IPV4_HEADER_BYTES,
  IPV6_HEADER_BYTES,
  TCP_HEADER_BYTES,
  TCP_HEADER_BYTES_MAX,
} from '../../packet/index.ts';
import {
  BLACK_HOLE_TIMEOUTS,
  DEFAULT_MSS_IPV4,
  DEFAULT_MSS_IPV6,
  MIN_MTU_IPV4,
  MIN_MTU_IPV6,
  MIN_SEND_MSS,
} from './constants.ts';
import type { TcpContext } from './context.ts';
import { isAtOrAfter, isBefore, sequenceNumber } from './sequence-number.ts';
import type { Tcb } from './tcb.ts';
import { transmit } from './transmit.ts';

/** Returns the largest payload, options counted with it, of a packet of `mtu` octets in one slot. */
export function mssOf(mtu: number, family: IpFamily): number {
  const header = family === 4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES;
  const mss = mtu - header - TCP_HEADER_BYTES;
  return Math.max(MIN_SEND_MSS, Math.min(mss, DATA_BYTES - TCP_HEADER_BYTES_MAX));
}

/** Returns what we may send to a peer that offered this MSS, 0 for none. */
export function sendMssFor(offered: number, own: number, family: IpFamily): number {
  const absent = family === 4 ? DEFAULT_MSS_IPV4 : DEFAULT_MSS_IPV6;
  return Math.max(MIN_SEND_MSS, Math.min(offered === 0 ? absent : offered, own));
}

/** A router on the path could not forward the segment at `sequence`: smaller ones, at once. */
export function narrowPath(
  context: TcpContext,
  tcb: Tcb,
  sequence: number,
  mtu: number,
  now: Instant,
): void {
  // RFC 5927 §4.1: who quotes what is not in flight has not seen it.
  const seq = sequenceNumber(sequence);
  if (isBefore(seq, tcb.sndUna) || isAtOrAfter(seq, tcb.sndNxt)) return;
  const { family } = tcb.tuple.local;
  if (!lowerMss(tcb, mssOf(Math.max(mtu, leastMtu(family)), family))) return;
  if (tcb.state === 'syn-sent' || tcb.state === 'syn-received') return;
  tcb.recovery.everythingLost(tcb.sndUna, tcb.sndNxt);
  transmit(context, tcb, now);
}

/** The timer expired: the interface may have become narrower, or the path swallows what is large. */
export function suspectPath(context: TcpContext, tcb: Tcb): void {
  const { family } = tcb.tuple.local;
  const mtu = context.output.mtu(tcb.tuple.interface);
  const isBlackHole = tcb.timeouts >= BLACK_HOLE_TIMEOUTS;
  lowerMss(tcb, mssOf(isBlackHole ? Math.min(mtu, leastMtu(family)) : mtu, family));
}

const leastMtu = (family: IpFamily): number => (family === 4 ? MIN_MTU_IPV4 : MIN_MTU_IPV6);

function lowerMss(tcb: Tcb, mss: number): boolean {
  if (mss >= tcb.sendMss) return false;
  tcb.sendMss = mss;
  tcb.congestion.setSmss(tcb.smss);
  tcb.recovery.setSmss(tcb.smss);
  return true;
}
