/**
 * BGP's transport over the machine's TCP, for neighbors that are no tunnel away.
 *
 * Standard: RFC 4271 §8 (one TCP connection per session).
 *
 * Transports of this kind are numbered from `FIRST_TRANSPORT` on, so that a number alone tells whose it
 * is; below are those of the netstack (transport.ts).
 *
 * Invariants
 * - Every connection belongs to exactly one neighbor, or is refused at once.
 * - An address has one neighbor: a connection that comes in is known by where it comes from.
 *
 * @module
 */
import { assert } from '../base/assert.ts';
import { formatIpAddress, type IpAddress } from '../base/ip-address.ts';
import {
  type BgpNeighbors,
  type NeighborId,
  type TransportId,
  type TransportPort,
  transportId,
} from '../bgp/index.ts';
import type { HostConnectionId, HostTcp, HostTcpUser } from './host-tcp.ts';
import type { ClosedListener } from './transport.ts';

/** Above every number the netstack gives out: those have 32 bits. */
const FIRST_TRANSPORT = 2 ** 32;

/** Where a host neighbor is found. */
export type HostPlace = { readonly remote: IpAddress; readonly port: number };

export interface HostTransport extends TransportPort {
  /** Ties the sessions to it; called once, because each needs the other. */
  attach(neighbors: BgpNeighbors): void;
  link(neighbor: NeighborId, place: HostPlace): void;
  unlink(neighbor: NeighborId): void;
  has(neighbor: NeighborId): boolean;
  carries(transport: TransportId): boolean;
  /** Both ends of the open connection of a neighbor. */
  addressesOf(neighbor: NeighborId): { local: IpAddress; remote: IpAddress } | undefined;
  onClosed(listener: ClosedListener): void;
}

type Connection = {
  readonly neighbor: NeighborId;
  readonly isDialled: boolean;
  addresses: { local: IpAddress; remote: IpAddress } | undefined;
};

export function createHostTransport(tcp: HostTcp | undefined): HostTransport {
  const places = new Map<NeighborId, HostPlace>();
  const byAddress = new Map<string, NeighborId>();
  const connections = new Map<HostConnectionId, Connection>();
  let neighbors: BgpNeighbors | undefined;
  let closedListener: ClosedListener | undefined;

  const transportOf = (connection: HostConnectionId): TransportId =>
    transportId(FIRST_TRANSPORT + connection);
  const connectionOf = (transport: TransportId): HostConnectionId =>
    (transport - FIRST_TRANSPORT) as HostConnectionId;
  const attached = (): BgpNeighbors => {
    assert(neighbors !== undefined, 'the transport is attached before it carries anything');
    return neighbors;
  };
  const driver = (): HostTcp => {
    assert(tcp !== undefined, 'host neighbors are refused where the driver has no TCP for them');
    return tcp;
  };

  const user: HostTcpUser = {
    incoming(id, local, remote, now) {
      const neighbor = byAddress.get(formatIpAddress(remote));
      if (neighbor === undefined) return false;
      connections.set(id, { neighbor, isDialled: false, addresses: { local, remote } });
      const isTaken = attached().acceptTransport(neighbor, transportOf(id), local, remote, now);
      if (!isTaken) connections.delete(id);
      return isTaken;
    },
    opened(id, local, remote, now) {
      const connection = connections.get(id);
      if (connection === undefined) return;
      connection.addresses = { local, remote };
      attached().transportOpened(transportOf(id), local, remote, now);
    },
    received(id, bytes, now) {
      if (connections.has(id)) attached().receive(transportOf(id), bytes, 0, bytes.length, now);
    },
    writable(id, now) {
      if (connections.has(id)) attached().transportWritable(transportOf(id), now);
    },
    closed(id, reason, now) {
      const connection = connections.get(id);
      if (connection === undefined) return;
      connections.delete(id);
      const { neighbor, isDialled, addresses } = connection;
      closedListener?.(neighbor, reason, addresses !== undefined, isDialled);
      attached().transportClosed(transportOf(id), reason, now);
    },
  };
  tcp?.attach(user);

  return {
    attach(sessions) {
      neighbors = sessions;
    },
    link(neighbor, place) {
      places.set(neighbor, place);
      byAddress.set(formatIpAddress(place.remote), neighbor);
    },
    unlink(neighbor) {
      const place = places.get(neighbor);
      if (place === undefined) return;
      places.delete(neighbor);
      const address = formatIpAddress(place.remote);
      if (byAddress.get(address) === neighbor) byAddress.delete(address);
    },
    has: (neighbor) => places.has(neighbor),
    carries: (transport) => transport >= FIRST_TRANSPORT,
    addressesOf(neighbor) {
      for (const connection of connections.values())
        if (connection.neighbor === neighbor && connection.addresses !== undefined)
          return connection.addresses;
      return undefined;
    },
    onClosed(listener) {
      closedListener = listener;
    },
    open(neighbor) {
      const place = places.get(neighbor);
      assert(place !== undefined, 'a neighbor has a place for as long as it lives');
      const id = driver().connect(place.remote, place.port);
      connections.set(id, { neighbor, isDialled: true, addresses: undefined });
      return transportOf(id);
    },
    write: (transport, bytes, start, end) =>
      driver().write(connectionOf(transport), bytes, start, end),
    close(transport, how) {
      const id = connectionOf(transport);
      if (how === 'graceful') driver().finish(id);
      else {
        connections.delete(id);
        driver().abort(id);
      }
    },
  };
}

/** One transport of two: which one a neighbor uses is known by the neighbor, and by the number. */
export function eitherTransport(overlay: TransportPort, host: HostTransport): TransportPort {
  const ofTransport = (transport: TransportId): TransportPort =>
    host.carries(transport) ? host : overlay;
  return {
    open: (neighbor, now) => (host.has(neighbor) ? host : overlay).open(neighbor, now),
    write: (transport, bytes, start, end, now) =>
      ofTransport(transport).write(transport, bytes, start, end, now),
    close: (transport, how, now) => ofTransport(transport).close(transport, how, now),
  };
}
