/**
 * One connected socket per peer beside the listening one, so that its descriptor can be read and written.
 *
 * Standard: udp(7), connect(2) of Linux: of several sockets on a port, the connected one gets its remote's
 * datagrams and the listening one the rest. That takes SO_REUSEADDR on all of them (README.md says what
 * it costs).
 *
 * Between bind and connect a datagram of somebody else may be queued. A read of the descriptor does not tell
 * sources, so what came in these microseconds is thrown away.
 *
 * Invariants
 * - At most `connectedMax` sockets; a peer beyond them, or whose socket fails, uses the listening one.
 * - A closed entry is never read or written: the system gives its descriptor to somebody else.
 *
 * @module
 */
import type { RemoteInfo, Socket } from 'node:dgram';
import { readSync } from 'node:fs';
import { formatIpAddress } from '../../base/ip-address.ts';
import type { SocketId } from '../../base/units.ts';
import { AF_INET, addressIn, equalSockaddr, portOf, SOCKADDR_BYTES } from './descriptor.ts';
import { descriptorLimit, descriptorOf } from './dgram-descriptor.ts';
import { type DgramPorts, growBuffers, openSocket } from './dgram-ports.ts';
import type { UnderlayCounters } from './io.ts';
import { countSendFailure, errorCode } from './send-errors.ts';

/** Peers that are short of a socket are tried again this often. */
const RETRY_MS = 5000;
export const CONNECTED_MAX = 4096;
/** What the rest of the process keeps of its descriptors; of the others we take half. */
const DESCRIPTORS_RESERVED = 256;
/** More than this is no accident of a few microseconds: the socket is given up. */
const STRANGERS_MAX = 64;

export type Connected = {
  readonly id: SocketId;
  readonly socket: Socket;
  readonly fd: number;
  readonly sockaddr: Int32Array;
  isClosed: boolean;
  /** How many datagrams to take without looking for more, and the last such number (burst.ts). */
  skips: number;
  backoff: number;
};

type Wish = { readonly id: SocketId; readonly sockaddr: Int32Array };

export interface ConnectedSockets {
  find(peer: number): Connected | undefined;
  connect(peer: number, id: SocketId, sockaddr: Uint8Array): void;
  disconnect(peer: number): void;
  /** Closes a socket that failed; it is tried again later. */
  abandon(peer: number): void;
  closePort(id: number): void;
  closeAll(): void;
  /** Connects who has no socket: after a port has opened, and now and then. */
  retry(): void;
  tick(nowMs: number): void;
}

export type ConnectedOptions = {
  readonly ports: DgramPorts;
  readonly counters: UnderlayCounters;
  receive(connected: Connected, datagram: Buffer, from: RemoteInfo): void;
};

export function createConnectedSockets({
  ports,
  counters,
  receive,
}: ConnectedOptions): ConnectedSockets {
  const connectedMax = defaultMax();
  const wishes = new Map<number, Wish>();
  const open = new Map<number, Connected>();
  let nextRetry = 0;

  function tryConnect(peer: number, { id, sockaddr }: Wish): void {
    if (open.size >= connectedMax) return;
    const state = ports.find(id);
    if (state === undefined || state.isOpening) return;
    const octets = new Uint8Array(sockaddr.buffer);
    const family = octets[0] === AF_INET ? 4 : 6;
    const listening = family === 4 ? state.ipv4 : state.ipv6;
    if (listening === undefined) return;
    const remote = formatIpAddress({ family, bytes: addressIn(octets) });
    const connected = openConnected(id, sockaddr, family, listening, remote);
    if (connected !== undefined) open.set(peer, connected);
  }

  function openConnected(
    id: SocketId,
    sockaddr: Int32Array,
    family: 4 | 6,
    listening: Socket,
    remote: string,
  ): Connected | undefined {
    const socket = openSocket(family, true);
    socket.on('error', (error) => countSendFailure(counters, errorCode(error)));
    try {
      const { address, port } = listening.address();
      // Our lookup answers at once, so both happen here and now.
      socket.bind({ port, address, exclusive: true });
      socket.connect(portOf(sockaddr, 0), remote);
      socket.remoteAddress();
      growBuffers(socket);
    } catch {
      // No descriptor left, or no route: the listening socket serves this peer.
      socket.close();
      return undefined;
    }
    const fd = descriptorOf(socket);
    if (fd === undefined || !dropStrangers(fd, counters)) {
      socket.close();
      return undefined;
    }
    const connected: Connected = {
      id,
      socket,
      fd,
      sockaddr,
      isClosed: false,
      skips: 0,
      backoff: 0,
    };
    socket.on('message', (datagram, from) => receive(connected, datagram, from));
    return connected;
  }

  function closeOne(peer: number): void {
    const connected = open.get(peer);
    if (connected === undefined) return;
    open.delete(peer);
    connected.isClosed = true;
    connected.socket.close();
  }

  function retry(): void {
    for (const [peer, wish] of wishes) if (!open.has(peer)) tryConnect(peer, wish);
  }

  return {
    find: (peer) => open.get(peer),
    connect(peer, id, sockaddr) {
      const words = new Int32Array(SOCKADDR_BYTES / 4);
      new Uint8Array(words.buffer).set(sockaddr);
      const before = open.get(peer);
      // Told again where it is already: closing the socket would lose what waits in it.
      if (before?.id === id && equalSockaddr(before.sockaddr, 0, words, 0)) return;
      closeOne(peer);
      const wish: Wish = { id, sockaddr: words };
      wishes.set(peer, wish);
      tryConnect(peer, wish);
    },
    disconnect(peer) {
      wishes.delete(peer);
      closeOne(peer);
    },
    abandon: closeOne,
    closePort(id) {
      for (const [peer, wish] of [...wishes]) if (wish.id === id) this.disconnect(peer);
    },
    closeAll() {
      for (const peer of [...wishes.keys()]) this.disconnect(peer);
    },
    retry,
    tick(nowMs) {
      if (nowMs < nextRetry) return;
      nextRetry = nowMs + RETRY_MS;
      retry();
    },
  };
}

/** Empties the queue of a socket that has just been connected; returns whether that succeeded. */
function dropStrangers(fd: number, counters: UnderlayCounters): boolean {
  const octet = Buffer.alloc(1);
  try {
    for (let i = 0; i < STRANGERS_MAX; i++) {
      readSync(fd, octet, 0, 1, null);
      counters.rxBadSource++;
    }
    return false;
  } catch (error) {
    return errorCode(error) === 'EAGAIN';
  }
}

const defaultMax = (): number =>
  Math.max(0, Math.min(CONNECTED_MAX, Math.floor((descriptorLimit() - DESCRIPTORS_RESERVED) / 2)));
