/**
 * BGP's transport over the netstack's TCP: who dials whom, and octets in both directions.
 *
 * Standard: RFC 4271 §8 (one TCP connection per session, port 179).
 *
 * TCP's connection numbers are BGP's transport numbers. Reading is driven by TCP's `readable` edge;
 * the receive window bounds what one peer can make us read at once.
 *
 * Invariant: every connection belongs to exactly one neighbor, or is aborted at once.
 *
 * @module
 */
import { assert } from '../base/assert.ts';
import { formatIpAddress, type IpAddress } from '../base/ip-address.ts';
import { elapsed, type Instant, type InterfaceId } from '../base/units.ts';
import {
  BGP_PORT,
  type BgpNeighbors,
  type NeighborId,
  type TransportId,
  type TransportPort,
  transportId,
} from '../bgp/index.ts';
import type {
  ConnectionId,
  Netstack,
  SegmentRefusal,
  TcpEvent,
  TcpNeighbor,
} from '../netstack/index.ts';

/** Where a neighbor is found, our address there, and what its segments must prove. */
export type NeighborLink = TcpNeighbor & { readonly local: IpAddress };

/** The 4-tuple of a connection, as it is remembered over a restart. */
export type TransportTuple = {
  readonly neighbor: NeighborId;
  readonly local: IpAddress;
  readonly localPort: number;
  readonly remote: IpAddress;
  readonly remotePort: number;
};

export interface BgpTransport extends TransportPort {
  /** Ties the sessions to it; called once, because each needs the other. */
  attach(neighbors: BgpNeighbors): void;
  link(neighbor: NeighborId, link: NeighborLink): void;
  unlink(neighbor: NeighborId): void;
  linkOf(neighbor: NeighborId): NeighborLink;
  receiveTcpEvent(event: TcpEvent, now: Instant): void;
  tuples(): TransportTuple[];
  /** Smoothed round trip of the neighbor's connection in milliseconds. */
  roundTrip(neighbor: NeighborId): number | undefined;
  /** How the last connection to a neighbor ended, and whether it had been open. */
  onClosed(listener: ClosedListener): void;
  /** Whose connection one from an unknown address is; undefined: nobody's. */
  onUnknown(
    listener: (
      link: InterfaceId,
      local: IpAddress,
      remote: IpAddress,
      now: Instant,
    ) => NeighborId | undefined,
  ): void;
  /** Why segments of a neighbor did not come as far as TCP. */
  onRefused(listener: (neighbor: NeighborId, refusal: SegmentRefusal) => void): void;
}

/** How a connection ended, whether it had been open, and whether we had dialled it. */
export type ClosedListener = (
  neighbor: NeighborId,
  reason: string,
  wasOpen: boolean,
  wasDialled: boolean,
) => void;

type Connection = {
  neighbor: NeighborId;
  isOpen: boolean;
  isDialled: boolean;
  since: Instant;
  localPort: number;
  remotePort: number;
};

/** A dial that is given up after this long was not answered; before, something else came first. */
const UNANSWERED_MS = 5000;

export function createBgpTransport(netstack: Netstack): BgpTransport {
  const links = new Map<NeighborId, NeighborLink>();
  const byPlace = new Map<string, NeighborId>();
  const connections = new Map<ConnectionId, Connection>();
  const buffer = new Uint8Array(64 * 1024);
  let neighbors: BgpNeighbors | undefined;
  let closedListener: ClosedListener | undefined;
  let unknownListener: Parameters<BgpTransport['onUnknown']>[0] | undefined;
  let refusedListener: Parameters<BgpTransport['onRefused']>[0] | undefined;

  const place = (out: InterfaceId, remote: IpAddress): string =>
    `${out} ${formatIpAddress(remote)}`;
  const connectionOf = (transport: TransportId): ConnectionId =>
    transport as number as ConnectionId;
  const attached = (): BgpNeighbors => {
    assert(neighbors !== undefined, 'the transport is attached before it carries anything');
    return neighbors;
  };

  function linkOf(neighbor: NeighborId): NeighborLink {
    const link = links.get(neighbor);
    assert(link !== undefined, 'a neighbor has a link for as long as it lives');
    return link;
  }

  function incoming(event: TcpEvent & { kind: 'incoming' }, now: Instant): void {
    const neighbor =
      byPlace.get(place(event.interface, event.remote)) ??
      unknownListener?.(event.interface, event.local, event.remote, now);
    if (neighbor === undefined) {
      netstack.tcp.abort(event.connection, now);
      return;
    }
    connections.set(event.connection, {
      neighbor,
      isOpen: true,
      isDialled: false,
      since: now,
      localPort: event.localPort,
      remotePort: event.remotePort,
    });
    const isTaken = attached().acceptTransport(
      neighbor,
      transportId(event.connection),
      event.local,
      event.remote,
      now,
    );
    // A session with hold time 0 has no other way to notice that its neighbor is gone (RFC 4271 §4.4).
    netstack.tcp.setKeepalive(event.connection, true);
    if (!isTaken) {
      connections.delete(event.connection);
      netstack.tcp.abort(event.connection, now);
    }
  }

  function ended(
    { neighbor, isOpen, isDialled }: Connection,
    id: ConnectionId,
    reason: string,
    now: Instant,
  ): void {
    connections.delete(id);
    closedListener?.(neighbor, reason, isOpen, isDialled);
    attached().transportClosed(transportId(id), reason, now);
  }

  /** Takes what has arrived, at most a receive buffer: after `closed` the rest would be lost. */
  function readAll(connection: ConnectionId, now: Instant): void {
    while (connections.has(connection)) {
      const count = netstack.tcp.read(connection, buffer, now);
      if (count === 0) return;
      attached().receive(transportId(connection), buffer, 0, count, now);
    }
  }

  return {
    attach(sessions) {
      neighbors = sessions;
    },
    onClosed(listener) {
      closedListener = listener;
    },
    onUnknown(listener) {
      unknownListener = listener;
    },
    onRefused(listener) {
      refusedListener = listener;
    },
    link(neighbor, link) {
      links.set(neighbor, link);
      byPlace.set(place(link.interface, link.remote), neighbor);
      netstack.tcp.addNeighbor(link);
    },
    unlink(neighbor) {
      const link = links.get(neighbor);
      if (link === undefined) return;
      links.delete(neighbor);
      byPlace.delete(place(link.interface, link.remote));
      netstack.tcp.removeNeighbor(link.interface, link.remote);
    },
    linkOf,
    open(neighbor, now) {
      const { interface: out, local, remote } = linkOf(neighbor);
      const request = { interface: out, local, remote, remotePort: BGP_PORT };
      const connection = netstack.tcp.connect(request, now);
      const localPort = netstack.tcp.view(connection)?.localPort ?? 0;
      connections.set(connection, {
        neighbor,
        isOpen: false,
        isDialled: true,
        since: now,
        localPort,
        remotePort: BGP_PORT,
      });
      return transportId(connection);
    },
    write: (transport, bytes, start, end, now) =>
      netstack.tcp.write(connectionOf(transport), bytes, start, end, now),
    close(transport, how, now) {
      const connection = connectionOf(transport);
      if (how === 'graceful') netstack.tcp.close(connection, now);
      else {
        // BGP's ConnectRetry is shorter than TCP's patience: this is where silence is noticed.
        const given = connections.get(connection);
        if (given?.isDialled && !given.isOpen && elapsed(given.since, now) >= UNANSWERED_MS)
          closedListener?.(given.neighbor, 'timeout', false, true);
        connections.delete(connection);
        netstack.tcp.abort(connection, now);
      }
    },
    receiveTcpEvent(event, now) {
      if (event.kind === 'incoming') {
        incoming(event, now);
        return;
      }
      if (event.kind === 'segments-refused') {
        const neighbor = byPlace.get(place(event.interface, event.remote));
        if (neighbor !== undefined) refusedListener?.(neighbor, event.refusal);
        return;
      }
      if (event.kind === 'stale-reset' || event.kind === 'stale-timeout') return;
      const connection = connections.get(event.connection);
      if (connection === undefined) return;
      const transport = transportId(event.connection);
      switch (event.kind) {
        case 'connected': {
          const link = links.get(connection.neighbor);
          connection.isOpen = true;
          netstack.tcp.setKeepalive(event.connection, true);
          if (link !== undefined)
            attached().transportOpened(transport, link.local, link.remote, now);
          return;
        }
        case 'readable':
          readAll(event.connection, now);
          return;
        case 'remote-finished':
          // The other side says no more: read what is left, then the session is over, and so are we.
          readAll(event.connection, now);
          if (connections.has(event.connection)) {
            ended(connection, event.connection, 'finished', now);
            netstack.tcp.close(event.connection, now);
          }
          return;
        case 'writable':
          attached().transportWritable(transport, now);
          return;
        case 'closed':
          ended(connection, event.connection, event.reason, now);
      }
    },
    tuples: () =>
      [...connections.values()].flatMap(({ neighbor, isOpen, localPort, remotePort }) => {
        const link = links.get(neighbor);
        return isOpen && link !== undefined
          ? [{ neighbor, local: link.local, localPort, remote: link.remote, remotePort }]
          : [];
      }),
    roundTrip(neighbor) {
      for (const [id, connection] of connections) {
        if (connection.neighbor === neighbor && connection.isOpen)
          return netstack.tcp.view(id)?.srttMs;
      }
      return undefined;
    },
  };
}
