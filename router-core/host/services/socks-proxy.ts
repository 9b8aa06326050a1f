/**
 * The SOCKS5 proxy: programs of this machine reach DN42 through it, without root.
 *
 * Standard: RFC 1928 §6 (which reply, and when to close), RFC 1929. The codec is socks5.ts.
 *
 * @module
 */
import { createServer, type Server, type Socket } from 'node:net';
import type { Credentials } from '../../router/index.ts';
import type { Dial, DialFailure } from './dial.ts';
import { joinDialed } from './dialed-client.ts';
import type { Gate } from './gate.ts';
import { PROXY_HANDSHAKE_MS } from './limits.ts';
import { cut, farewell } from './relay.ts';
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
          gate.refuse(step.because === 'password' ? 'password' : 'request');
          leave();
          farewell(socket, step.octets);
          return;
        case 'connect':
          leave();
          if (step.rest.length > 0) socket.unshift(step.rest);
          void joinDialed(socket, gate, {
            dial: (signal) => dial(step.host, step.port, signal),
            welcome: () => socket.write(socksReply('succeeded')),
            // RFC 1928 §6: closed shortly after the reply.
            refuse: (failure) => farewell(socket, socksReply(REPLIES[failure])),
          });
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
