/**
 * The virtual underlay: datagrams between addresses and ports, with latency, loss, reordering and
 * duplication from a seed.
 *
 * Not standardized; docs/architecture.md §13. There is no NAT, no MTU and no congestion: a datagram is
 * lost with one probability, and overtakes others by its jitter.
 *
 * Invariants
 * - A datagram is copied when it is sent: no arena is shared between routers.
 * - Nothing is delivered inside `send`.
 *
 * @module
 */
import { formatEndpoint, type UnderlayAddress } from '../base/endpoint.ts';
import type { Random } from '../base/random.ts';
import { addMilliseconds, type Instant, milliseconds } from '../base/units.ts';
import type { Agenda } from './agenda.ts';

export type Conditions = {
  readonly latencyMs: number;
  /** Up to this much more, drawn per datagram: reordering. */
  readonly jitterMs: number;
  /** Probability from 0 to 1. */
  readonly loss: number;
  readonly duplication: number;
};

export const CALM: Conditions = { latencyMs: 10, jitterMs: 0, loss: 0, duplication: 0 };

export type VirtualDatagram = {
  readonly from: UnderlayAddress;
  readonly to: UnderlayAddress;
  readonly bytes: Uint8Array;
};

export type NetworkCounters = {
  sent: number;
  delivered: number;
  lost: number;
  duplicated: number;
  /** Nobody listens there. */
  unreachable: number;
};

export interface VirtualNetwork {
  readonly counters: Readonly<NetworkCounters>;
  setConditions(change: Partial<Conditions>): void;
  /** Datagrams for which this is false are lost: partitions, broken directions. */
  setFilter(passes: ((datagram: VirtualDatagram) => boolean) | undefined): void;
  /** How much longer a datagram takes, in ms: links that differ, and directions. */
  setExtraLatency(extraMs: ((datagram: VirtualDatagram) => number) | undefined): void;
  /** Sees every datagram that is sent, lost ones too. */
  tap(listener: (datagram: VirtualDatagram) => void): void;
  /** Listens at an address and port; undefined when somebody does already. */
  bind(
    at: UnderlayAddress,
    receive: (datagram: VirtualDatagram, now: Instant) => void,
  ): (() => void) | undefined;
  send(datagram: VirtualDatagram, now: Instant): void;
}

export function createVirtualNetwork(agenda: Agenda, random: Random): VirtualNetwork {
  const listeners = new Map<string, (datagram: VirtualDatagram, now: Instant) => void>();
  const taps: ((datagram: VirtualDatagram) => void)[] = [];
  const counters: NetworkCounters = {
    sent: 0,
    delivered: 0,
    lost: 0,
    duplicated: 0,
    unreachable: 0,
  };
  let conditions = CALM;
  let passes: ((datagram: VirtualDatagram) => boolean) | undefined;
  let extraMs: ((datagram: VirtualDatagram) => number) | undefined;

  const happens = (probability: number): boolean =>
    probability > 0 && random.below(1_000_000) < probability * 1_000_000;

  function deliver(datagram: VirtualDatagram, sentAt: Instant): void {
    const extra = extraMs?.(datagram) ?? 0;
    const travel = conditions.latencyMs + extra + random.below(conditions.jitterMs + 1);
    agenda.add(addMilliseconds(sentAt, milliseconds(travel)), (now) => {
      const receive = listeners.get(formatEndpoint(datagram.to));
      if (receive === undefined) counters.unreachable++;
      else {
        counters.delivered++;
        receive(datagram, now);
      }
    });
  }

  return {
    counters,
    setConditions(change) {
      conditions = { ...conditions, ...change };
    },
    setFilter(next) {
      passes = next;
    },
    setExtraLatency(next) {
      extraMs = next;
    },
    tap(listener) {
      taps.push(listener);
    },
    bind(at, receive) {
      const key = formatEndpoint(at);
      if (listeners.has(key)) return undefined;
      listeners.set(key, receive);
      return () => {
        if (listeners.get(key) === receive) listeners.delete(key);
      };
    },
    send(datagram, now) {
      counters.sent++;
      for (const listener of taps) listener(datagram);
      if (passes?.(datagram) === false || happens(conditions.loss)) {
        counters.lost++;
        return;
      }
      deliver(datagram, now);
      if (!happens(conditions.duplication)) return;
      counters.duplicated++;
      deliver(datagram, now);
    },
  };
}
