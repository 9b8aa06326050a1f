/**
 * The HTTP CONNECT proxy: the same way into DN42 for programs that know proxies of HTTP only.
 *
 * Standard: RFC 9110 §9.3.6 (CONNECT), §11.7 (proxy authentication); RFC 7617 (Basic); RFC 9209 (why not, in
 * `Proxy-Status`). Requests are read by Node's own parser. Other methods are answered 405: a proxy that
 * forwards requests would have to understand them.
 *
 * @module
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { parseEndpoint } from '../../base/endpoint.ts';
import type { Credentials } from '../../router/index.ts';
import type { Dial, DialFailure } from './dial.ts';
import { joinDialed } from './dialed-client.ts';
import type { Gate } from './gate.ts';
import { PROXY_HANDSHAKE_MS } from './limits.ts';
import { cut, farewell } from './relay.ts';
import { areRight } from './socks5.ts';

export function createHttpConnectProxy(
  dial: Dial,
  gate: Gate,
  credentials: Credentials | undefined,
): Server {
  const server = createServer(
    {
      headersTimeout: PROXY_HANDSHAKE_MS,
      requestTimeout: PROXY_HANDSHAKE_MS,
      keepAliveTimeout: PROXY_HANDSHAKE_MS,
      connectionsCheckingInterval: PROXY_HANDSHAKE_MS / 4,
      noDelay: true,
    },
    (_request, response) => {
      gate.refuse('request');
      response
        .writeHead(405, {
          allow: 'CONNECT',
          'content-type': 'text/plain; charset=utf-8',
          connection: 'close',
        })
        .end('This proxy knows CONNECT only; with curl: --proxytunnel.\n');
    },
  );
  server.on('connection', (socket) => {
    const leave = gate.admit();
    if (leave === undefined) cut(socket);
    else socket.once('close', leave);
  });
  server.on('connect', (request: IncomingMessage, client: Duplex, head: Buffer) => {
    // 'close' follows every error.
    client.on('error', () => undefined);
    if (credentials !== undefined && !isAuthorized(request, credentials)) {
      gate.refuse('password');
      refuse(client, 407, 'Proxy Authentication Required', [
        'Proxy-Authenticate: Basic realm="rootless42", charset="UTF-8"',
      ]);
      return;
    }
    const target = parseEndpoint(request.url ?? '');
    if (target === undefined) {
      gate.refuse('request');
      refuse(client, 400, 'Bad Request', []);
      return;
    }
    if (head.length > 0) client.unshift(head);
    void joinDialed(client, gate, {
      dial: (signal) => dial(target.host, target.port, signal),
      welcome: () => client.write('HTTP/1.1 200 Connection established\r\n\r\n'),
      refuse(failure) {
        const { status, text, reason } = ANSWERS[failure];
        refuse(client, status, text, [`Proxy-Status: rootless42; error=${reason}`]);
      },
    });
  });
  return server;
}

function refuse(client: Duplex, status: number, text: string, headers: readonly string[]): void {
  const lines = [
    `HTTP/1.1 ${status} ${text}`,
    ...headers,
    'Content-Length: 0',
    'Connection: close',
    '\r\n',
  ];
  farewell(client, lines.join('\r\n'));
}

function isAuthorized({ headers }: IncomingMessage, credentials: Credentials): boolean {
  const [, said] =
    /^Basic +([A-Za-z0-9+/=]{1,1024})$/i.exec(headers['proxy-authorization'] ?? '') ?? [];
  if (said === undefined) return false;
  const both = Buffer.from(said, 'base64');
  const colon = both.indexOf(':');
  if (colon === -1) return false;
  return areRight(credentials, both.subarray(0, colon), both.subarray(colon + 1));
}

type RefusalAnswer = { readonly status: number; readonly text: string; readonly reason: string };
const badGateway = (reason: string): RefusalAnswer => ({
  status: 502,
  text: 'Bad Gateway',
  reason,
});
/** RFC 9209 §2.3 has the words. */
const ANSWERS: Readonly<Record<DialFailure, RefusalAnswer>> = {
  'name-unknown': badGateway('dns_error'),
  'name-unanswered': { status: 504, text: 'Gateway Timeout', reason: 'dns_timeout' },
  'no-route': badGateway('destination_ip_unroutable'),
  refused: badGateway('connection_refused'),
  unreachable: badGateway('destination_unavailable'),
  timeout: { status: 504, text: 'Gateway Timeout', reason: 'connection_timeout' },
  'too-many': {
    status: 503,
    text: 'Service Unavailable',
    reason: 'connection_limit_reached',
  },
  'given-up': badGateway('connection_terminated'),
};
