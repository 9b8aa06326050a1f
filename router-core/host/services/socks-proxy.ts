/**
 * The SOCKS5 proxy: programs of this machine reach DN42 through it, without root.
 *
 * Standard: RFC 1928 §6 (which reply, and when to close), RFC 1929. The codec is socks5.ts.
 *
 * @module
 */
import { createServer, type Server, type Socket } from 'node:net';
import type { Credentials } from '../../router/index.ts';
import { type Dial, DialError, type DialFailure } from './dial.ts';
import type { Gate } from './gate.ts';
import { PROXY_HANDSHAKE_MS } from './limits.ts';
import { cut, farewell, relay } from './relay.ts';
import { SocksHandshake, type SocksReply, socksReply } from './socks5.ts';

export function createSocksProxy(
  dial: Dial,
  gate: Gate,
  credentials: Credentials | undefined,
): Server {
  return createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    // 'close' follows every error.
    socket.on('error', () => undefined);
    const leave = gate.admit();
    if (leave === undefined) {
      cut(socket);
      return;
    }
    socket.once('close', leave);
    converse(socket, new SocksHandshake(credentials), dial, gate);
  });
}

function converse(socket: Socket, handshake: SocksHandshake, dial: Dial, gate: Gate): void {
  const limit = setTimeout(() => cut(socket), PROXY_HANDSHAKE_MS);
  socket.once('close', () => clearTimeout(limit));
  const end = (): void => cut(socket);
  const take = (octets: Buffer): void => {
    handshake.receive(octets);
    for (;;) {
      const step = handshake.next();
      switch (step.kind) {
        case 'more':
          return;
        case 'answer':
          socket.write(step.octets);
          break;
        case 'refuse':
          gate.refuse();
          leave();
          farewell(socket, step.octets);
          return;
        case 'connect':
          leave();
          if (step.rest.length > 0) socket.unshift(step.rest);
          void connect(socket, step.host, step.port, dial, gate);
          return;
      }
    }
  };
  const leave = (): void => {
    clearTimeout(limit);
    socket.off('data', take);
    socket.off('end', end);
    socket.pause();
  };
  socket.once('end', end);
  socket.on('data', take);
}

async function connect(
  socket: Socket,
  host: string,
  port: number,
  dial: Dial,
  gate: Gate,
): Promise<void> {
  const gone = new AbortController();
  socket.once('close', () => gone.abort());
  try {
    const remote = await dial(host, port, gone.signal);
    socket.write(socksReply('succeeded'));
    relay(socket, remote);
  } catch (error) {
    if (!(error instanceof DialError)) throw error;
    gate.refuse();
    // RFC 1928 §6: closed shortly after the reply.
    farewell(socket, socksReply(REPLIES[error.failure]));
  }
}

/** A timeout has no reply of its own; TTL expired is what other servers say. */
const REPLIES: Readonly<Record<DialFailure, SocksReply>> = {
  'name-unknown': 'host-unreachable',
  'name-unanswered': 'general-failure',
  'no-route': 'network-unreachable',
  refused: 'connection-refused',
  unreachable: 'host-unreachable',
  timeout: 'ttl-expired',
  'too-many': 'general-failure',
  'given-up': 'general-failure',
};
