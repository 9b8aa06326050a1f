/**
 * Listening sockets over `node:dgram`: an IPv4 and an IPv6 socket per port.
 *
 * Not standardized; families.ts has the rule, io.ts the contract.
 *
 * Invariants
 * - No name is ever resolved here: addresses are literals, and `lookup` only hands them through.
 * - A port is open in every family that was asked for, or in none; one that was closed while it opened
 *   stays closed, and nobody hears of it.
 *
 * @module
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { assert } from '../../base/assert.ts';
import type { SocketId } from '../../base/units.ts';
import { isFamilyMissing, openedPort, wishedFamilies } from './families.ts';
import { type OpenOutcome, SOCKET_BUFFER_BYTES, type UnderlayCounters } from './io.ts';
import { countSendFailure, errorCode } from './send-errors.ts';

export type PortState = {
  ipv4?: Socket;
  ipv6?: Socket;
  isOpening: boolean;
  /** For a port that was closed while it opened. */
  freed: (() => void) | undefined;
  readonly host: string;
  readonly port: number;
  readonly only: 4 | 6 | undefined;
};

export type DgramPorts = {
  /** Calls `done` once, later; not when the port was closed meanwhile. */
  open(
    id: SocketId,
    port: number,
    host: string,
    done: (outcome: OpenOutcome) => void,
    only?: 4 | 6,
  ): void;
  find(id: number): PortState | undefined;
  /** `done` is called when the port is free: before this returns, or when an `open` under way has ended. */
  close(id: number, done?: () => void): void;
  closeAll(): void;
};

export type DgramPortsOptions = {
  readonly counters: UnderlayCounters;
  /** Whether connected sockets are to stand beside the listening one (burst.ts). */
  readonly isShared: boolean;
  receive(id: SocketId, datagram: Buffer, from: RemoteInfo): void;
};

export function createDgramPorts({ counters, isShared, receive }: DgramPortsOptions): DgramPorts {
  const ports = new Map<number, PortState>();

  async function listen(family: 4 | 6, id: SocketId, port: number, host: string): Promise<Socket> {
    // With SO_REUSEADDR a port that somebody shares seems free: a socket without it tells the truth.
    if (isShared) await close(await bind(openSocket(family, false), port, host));
    const socket = await bind(openSocket(family, isShared), port, host);
    socket.on('error', (error) => countSendFailure(counters, errorCode(error)));
    socket.on('message', (datagram, from) => receive(id, datagram, from));
    growBuffers(socket);
    return socket;
  }

  async function openAll(state: PortState, id: SocketId): Promise<OpenOutcome> {
    const families: (4 | 6)[] = [];
    const wished = wishedFamilies(state.host, state.only);
    let { port } = state;
    for (const wish of wished) {
      try {
        const socket = await listen(wish.family, id, port, wish.host);
        // The second family has the port that the system chose for the first.
        ({ port } = socket.address());
        if (wish.family === 4) state.ipv4 = socket;
        else state.ipv6 = socket;
        families.push(wish.family);
      } catch (error) {
        if (!isFamilyMissing(wish, errorCode(error)))
          return { error: error as NodeJS.ErrnoException };
      }
    }
    return openedPort(wished, families, port);
  }

  return {
    open(id, port, host, done, only) {
      assert(!ports.has(id), 'a socket is opened once');
      const state: PortState = { isOpening: true, freed: undefined, host, port, only };
      ports.set(id, state);
      void openAll(state, id).then((outcome) => {
        state.isOpening = false;
        const isClosed = ports.get(id) !== state;
        if (isClosed || 'error' in outcome) closeSockets(state);
        state.freed?.();
        if (isClosed) return;
        if ('error' in outcome) ports.delete(id);
        done(outcome);
      });
    },
    find: (id) => ports.get(id),
    close(id, done) {
      const state = ports.get(id);
      ports.delete(id);
      // What is still being opened is closed by whoever opens it.
      if (state?.isOpening) {
        state.freed = done;
        return;
      }
      if (state !== undefined) closeSockets(state);
      done?.();
    },
    closeAll() {
      for (const id of [...ports.keys()]) this.close(id);
    },
  };
}

/** Makes a socket that takes literals only, so that binding and connecting happen at once. */
export function openSocket(family: 4 | 6, reuseAddr: boolean): Socket {
  return createSocket({
    type: family === 4 ? 'udp4' : 'udp6',
    ipv6Only: family === 6,
    reuseAddr,
    lookup: (literal, _options, done) => done(null, literal, family),
  });
}

function bind(socket: Socket, port: number, address: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ port, address, exclusive: true }, () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}

const close = (socket: Socket): Promise<void> => new Promise((resolve) => socket.close(resolve));

function closeSockets(state: PortState): void {
  state.ipv4?.close();
  state.ipv6?.close();
  delete state.ipv4;
  delete state.ipv6;
}

/** Asks for large buffers. */
export function growBuffers(socket: Socket): void {
  try {
    socket.setRecvBufferSize(SOCKET_BUFFER_BYTES);
    socket.setSendBufferSize(SOCKET_BUFFER_BYTES);
  } catch (error) {
    // The system's maximum stays; small buffers cost packets under load, nothing else.
    if (errorCode(error) !== 'ERR_SOCKET_BUFFER_SIZE') throw error;
  }
}
