/**
 * What all connections of a stack share, and what it knows per interface.
 *
 * Not standardized.
 *
 * @module
 */
import type { Random } from '../../base/random.ts';
import type { TimerQueue, Timers } from '../../base/timer-queue.ts';
import { TokenBucket } from '../../base/token-bucket.ts';
import type { Instant, InterfaceId } from '../../base/units.ts';
import type { PacketArena } from '../../packet/index.ts';
import { ROUTED, type TcpCounters, type TcpOutput, type TcpTuple } from './contract.ts';
import type { EventQueue } from './events.ts';
import type { InitialSequenceNumbers } from './initial-sequence-number.ts';
import type { TcpLimits } from './limits.ts';
import type { NeighborGuard, NeighborGuards } from './neighbor-guard.ts';
import type { SequenceNumber } from './sequence-number.ts';
import type { Tcb } from './tcb.ts';
import type { TupleTable } from './tuple-table.ts';

/** What lives on one interface. Sets keep the order of arrival: the oldest is first. */
export type TcpInterface = {
  readonly halfOpen: Set<Tcb>;
  readonly timeWait: Set<Tcb>;
  /** Connections neither half-open nor in TIME-WAIT. */
  readonly open: Set<Tcb>;
  /**
   * RFC 9293 §3.10.7.1 wants a RST per stray segment; RFC 5961 §7 and RFC 4443 §2.4 (f) show why such
   * answers need a bound.
   */
  readonly resets: TokenBucket;
  readonly openMax: number;
  readonly halfOpenMax: number;
  readonly timeWaitMax: number;
};

/** A port that takes connections. */
export type Listener = {
  /** The most finished handshakes that may wait for `nextOutput`. */
  readonly backlog: number;
  readonly isRouted: boolean;
};

/** A tuple of which a peer may still hold a connection (stale.ts). */
export type StaleTuple = {
  readonly tuple: TcpTuple;
  readonly guard: NeighborGuard | undefined;
  readonly iss: SequenceNumber;
  readonly timestampOffset: number;
  readonly startedAt: Instant;
  readonly timers: Timers<'again'>;
  /** How often the SYN was sent again. */
  retransmissions: number;
};

export type TcpContext = {
  readonly arena: PacketArena;
  readonly random: Random;
  readonly timerQueue: TimerQueue;
  readonly output: TcpOutput;
  readonly limits: TcpLimits;
  readonly counters: TcpCounters;
  readonly events: EventQueue;
  readonly connections: TupleTable<Tcb>;
  readonly staleTuples: TupleTable<StaleTuple>;
  readonly guards: NeighborGuards;
  readonly interfaces: Map<InterfaceId, TcpInterface>;
  readonly initialSequenceNumbers: InitialSequenceNumbers;
  /** By port. */
  readonly listeners: Map<number, Listener>;
  lastConnectionId: number;
  /** True while a segment is with `output`, which must not call back. */
  isSending: boolean;
};

/** Sessions with neighbors behind other routers; visitors of services, `ROUTED` too, never stand here. */
const BEYOND = (ROUTED - 1) as InterfaceId;

/** Returns where a connection of this interface and guard stands. */
export const placeOf = (
  context: TcpContext,
  id: InterfaceId,
  guard: NeighborGuard | undefined,
): TcpInterface => interfaceOf(context, id === ROUTED && guard !== undefined ? BEYOND : id);

/** Returns what lives on an interface, making room for it at the first question. */
export function interfaceOf(context: TcpContext, id: InterfaceId): TcpInterface {
  let found = context.interfaces.get(id);
  if (found === undefined) {
    const { limits } = context;
    const isRouted = id === ROUTED || id === BEYOND;
    found = {
      halfOpen: new Set(),
      timeWait: new Set(),
      open: new Set(),
      resets: new TokenBucket(limits.resetsPerSecond, limits.resetsPerSecond),
      openMax: isRouted ? limits.routedConnections : limits.connectionsPerInterface,
      halfOpenMax: isRouted ? limits.routedHalfOpen : limits.halfOpenPerInterface,
      timeWaitMax: isRouted ? limits.routedTimeWait : limits.timeWaitPerInterface,
    };
    context.interfaces.set(id, found);
  }
  return found;
}
