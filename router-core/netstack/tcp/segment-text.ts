/**
 * Data and FIN of an acceptable segment.
 *
 * Standard: RFC 9293 §3.10.7.4, seventh and eighth step; RFC 5681 §4.2 (when to acknowledge);
 * RFC 2018 §4. Urgent data is ordinary data (RFC 6093 §4).
 *
 * @module
 */
import type { Instant } from '../../base/units.ts';
import { TCP_FIN } from '../../packet/index.ts';
import type { TcpContext } from './context.ts';
import type { Segment } from './segment.ts';
import {
  advance,
  distance,
  isAtOrBefore,
  isBefore,
  later,
  type SequenceNumber,
} from './sequence-number.ts';
import type { Tcb } from './tcb.ts';
import { enterTimeWait, moveTo, postponeLinger } from './transitions.ts';

/** RFC 5681 §4.2: at least every second segment is acknowledged at once. */
const SEGMENTS_PER_ACK = 2;

/** Stores the data that fits the window and follows the peer's FIN. */
export function textArrives(context: TcpContext, tcb: Tcb, segment: Segment, now: Instant): void {
  switch (tcb.state) {
    case 'established':
    case 'fin-wait-1':
    case 'fin-wait-2':
      break;
    default:
      // After the peer's FIN nothing may come; what comes nevertheless is answered.
      if (segment.length > 0) tcb.ackDebt = 'now';
      return;
  }
  if (segment.length === 0) return;
  noteFin(tcb, segment);
  const arrived = storeData(context, tcb, segment);
  if (arrived > 0) {
    tcb.bytesReceived += arrived;
    context.events.readable(tcb);
    postponeLinger(context, tcb, now);
  }
  // Islands beyond the FIN, which only a confused peer sends, must not hide it.
  if (tcb.remoteFin !== undefined && isAtOrBefore(tcb.remoteFin, tcb.rcvNxt))
    finArrived(context, tcb, now);
}

/** Remembers where the FIN stands, if that is inside the window. */
function noteFin(tcb: Tcb, segment: Segment): void {
  if (!segment.has(TCP_FIN) || tcb.remoteFin !== undefined) return;
  const fin = advance(segment.seq, segment.dataEnd - segment.dataStart);
  const isInWindow =
    !isBefore(fin, tcb.rcvNxt) && isBefore(fin, advance(tcb.rcvNxt, tcb.receiveBuffer.room));
  if (isInWindow) tcb.remoteFin = fin;
}

/** Trims the data to what is new and wanted, stores it, and decides how soon to acknowledge. */
function storeData(context: TcpContext, tcb: Tcb, segment: Segment): number {
  const { receiveBuffer } = tcb;
  const from = later(segment.seq, tcb.rcvNxt);
  const skipped = distance(segment.seq, from);
  const start = segment.dataStart + skipped;
  const length = Math.min(
    segment.dataEnd - start,
    distance(from, advance(tcb.rcvNxt, receiveBuffer.room)),
    distance(from, lastWanted(tcb, from, segment)),
  );
  if (length <= 0) {
    tcb.ackDebt = 'now';
    return 0;
  }
  const hadIslands = receiveBuffer.islands.ranges.length > 0;
  const arrived = receiveBuffer.store(tcb.rcvNxt, from, context.arena.bytes, start, start + length);
  tcb.rcvNxt = advance(tcb.rcvNxt, arrived);
  tcb.segmentsUnacknowledged++;
  // A gap opened, shrank or closed: the sender must hear of it at once.
  const isUrgent = arrived === 0 || hadIslands || tcb.segmentsUnacknowledged >= SEGMENTS_PER_ACK;
  if (isUrgent) tcb.ackDebt = 'now';
  else if (tcb.ackDebt === 'none') tcb.ackDebt = 'delayed';
  return arrived;
}

/** Nothing after the peer's FIN is data. */
const lastWanted = (tcb: Tcb, from: SequenceNumber, segment: Segment): SequenceNumber =>
  tcb.remoteFin ?? advance(from, segment.dataEnd - segment.dataStart);

function finArrived(context: TcpContext, tcb: Tcb, now: Instant): void {
  tcb.rcvNxt = advance(tcb.rcvNxt, 1);
  tcb.ackDebt = 'now';
  context.events.remoteFinished(tcb);
  switch (tcb.state) {
    case 'established':
      moveTo(tcb, 'close-wait', now);
      break;
    case 'fin-wait-1':
      // Had our FIN been acknowledged, we would be in FIN-WAIT-2.
      moveTo(tcb, 'closing', now);
      break;
    case 'fin-wait-2':
      enterTimeWait(context, tcb, now);
      break;
    default:
      break;
  }
}
