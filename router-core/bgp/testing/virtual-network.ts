/**
 * TCP without packets: connections with delays, small buffers and resets, on virtual time.
 *
 * For tests only. Octets of one connection and direction arrive in order; different connections
 * and directions are not ordered against each other, which is what collisions are about.
 *
 * @module
 */
import type { IpAddress } from '../../base/ip-address.ts';
import { seededRandom } from '../../base/random.ts';
import { createTimerQueue, type TimerQueue } from '../../base/timer-queue.ts';
import { type Instant, instant } from '../../base/units.ts';
import type { BgpNeighbors } from '../neighbors.ts';
import { type NeighborId, type TransportId, type TransportPort, transportId } from '../types.ts';

/** One router on the network. */
export type Host = {
  readonly address: IpAddress;
  readonly port: TransportPort;
  /** Set once they exist. */
  neighbors?: BgpNeighbors;
  /** Whom a dial of this neighbor reaches, and which neighbor a connection from a host is. */
  readonly links: { readonly neighbor: NeighborId; readonly host: Host }[];
};

export type VirtualNetwork = {
  readonly timerQueue: TimerQueue;
  readonly now: Instant;
  addHost(address: IpAddress): Host;
  /** Runs timers and deliveries until the instant. */
  runUntil(at: number): void;
  openConnections(): number;
  /** A link that is down resets the connections on it, and lets nobody dial. */
  setLink(a: Host, b: Host, isUp: boolean): void;
  /** What arrives at a host that does not read waits, and its senders run out of room. */
  setReading(host: Host, isReading: boolean): void;
};

type End = {
  readonly id: TransportId;
  readonly host: Host;
  peer?: End;
  isOpen: boolean;
  isGone: boolean;
  /** Octets this end may still write. */
  room: number;
  wasShort: boolean;
  /** Nothing that this end sends arrives before this. */
  lastArrival: number;
};

type Arrival = { readonly at: number; run(): void };

/** Smaller than an OPEN and a few KEEPALIVEs, so that partial writes are the rule. */
const SEND_BUFFER = 60;

export function createVirtualNetwork(
  seed: number,
  delay: { readonly min: number; readonly max: number },
  sendBuffer = SEND_BUFFER,
): VirtualNetwork {
  const random = seededRandom(seed);
  const timerQueue = createTimerQueue();
  const ends = new Map<TransportId, End>();
  const linksDown = new Set<string>();
  const unread = new Map<Host, (() => void)[]>();
  /** By time, then by when they were sent. */
  const arrivals: Arrival[] = [];
  let now = 0;
  let nextId = 0;

  /** Runs it when something sent now by this end arrives. */
  function arrive(from: End, run: () => void): void {
    const travel = delay.min + random.below(delay.max - delay.min + 1);
    from.lastArrival = Math.max(from.lastArrival, now + travel);
    // Most arrive last.
    let place = arrivals.length;
    while (place > 0 && (arrivals[place - 1] as Arrival).at > from.lastArrival) place--;
    arrivals.splice(place, 0, { at: from.lastArrival, run });
  }

  function newEnd(host: Host): End {
    const id = transportId(nextId++);
    const state = { isOpen: false, isGone: false, wasShort: false, lastArrival: 0 };
    const end: End = { id, host, room: sendBuffer, ...state };
    ends.set(id, end);
    return end;
  }

  function release(end: End): boolean {
    if (end.isGone) return false;
    end.isGone = true;
    ends.delete(end.id);
    return true;
  }

  function closed(end: End, reason: string): void {
    if (release(end)) end.host.neighbors?.transportClosed(end.id, reason, instant(now));
  }

  /** Now, or when the host reads again: data and FIN stay in order. */
  function whenRead(host: Host, run: () => void): void {
    const waiting = unread.get(host);
    if (waiting === undefined) run();
    else waiting.push(run);
  }

  /** SYN → SYN, ACK → ACK: the dialling side is open one travel before the other accepts. */
  function connect(from: End, to: Host): void {
    const peer: End = newEnd(to);
    from.peer = peer;
    peer.peer = from;
    if (linksDown.has(linkOf(from.host, to))) {
      release(peer);
      arrive(from, () => closed(from, 'no route to host'));
      return;
    }
    arrive(from, () =>
      arrive(peer, () => {
        if (from.isGone) {
          release(peer);
          return;
        }
        from.isOpen = true;
        arrive(from, () => accept(peer, from));
        from.host.neighbors?.transportOpened(from.id, from.host.address, to.address, instant(now));
      }),
    );
  }

  function accept(end: End, from: End): void {
    if (end.isGone) return;
    end.isOpen = true;
    const neighbor = end.host.links.find((link) => link.host === from.host)?.neighbor;
    const isTaken =
      neighbor !== undefined &&
      end.host.neighbors?.acceptTransport(
        neighbor,
        end.id,
        end.host.address,
        from.host.address,
        instant(now),
      ) === true;
    if (isTaken) return;
    release(end);
    arrive(end, () => closed(from, 'refused'));
  }

  function deliver(end: End, peer: End, bytes: Uint8Array): void {
    if (peer.isGone) {
      arrive(peer, () => closed(end, 'reset'));
      return;
    }
    peer.host.neighbors?.receive(peer.id, bytes, 0, bytes.length, instant(now));
    arrive(peer, () => {
      end.room += bytes.length;
      if (end.isGone || !end.wasShort) return;
      end.wasShort = false;
      end.host.neighbors?.transportWritable(end.id, instant(now));
    });
  }

  const find = (id: TransportId): End => {
    const end = ends.get(id);
    if (end === undefined) throw new Error(`transport ${id} is used after its end`);
    return end;
  };

  const portOf = (host: () => Host): TransportPort => ({
    open(neighbor) {
      const end = newEnd(host());
      const link = host().links.find((l) => l.neighbor === neighbor);
      if (link === undefined) throw new Error(`no link for neighbor ${neighbor}`);
      connect(end, link.host);
      return end.id;
    },
    write(id, bytes, start, stop) {
      const end = find(id);
      if (!end.isOpen) throw new Error(`transport ${id} is written before it is open`);
      const count = Math.min(end.room, stop - start);
      if (count < stop - start) end.wasShort = true;
      if (count === 0) return 0;
      end.room -= count;
      const sent = bytes.slice(start, start + count);
      const peer = end.peer as End;
      arrive(end, () => whenRead(peer.host, () => deliver(end, peer, sent)));
      return count;
    },
    close(id, how) {
      const end = find(id);
      const peer = end.peer as End;
      if (how === 'abort') {
        release(end);
        arrive(end, () => closed(peer, 'reset'));
      } else {
        arrive(end, () =>
          whenRead(peer.host, () => {
            closed(peer, 'finished');
            arrive(peer, () => closed(end, 'finished'));
          }),
        );
      }
    },
  });

  return {
    timerQueue,
    get now() {
      return instant(now);
    },
    addHost(address) {
      const host: Host = { address, links: [], port: portOf(() => host) };
      return host;
    },
    runUntil(at) {
      for (;;) {
        const timer = timerQueue.nextDeadline() ?? Number.POSITIVE_INFINITY;
        const next = arrivals[0]?.at ?? Number.POSITIVE_INFINITY;
        const soonest = Math.min(timer, next);
        if (soonest > at) break;
        now = Math.max(now, soonest);
        if (next <= timer) arrivals.shift()?.run();
        else timerQueue.runDue(instant(now), 1);
      }
      now = at;
    },
    openConnections: () => ends.size,
    setLink(a, b, isUp) {
      const link = linkOf(a, b);
      if (isUp) linksDown.delete(link);
      else linksDown.add(link);
      if (isUp) return;
      for (const end of [...ends.values()])
        if (end.peer !== undefined && linkOf(end.host, end.peer.host) === link)
          closed(end, 'reset');
    },
    setReading(host, isReading) {
      if (!isReading) {
        if (!unread.has(host)) unread.set(host, []);
        return;
      }
      const waiting = unread.get(host) ?? [];
      unread.delete(host);
      for (const run of waiting) run();
    },
  };
}

const linkOf = (a: Host, b: Host): string =>
  [a, b]
    .map(({ address }) => address.bytes.join('.'))
    .toSorted()
    .join(' ');
