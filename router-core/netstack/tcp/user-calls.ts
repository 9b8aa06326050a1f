/**
 * What the user asks for: OPEN, SEND, RECEIVE, CLOSE, ABORT, STATUS.
 *
 * Standard: RFC 9293 §3.10.1–3.10.6; RFC 6056 §3.3.1 (ephemeral ports).
 *
 * A call for a connection that has ended does nothing: its 'closed' event is on the way.
 *
 * @module
 */
import { assert, assertNever } from '../../base/assert.ts';
import type { Instant } from '../../base/units.ts';
import { EPHEMERAL_PORT_FIRST, EPHEMERAL_PORTS } from './constants.ts';
import { placeOf, type TcpContext } from './context.ts';
import {
  type ConnectionId,
  type ConnectRequest,
  connectionId,
  ROUTED,
  type TcpConnectionView,
  type TcpTuple,
} from './contract.ts';
import { beginHandshake, createConnection } from './create-connection.ts';
import type { NeighborGuard } from './neighbor-guard.ts';
import { isGainWorthIt, sendAck, windowGain } from './segment-output.ts';
import { distance, type SequenceNumber } from './sequence-number.ts';
import type { Tcb } from './tcb.ts';
import { beginClosing, end, resetAndEnd } from './transitions.ts';
import { transmit } from './transmit.ts';

export function open(context: TcpContext, request: ConnectRequest, now: Instant): ConnectionId {
  assert(request.local.family === request.remote.family, 'both addresses are of one family');
  const tuple = freeTuple(context, request);
  const guard = guardOf(context, request);
  const place = placeOf(context, request.interface, guard);
  const isFull =
    context.connections.size >= context.limits.connections || place.open.size >= place.openMax;
  if (tuple === undefined || isFull) {
    const id = connectionId(++context.lastConnectionId);
    context.events.failed(id);
    return id;
  }
  const tcb = createConnection(context, tuple, guard, false, leaveTimeWait(context, tuple), now);
  context.events.opening(tcb);
  beginHandshake(context, tcb, now);
  return tcb.id;
}

/** A session goes to a port where we take sessions ourselves; elsewhere we visit its node like anybody. */
function guardOf(
  { guards, listeners }: TcpContext,
  { interface: id, remote, remotePort }: ConnectRequest,
): NeighborGuard | undefined {
  const isSession = id !== ROUTED || listeners.get(remotePort)?.isRouted === false;
  return isSession ? guards.findAddress(id, remote) : undefined;
}

export function receive(context: TcpContext, tcb: Tcb, into: Uint8Array, now: Instant): number {
  const octets = tcb.receiveBuffer.read(into);
  if (octets > 0) openWindow(context, tcb, now);
  return octets;
}

export function send(
  context: TcpContext,
  tcb: Tcb,
  bytes: Uint8Array,
  start: number,
  stop: number,
  now: Instant,
): number {
  if (tcb.isCloseRequested || !mayWrite(tcb)) return 0;
  const octets = tcb.sendBuffer.append(bytes, start, stop);
  if (octets < stop - start) tcb.wantsWritable = true;
  transmit(context, tcb, now);
  return octets;
}

export function close(context: TcpContext, tcb: Tcb, now: Instant): void {
  switch (tcb.state) {
    case 'syn-sent':
      end(context, tcb, 'aborted');
      return;
    case 'syn-received':
      // FIN follows as soon as the handshake is done.
      tcb.isCloseRequested = true;
      return;
    case 'established':
    case 'close-wait':
      tcb.isCloseRequested = true;
      beginClosing(context, tcb, now);
      transmit(context, tcb, now);
      return;
    case 'fin-wait-1':
    case 'fin-wait-2':
    case 'closing':
    case 'last-ack':
    case 'time-wait':
    case 'closed':
      return;
    default:
      assertNever(tcb.state);
  }
}

export function abort(context: TcpContext, tcb: Tcb, now: Instant): void {
  switch (tcb.state) {
    case 'syn-received':
    case 'established':
    case 'fin-wait-1':
    case 'fin-wait-2':
    case 'close-wait':
      resetAndEnd(context, tcb, 'aborted', now);
      return;
    case 'syn-sent':
    case 'closing':
    case 'last-ack':
    case 'time-wait':
      end(context, tcb, 'aborted');
      return;
    case 'closed':
      return;
    default:
      assertNever(tcb.state);
  }
}

export function status(tcb: Tcb): TcpConnectionView {
  return {
    ...tcb.tuple,
    state: tcb.state,
    since: tcb.since,
    srttMs: tcb.rto.srttMs,
    rtoMs: tcb.rto.value,
    sendMss: tcb.sendMss,
    cwndBytes: tcb.congestion.cwnd,
    ssthreshBytes: tcb.congestion.ssthresh,
    sendWindowBytes: tcb.sndWnd,
    receiveWindowBytes: Math.max(0, distance(tcb.rcvNxt, tcb.rcvAdv)),
    unackedBytes: tcb.flight,
    unsentBytes: tcb.unsent,
    unreadBytes: tcb.receiveBuffer.unread,
    bytesSent: tcb.bytesSent,
    bytesReceived: tcb.bytesReceived,
    segmentsSent: tcb.segmentsSent,
    segmentsReceived: tcb.segmentsReceived,
    retransmits: tcb.retransmits,
    hasSack: tcb.hasSack,
    hasTimestamps: tcb.hasTimestamps,
  };
}

/** Returns the tuple to use, or undefined when the port asked for, or every port, is taken. */
function freeTuple(context: TcpContext, request: ConnectRequest): TcpTuple | undefined {
  const { interface: out, local, remote, remotePort } = request;
  const withPort = (localPort: number): TcpTuple => ({
    interface: out,
    local,
    localPort,
    remote,
    remotePort,
  });
  if (request.localPort !== undefined) {
    const tuple = withPort(request.localPort);
    const isTaken = !isFree(context, tuple) && !isInTimeWait(context, tuple);
    return isTaken ? undefined : tuple;
  }
  const first = context.random.below(EPHEMERAL_PORTS);
  for (let i = 0; i < EPHEMERAL_PORTS; i++) {
    const port = EPHEMERAL_PORT_FIRST + ((first + i) % EPHEMERAL_PORTS);
    if (context.listeners.has(port)) continue;
    const tuple = withPort(port);
    if (isFree(context, tuple)) return tuple;
  }
  return undefined;
}

const isFree = (context: TcpContext, tuple: TcpTuple): boolean =>
  context.connections.findTuple(tuple) === undefined &&
  context.staleTuples.findTuple(tuple) === undefined;

const isInTimeWait = (context: TcpContext, tuple: TcpTuple): boolean =>
  context.connections.findTuple(tuple)?.state === 'time-wait';

/** Ends a connection of this tuple in TIME-WAIT; returns where its sequence numbers stopped. */
function leaveTimeWait(context: TcpContext, tuple: TcpTuple): SequenceNumber | undefined {
  const old = context.connections.findTuple(tuple);
  if (old === undefined) return undefined;
  end(context, old, 'finished');
  return old.sndNxt;
}

/** Before the handshake is done data waits in the buffer; after the FIN nothing more is taken. */
function mayWrite(tcb: Tcb): boolean {
  switch (tcb.state) {
    case 'syn-sent':
    case 'syn-received':
    case 'established':
    case 'close-wait':
      return true;
    default:
      return false;
  }
}

/** Tells the peer of the room that reading made, when it is much or the peer is about to stop. */
function openWindow(context: TcpContext, tcb: Tcb, now: Instant): void {
  switch (tcb.state) {
    case 'established':
    case 'fin-wait-1':
    case 'fin-wait-2':
      break;
    default:
      return;
  }
  const gain = windowGain(tcb);
  const isShort = distance(tcb.rcvNxt, tcb.rcvAdv) < 2 * tcb.receiveMss;
  const isMuch = gain >= tcb.receiveBuffer.maximum / 4;
  if (isGainWorthIt(tcb, gain) && (isMuch || isShort)) sendAck(context, tcb, now);
}
