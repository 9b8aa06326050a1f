/**
 * TCP from this machine to BMP stations, for the stations of the Router (bgp/bmp/station.ts).
 *
 * Standard: RFC 7854 §3.2: the router connects, the station says nothing; what it says all the same is read
 * and dropped, so that its end is noticed.
 *
 * Octets go to the system as they come; the Router bounds how many are under way.
 *
 * Invariant: an opened connection is told of exactly once as closed, unless the Router closed it.
 *
 * @module
 */
import { connect, type Socket } from 'node:net';
import type { StationConnection } from '../../router/index.ts';
import { STATION_LINGER_MS } from './limits.ts';

/** The Router, seen from here. */
export interface StationListener {
  opened(connection: StationConnection): void;
  closed(connection: StationConnection, reason: string): void;
  /** The system has taken so many octets. */
  took(connection: StationConnection, octets: number): void;
}

export interface BmpConnections {
  open(connection: StationConnection, host: string, port: number): void;
  send(connection: StationConnection, bytes: Uint8Array): void;
  /** Sends what is left, then ends; after a second by force. */
  close(connection: StationConnection): void;
}

export function createBmpConnections(listener: StationListener): BmpConnections {
  const sockets = new Map<StationConnection, Socket>();

  return {
    open(connection, host, port) {
      const socket = connect({ host, port });
      sockets.set(connection, socket);
      let reason = 'the station closed the connection';
      const isOurs = (): boolean => sockets.get(connection) === socket;
      socket.setKeepAlive(true, 30_000);
      socket.on('connect', () => {
        if (isOurs()) listener.opened(connection);
      });
      socket.on('error', (error) => {
        reason = error.message;
      });
      socket.on('close', () => {
        if (!isOurs()) return;
        sockets.delete(connection);
        listener.closed(connection, reason);
      });
      socket.resume();
    },
    send(connection, bytes) {
      const socket = sockets.get(connection);
      socket?.write(bytes, (error) => {
        if (error == null && sockets.get(connection) === socket)
          listener.took(connection, bytes.length);
      });
    },
    close(connection) {
      const socket = sockets.get(connection);
      if (socket === undefined) return;
      sockets.delete(connection);
      if (socket.connecting) {
        socket.destroy();
        return;
      }
      socket.end();
      const force = setTimeout(() => socket.destroy(), STATION_LINGER_MS);
      force.unref();
      socket.once('close', () => clearTimeout(force));
    },
  };
}
