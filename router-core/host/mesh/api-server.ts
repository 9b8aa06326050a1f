/**
 * The HTTP server of a supernode: EdgeAPI and ManageAPI on one port or two.
 *
 * Standard: RFC 9112, by node:http; paths and texts are EtherGuard's. What is asked and answered is the supernode's; here a
 * request is read whole within limits. Methods are not looked at, as in the original.
 *
 *   port of both ─► serves { edge, manage }        ports apart ─► serves { edge }, serves { manage }
 *
 * Invariants
 * - Nothing of a request is ever logged: passwords, keys and tokens stand in the query.
 * - Header, body, time and connections have limits; beyond one the request is refused, or the connection ends.
 * - A connection has one request under way. Who sends another before the answer was taken (RFC 9112 §9.3.2 allows it,
 *   no edge does it) would have answers pile up here without reading them: the connection ends.
 * - Every port that the file names is open, or none.
 *
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { RouterError } from '../../base/errors.ts';
import type { ApiRequest, ApiResponse } from '../../mesh/etherguard/supernode/index.ts';
import { monotonicNow } from '../system-clock.ts';
import { ConnectionShares, plainAddress } from './connection-shares.ts';
import {
  API_BODIES_OCTETS,
  API_BODY_OCTETS,
  API_CONNECTIONS,
  API_CONNECTIONS_PER_SOURCE,
  API_FIELDS,
  API_HEADER_OCTETS,
  API_KEEP_ALIVE_MS,
  API_REQUEST_MS,
  API_REQUESTS_PER_CONNECTION,
  API_STILL_MS,
} from './limits.ts';

export type ApiPorts = {
  readonly edge: number | undefined;
  /** Absent: nobody manages over HTTP. */
  readonly manage: number | undefined;
};

export interface ApiServer {
  /** Ports that are open, with what each serves. */
  readonly listening: readonly { readonly port: number; readonly serves: ApiRequest['serves'] }[];
  stop(): Promise<void>;
}

/** Opens the ports. @throws RouterError `SOCKET_FAILED` */
export async function startApiServer(
  ports: ApiPorts,
  handle: (request: ApiRequest) => ApiResponse,
): Promise<ApiServer> {
  const servers: Server[] = [];
  const listening = servesByPort(ports);
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map(close));
  };
  for (const { port, serves } of listening) {
    const server = apiServer(serves, handle);
    try {
      await listen(server, port);
    } catch (error) {
      await stop();
      const api = serves.edge ? 'EdgeAPI' : 'ManageAPI';
      const { message } = error as Error;
      throw new RouterError(
        'SOCKET_FAILED',
        `TCP port ${port} of the ${api} cannot be opened: ${message}.`,
      );
    }
    servers.push(server);
  }
  return { listening, stop };
}

function servesByPort({ edge, manage }: ApiPorts): ApiServer['listening'] {
  const ports = [...new Set([edge, manage])].filter((port) => port !== undefined);
  return ports.map((port) => ({
    port,
    serves: { edge: port === edge, manage: port === manage },
  }));
}

function apiServer(
  serves: ApiRequest['serves'],
  handle: (request: ApiRequest) => ApiResponse,
): Server {
  const waiting: Waiting = { octets: 0 };
  const busy = new WeakSet<Socket>();
  const shares = new ConnectionShares(API_CONNECTIONS_PER_SOURCE);
  const server = createServer(
    {
      maxHeaderSize: API_HEADER_OCTETS,
      requestTimeout: API_REQUEST_MS,
      headersTimeout: API_REQUEST_MS,
      keepAliveTimeout: API_KEEP_ALIVE_MS,
      connectionsCheckingInterval: API_REQUEST_MS / 2,
    },
    (request, response) => {
      const { socket } = request;
      if (busy.has(socket)) {
        shares.cutOff(socket, monotonicNow());
        return;
      }
      busy.add(socket);
      // Only when the system has taken all of the answer.
      response.once('finish', () => busy.delete(socket));
      readBody(request, waiting).then(
        (body) => answer(response, body instanceof Uint8Array ? handled(request, body) : body),
        // The connection went before the request was whole: nobody is there to be answered.
        () => response.destroy(),
      );
    },
  );
  server.maxConnections = API_CONNECTIONS;
  server.maxRequestsPerSocket = API_REQUESTS_PER_CONNECTION;
  server.timeout = API_STILL_MS;
  server.on('connection', (socket) => shares.admit(socket, monotonicNow()));

  function handled(request: IncomingMessage, body: Uint8Array): ApiResponse {
    const [path = '', query = ''] = (request.url ?? '').split(/\?(.*)/s);
    const fields = fieldsOf(query);
    const isForm = /^application\/x-www-form-urlencoded\b/i.test(
      request.headers['content-type'] ?? '',
    );
    const form = isForm ? fieldsOf(new TextDecoder().decode(body)) : NO_FIELDS;
    if (fields === undefined || form === undefined) return TOO_MANY_FIELDS;
    return handle({
      serves,
      path,
      query: fields,
      form,
      body,
      from: plainAddress(request.socket.remoteAddress ?? ''),
    });
  }
  return server;
}

const NO_FIELDS: ReadonlyMap<string, string> = new Map();
const refusal = (status: number, body: string): ApiResponse => ({
  status,
  contentType: 'text/plain; charset=utf-8',
  body,
});
const TOO_LARGE = refusal(413, `Request body: more than ${API_BODY_OCTETS} octets.`);
const TOO_MUCH_AT_ONCE = refusal(503, 'Request body: too many others are under way.');
const TOO_MANY_FIELDS = refusal(400, `Request: more than ${API_FIELDS} fields.`);

/** Reads a query or form, the first value of each name; undefined when it has too many fields. */
function fieldsOf(text: string): ReadonlyMap<string, string> | undefined {
  if (text === '') return NO_FIELDS;
  if (text.split('&', API_FIELDS + 1).length > API_FIELDS) return undefined;
  const fields = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(text))
    if (!fields.has(name)) fields.set(name, value);
  return fields;
}

/** Octets of bodies that are not whole yet, over all connections of a port. */
type Waiting = { octets: number };

/** Reads a body, or returns why not. Rejects when the connection ends before. */
async function readBody(
  request: IncomingMessage,
  waiting: Waiting,
): Promise<Uint8Array | ApiResponse> {
  if (Number(request.headers['content-length'] ?? 0) > API_BODY_OCTETS) return TOO_LARGE;
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    // Left early, the request stays open: its answer goes by the same connection.
    const pieces: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false });
    for await (const part of pieces) {
      length += part.length;
      waiting.octets += part.length;
      if (length > API_BODY_OCTETS) return TOO_LARGE;
      if (waiting.octets > API_BODIES_OCTETS) return TOO_MUCH_AT_ONCE;
      parts.push(part);
    }
    return new Uint8Array(Buffer.concat(parts));
  } finally {
    waiting.octets -= length;
  }
}

function answer(response: ServerResponse, { status, contentType, body }: ApiResponse): void {
  if (response.destroyed) return;
  response.writeHead(status, {
    'Content-Type': contentType,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    // What was not read of a body would be taken for the next request.
    ...(status === TOO_LARGE.status || status === TOO_MUCH_AT_ONCE.status
      ? { Connection: 'close' }
      : {}),
  });
  response.end(body);
}

/** Listens on every address of the machine, of both families where it has both. */
function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, exclusive: true }, () => {
      server.off('error', reject);
      // A connection that could not be accepted is not our end.
      server.on('error', () => undefined);
      resolve();
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
