/**
 * The node's own services on the netstack: streams of TCP and questions over UDP, from its DN42 addresses.
 *
 * Standard: RFC 9293 §3.9.1 (the user's calls, as netstack/tcp has them); RFC 768.
 *
 *   connect ─► onConnected ─► onReadable, onWritable, onRemoteFinished … ─► onClosed
 *   listen ──► accept ──► StreamUser ─┘
 *
 * Nothing is stored here: a stream is a number of TCP's, whose buffers bound what either side may be ahead.
 * Users are called while the Router takes its events; they may use any call of a stream at once.
 *
 * Invariants
 * - The port of BGP is never one of these, nor is a connection of BGP.
 * - `onClosed` is the last call of a user; what had arrived before it can be read until it returns.
 *
 * @module
 */
import { assert } from '../base/assert.ts';
import type { IpAddress } from '../base/ip-address.ts';
import type { Instant } from '../base/units.ts';
import { BGP_PORT } from '../bgp/index.ts';
import {
  type CloseReason,
  type ConnectionId,
  type Netstack,
  type NetstackEvent,
  ROUTED,
  type TcpEvent,
} from '../netstack/index.ts';

export type { CloseReason } from '../netstack/index.ts';

/** Whoever speaks at our end of a stream. */
export interface StreamUser {
  /** Of a stream that we opened. */
  onConnected(): void;
  /** New octets arrived; the next call comes when more do, whether or not all was read. */
  onReadable(): void;
  /** After a `write` that was not taken whole. */
  onWritable(): void;
  /** Nothing more will arrive. */
  onRemoteFinished(): void;
  onClosed(reason: CloseReason): void;
}

/** Calls on a stream that has ended do nothing. */
export interface OverlayStream {
  /** Copies what arrived, and opens the window by as much; returns how many octets. */
  read(into: Uint8Array, now: Instant): number;
  /** Returns how many octets of `bytes` from `start` on were taken. */
  write(bytes: Uint8Array, start: number, now: Instant): number;
  /** Says that nothing more comes from us. */
  close(now: Instant): void;
  abort(now: Instant): void;
}

/** Both ends of a stream that somebody opened to us. */
export type StreamEnds = {
  readonly local: IpAddress;
  readonly localPort: number;
  readonly remote: IpAddress;
  readonly remotePort: number;
};

/** Returns who is to speak at our end, or undefined to refuse. */
export type Accept = (stream: OverlayStream, ends: StreamEnds) => StreamUser | undefined;

export interface OverlaySockets {
  /** Whether a route leads to an address, and we have one of its family to speak from. */
  isReachable(remote: IpAddress): boolean;
  /** Opens a stream; undefined when the address is not reachable. */
  connect(
    remote: IpAddress,
    port: number,
    user: StreamUser,
    now: Instant,
  ): OverlayStream | undefined;
  /** Takes connections to a port of the node's addresses; false when the port has somebody. */
  listen(port: number, accept: Accept): boolean;
  unlisten(port: number): void;
  /** Asks by one datagram and hears what comes back, until `close`. Undefined: it could not be sent. */
  ask(
    remote: IpAddress,
    port: number,
    question: Uint8Array,
    answered: (payload: Uint8Array) => void,
    now: Instant,
  ): { close(): void } | undefined;
}

/** What the Router does with them. */
export interface OverlaySocketTable extends OverlaySockets {
  /** Takes an event of TCP; false when it is not about one of ours. */
  receiveTcpEvent(event: TcpEvent, now: Instant): boolean;
  receiveDatagram(event: NetstackEvent & { readonly kind: 'datagram' }): void;
}

export function createOverlaySockets(netstack: Netstack): OverlaySocketTable {
  const { tcp } = netstack;
  const users = new Map<ConnectionId, StreamUser>();
  const listeners = new Map<number, Accept>();
  const questions = new Map<number, (payload: Uint8Array) => void>();

  const streamOf = (id: ConnectionId): OverlayStream => ({
    read: (into, now) => tcp.read(id, into, now),
    write: (bytes, start, now) => tcp.write(id, bytes, start, bytes.length, now),
    close: (now) => tcp.close(id, now),
    abort: (now) => tcp.abort(id, now),
  });

  function incoming(event: TcpEvent & { kind: 'incoming' }, now: Instant): void {
    const user = listeners.get(event.localPort)?.(streamOf(event.connection), event);
    if (user === undefined) tcp.abort(event.connection, now);
    else users.set(event.connection, user);
  }

  return {
    isReachable: (remote) => netstack.sourceFor(remote) !== undefined,
    connect(remote, port, user, now) {
      const local = netstack.sourceFor(remote);
      if (local === undefined) return undefined;
      const request = { interface: ROUTED, local, remote, remotePort: port };
      const id = tcp.connect(request, now);
      users.set(id, user);
      return streamOf(id);
    },
    listen(port, accept) {
      assert(port !== BGP_PORT, 'the document was checked');
      if (listeners.has(port)) return false;
      listeners.set(port, accept);
      tcp.listen(port, { isRouted: true });
      return true;
    },
    unlisten(port) {
      if (listeners.delete(port)) tcp.unlisten(port);
    },
    ask(remote, remotePort, question, answered, now) {
      const port = netstack.openUdp(remote, remotePort);
      if (port === undefined) return undefined;
      const close = (): void => {
        netstack.closeUdp(port);
        questions.delete(port);
      };
      if (netstack.sendUdp(port, question, now) !== undefined) {
        close();
        return undefined;
      }
      questions.set(port, answered);
      return { close };
    },
    receiveTcpEvent(event, now) {
      if (event.kind === 'incoming') {
        // A session with a neighbor behind other routers is routed as well.
        if (event.interface !== ROUTED || event.localPort === BGP_PORT) return false;
        incoming(event, now);
        return true;
      }
      if (!('connection' in event)) return false;
      const user = users.get(event.connection);
      if (user === undefined) return false;
      switch (event.kind) {
        case 'connected':
          user.onConnected();
          break;
        case 'readable':
          user.onReadable();
          break;
        case 'writable':
          user.onWritable();
          break;
        case 'remote-finished':
          user.onRemoteFinished();
          break;
        case 'closed':
          users.delete(event.connection);
          user.onClosed(event.reason);
      }
      return true;
    },
    receiveDatagram: ({ port, payload }) => questions.get(port)?.(payload),
  };
}
