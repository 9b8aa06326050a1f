/**
 * The TCP of a node: finds the connection of a segment and offers the user's calls.
 *
 * Standard: RFC 9293; which others, says README.md.
 *
 * Invariants
 * - Every slot that comes in is released here, whatever happens to its segment.
 * - What a neighbor's guard refuses touches no connection and no listener.
 * - An id names a connection from `connect` or 'incoming' until 'closed' is taken.
 *
 * @module
 */
import { assert } from '../../base/assert.ts';
import type { DropReason } from '../../base/drop-reason.ts';
import type { IpFamily } from '../../base/ip-address.ts';
import type { Random } from '../../base/random.ts';
import type { TimerQueue } from '../../base/timer-queue.ts';
import { type Instant, type InterfaceId, interfaceId, type PacketSlot } from '../../base/units.ts';
import {
  IPV4_DESTINATION,
  IPV4_SOURCE,
  IPV6_DESTINATION,
  IPV6_SOURCE,
  isTcpChecksumRight,
  type PacketArena,
} from '../../packet/index.ts';
import type { TcpContext } from './context.ts';
import {
  type ConnectionId,
  type QuotedSegment,
  ROUTED,
  type SegmentRefusal,
  type TcpOutput,
  type TcpStack,
  type TcpTuple,
} from './contract.ts';
import { EventQueue } from './events.ts';
import { createInitialSequenceNumbers } from './initial-sequence-number.ts';
import { setKeepalive } from './keepalive.ts';
import { DEFAULT_TCP_LIMITS, type TcpLimits } from './limits.ts';
import { strayArrives } from './listener.ts';
import { narrowPath } from './mss.ts';
import { isFirstSyn, type NeighborGuard, NeighborGuards, refusalOf } from './neighbor-guard.ts';
import { parseSegment, Segment } from './segment.ts';
import { mayReplaceTimeWait, segmentArrives } from './segment-arrives.ts';
import { forgetStale, resetStale, staleArrives } from './stale.ts';
import type { Tcb } from './tcb.ts';
import { end } from './transitions.ts';
import { TupleTable } from './tuple-table.ts';
import { abort, close, open, receive, send, status } from './user-calls.ts';

export type TcpStackOptions = {
  readonly arena: PacketArena;
  readonly random: Random;
  readonly timerQueue: TimerQueue;
  readonly output: TcpOutput;
  /** Replaces single bounds of `DEFAULT_TCP_LIMITS`. */
  readonly limits?: Partial<TcpLimits>;
};

const PORT_MAX = 0xffff;

export function createTcpStack(options: TcpStackOptions): TcpStack {
  const { arena, random, timerQueue, output } = options;
  const seed = random.below(0x1_0000_0000);
  const context: TcpContext = {
    arena,
    random,
    timerQueue,
    output,
    limits: { ...DEFAULT_TCP_LIMITS, ...options.limits },
    counters: {
      segmentsReceived: 0,
      segmentsSent: 0,
      retransmits: 0,
      resetsSent: 0,
      resetsReceived: 0,
      challengeAcks: 0,
      unacceptable: 0,
      halfOpenEvicted: 0,
      arenaFull: 0,
    },
    events: new EventQueue(),
    connections: new TupleTable(seed),
    staleTuples: new TupleTable(seed),
    guards: new NeighborGuards(),
    interfaces: new Map(),
    initialSequenceNumbers: createInitialSequenceNumbers(random),
    listeners: new Map(),
    lastConnectionId: 0,
    isSending: false,
  };
  const segment = new Segment();
  const known = (id: ConnectionId): Tcb | undefined => context.events.known.get(id);
  const quoted = (about: QuotedSegment): Tcb | undefined =>
    context.connections.findTuple(about) ??
    context.connections.findTuple({ ...about, interface: ROUTED });
  const giveUp = (tcb: Tcb | undefined, about: QuotedSegment): void => {
    // RFC 5927 §5.2: later, such an error may be forged or pass.
    if (tcb?.state === 'syn-sent' && about.sequence >>> 0 === tcb.iss)
      end(context, tcb, 'unreachable');
  };

  return {
    counters: context.counters,
    listen(port, { backlog = context.limits.backlog, isRouted = false } = {}) {
      assert(port > 0 && port <= PORT_MAX, 'a port has 16 bits and is not 0');
      context.listeners.set(port, { backlog, isRouted });
    },
    unlisten: (port) => {
      context.listeners.delete(port);
    },
    addNeighbor: (neighbor) => context.guards.add(neighbor),
    removeNeighbor: (id, remote) => context.guards.remove(id, remote),
    connect: (request, now) => open(context, request, now),
    read(id, into, now) {
      const tcb = known(id);
      return tcb === undefined ? 0 : receive(context, tcb, into, now);
    },
    write(id, bytes, start, stop, now) {
      const tcb = known(id);
      return tcb === undefined ? 0 : send(context, tcb, bytes, start, stop, now);
    },
    setKeepalive(id, isOn) {
      const tcb = known(id);
      if (tcb !== undefined) setKeepalive(context, tcb, isOn);
    },
    close(id, now) {
      const tcb = known(id);
      if (tcb !== undefined) close(context, tcb, now);
    },
    abort(id, now) {
      const tcb = known(id);
      if (tcb !== undefined) abort(context, tcb, now);
    },
    resetStale: (tuple, now) => resetStale(context, tuple, now),
    abortInterface: (id) => abortInterface(context, id),
    receiveSegment(slot, ipHeaderStart, family, l4Start, now) {
      const reason = receiveSegment(context, segment, slot, ipHeaderStart, family, l4Start, now);
      arena.release(slot);
      return reason;
    },
    reduceMss(about, mtu, now) {
      const tcb = quoted(about);
      if (tcb !== undefined) narrowPath(context, tcb, about.sequence, mtu, now);
    },
    unreachable: (about) => giveUp(quoted(about), about),
    unreachableForNow(about) {
      const tcb = quoted(about);
      // A person waits for these and asks again; BGP's ConnectRetry comes by itself.
      if (tcb?.tuple.interface === ROUTED) giveUp(tcb, about);
    },
    view(id) {
      const tcb = known(id);
      return tcb === undefined ? undefined : status(tcb);
    },
    nextOutput: () => context.events.take(),
  };
}

function receiveSegment(
  context: TcpContext,
  segment: Segment,
  slot: PacketSlot,
  ipHeaderStart: number,
  family: IpFamily,
  l4Start: number,
  now: Instant,
): DropReason | undefined {
  assert(!context.isSending, 'the way out does not call back');
  const { arena } = context;
  const b = arena.bytes;
  const stop = arena.end[slot] as number;
  const trouble = parseSegment(segment, b, l4Start, stop);
  if (trouble !== undefined) return trouble;
  if (!isTcpChecksumRight(family, b, ipHeaderStart, l4Start, stop)) return 'bad-checksum';
  context.counters.segmentsReceived++;

  const length = family === 4 ? 4 : 16;
  const localAt = ipHeaderStart + (family === 4 ? IPV4_DESTINATION : IPV6_DESTINATION);
  const remoteAt = ipHeaderStart + (family === 4 ? IPV4_SOURCE : IPV6_SOURCE);
  const ingress = arena.ingress[slot] as number;
  const localPort = segment.destinationPort;
  const remotePort = segment.sourcePort;
  const tcb =
    context.connections.find(ingress, b, length, localAt, localPort, remoteAt, remotePort) ??
    context.connections.find(ROUTED, b, length, localAt, localPort, remoteAt, remotePort);
  // A tuple is never both: `connect` and `resetStale` see to it.
  const stale =
    tcb === undefined
      ? (context.staleTuples.find(ingress, b, length, localAt, localPort, remoteAt, remotePort) ??
        context.staleTuples.find(ROUTED, b, length, localAt, localPort, remoteAt, remotePort))
      : undefined;
  const owner = tcb ?? stale;
  // What a neighbor must prove is about its sessions; it visits our services like anybody.
  const isVisit = context.listeners.get(localPort)?.isRouted === true;
  const guardOfStray = (): NeighborGuard | undefined =>
    isVisit
      ? undefined
      : (context.guards.find(interfaceId(ingress), b, remoteAt, length) ??
        context.guards.find(ROUTED, b, remoteAt, length));
  const guard = owner === undefined ? guardOfStray() : owner.guard;
  // RFC 5925 §7.5: after a restart of ours the keys of what was are gone; nothing can be said to it.
  if (guard?.neighbor.masterKeys !== undefined && tcb === undefined && !isFirstSyn(segment))
    return 'no-listener';
  const refusal = refusalOf(guard, tcb?.authentication, segment, {
    family,
    b,
    ip: ipHeaderStart,
    remoteAt,
    localAt,
    start: l4Start,
    end: stop,
  });
  if (refusal !== undefined) return refuse(context, guard, refusal, now);
  if (tcb !== undefined && !isReplaced(context, tcb, segment)) {
    segmentArrives(context, tcb, segment, now);
    return undefined;
  }
  if (tcb !== undefined) end(context, tcb, 'finished');
  if (stale !== undefined && staleArrives(context, stale, segment, now)) return undefined;
  const tuple: TcpTuple = {
    interface: interfaceId(ingress),
    local: { family, bytes: b.slice(localAt, localAt + length) },
    localPort,
    remote: { family, bytes: b.slice(remoteAt, remoteAt + length) },
    remotePort,
  };
  return strayArrives(context, tuple, guard, segment, tcb?.sndNxt, now);
}

/** RFC 2385 §2: silently dropped; only the operator hears of it. */
function refuse(
  context: TcpContext,
  guard: NeighborGuard | undefined,
  refusal: SegmentRefusal,
  now: Instant,
): DropReason {
  if (guard?.mayTell(refusal, context.limits.refusalInterval, now))
    context.events.refused(guard.neighbor, refusal);
  return refusal;
}

const isReplaced = (context: TcpContext, tcb: Tcb, segment: Segment): boolean =>
  context.listeners.has(tcb.tuple.localPort) && mayReplaceTimeWait(tcb, segment);

function abortInterface(context: TcpContext, id: InterfaceId): void {
  const place = context.interfaces.get(id);
  if (place !== undefined)
    for (const tcb of [...place.open, ...place.halfOpen, ...place.timeWait])
      end(context, tcb, 'interface-removed');
  forgetStale(context, id);
  context.guards.removeInterface(id);
  context.interfaces.delete(id);
}
