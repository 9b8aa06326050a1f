/**
 * How large a segment may be: our interface, the peer's offer, the path.
 *
 * Standard: RFC 9293 §3.7.1 and §3.7.5 (MSS, path MTU discovery); RFC 8201 §4; RFC 5927 §4.1 and §7
 * (which ICMP errors to believe).
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
  const mss = mssOf(Math.max(mtu, family === 4 ? MIN_MTU_IPV4 : MIN_MTU_IPV6), family);
  if (mss >= tcb.sendMss) return;
  tcb.sendMss = mss;
  if (tcb.state === 'syn-sent' || tcb.state === 'syn-received') return;
  tcb.congestion.setSmss(tcb.smss);
  tcb.recovery.setSmss(tcb.smss);
  tcb.recovery.everythingLost(tcb.sndUna, tcb.sndNxt);
  transmit(context, tcb, now);
}
