/**
 * A segment that belongs to no connection: a listening port's SYN, or a stray.
 *
 * Standard: RFC 9293 §3.10.7.1 (CLOSED) and §3.10.7.2 (LISTEN); RFC 4987 §3 (half-open connections
 * are bounded, the oldest goes).
 *
 * A SYN costs one control block without buffers. Data beside it is not acknowledged and comes again.
 *
 * @module
 */
import { at } from '../../base/bytes.ts';
import type { DropReason } from '../../base/drop-reason.ts';
import { type IpAddress, isLinkLocal } from '../../base/ip-address.ts';
import type { Instant } from '../../base/units.ts';
import { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } from '../../packet/index.ts';
import { interfaceOf, type Listener, placeOf, type TcpContext } from './context.ts';
import { ROUTED, type TcpTuple } from './contract.ts';
import { beginHandshake, createConnection } from './create-connection.ts';
import type { NeighborGuard } from './neighbor-guard.ts';
import type { Segment } from './segment.ts';
import { sendResetFor } from './segment-output.ts';
import type { SequenceNumber } from './sequence-number.ts';
import { acceptSyn, boundHalfOpen } from './transitions.ts';

/** Opens a connection or resets. `after` is where a connection in TIME-WAIT stopped, if one went. */
export function strayArrives(
  context: TcpContext,
  tuple: TcpTuple,
  guard: NeighborGuard | undefined,
  segment: Segment,
  after: SequenceNumber | undefined,
  now: Instant,
): DropReason | undefined {
  if (segment.has(TCP_RST)) return 'no-listener';
  // RFC 9293 §3.9.2.3, MUST-57 and MUST-63.
  if (isNobody(tuple.remote)) return 'bad-source';
  if (isNobody(tuple.local)) return 'bad-destination';
  const listener = listenerOf(context, tuple);
  if (listener === undefined || segment.has(TCP_ACK)) {
    if (interfaceOf(context, tuple.interface).resets.take(now)) {
      const { seq, ack, flags, length } = segment;
      sendResetFor(context, tuple, guard, seq, ack, flags, length, now);
    }
    return 'no-listener';
  }
  // Neither a SYN nor anything else that could begin a connection.
  if ((segment.flags & (TCP_SYN | TCP_FIN)) !== TCP_SYN) return 'malformed';
  return synArrives(context, placed(tuple, listener, guard), guard, segment, listener, after, now);
}

/** Returns who listens on a port at an address: what is routed has no link-local one (RFC 4007 §9). */
function listenerOf(context: TcpContext, { local, localPort }: TcpTuple): Listener | undefined {
  const listener = context.listeners.get(localPort);
  return listener?.isRouted && isLinkLocal(local) ? undefined : listener;
}

const placed = (
  tuple: TcpTuple,
  { isRouted }: Listener,
  guard: NeighborGuard | undefined,
): TcpTuple =>
  isRouted || guard?.neighbor.interface === ROUTED ? { ...tuple, interface: ROUTED } : tuple;

function synArrives(
  context: TcpContext,
  tuple: TcpTuple,
  guard: NeighborGuard | undefined,
  segment: Segment,
  { backlog }: Listener,
  after: SequenceNumber | undefined,
  now: Instant,
): DropReason | undefined {
  const place = placeOf(context, tuple.interface, guard);
  const isFull =
    context.events.incomingOn(tuple.localPort) >= backlog ||
    place.open.size >= place.openMax ||
    context.connections.size >= context.limits.connections;
  if (isFull) return 'queue-full';
  const tcb = createConnection(context, tuple, guard, true, after, now);
  acceptSyn(context, tcb, segment, now);
  beginHandshake(context, tcb, now);
  boundHalfOpen(context, place);
  return undefined;
}

/** Multicast, unspecified or broadcast: no end of a connection. */
function isNobody({ family, bytes }: IpAddress): boolean {
  const first = at(bytes, 0);
  if (family === 4) return first === 0 || first >= 224;
  return first === 0xff || bytes.every((octet) => octet === 0);
}
