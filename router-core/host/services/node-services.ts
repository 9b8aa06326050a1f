/**
 * The services of a node: what the document wishes for is there, what it no longer wishes for is gone.
 *
 * Not standardized; docs/architecture.md §7 (`services`).
 *
 *   use(document) ─► wishes ─► what stays │ what ends │ what begins ─► views
 *
 * Invariants
 * - No failure here is one of the node's: it is logged, shown, and everything else runs on.
 * - A service whose wish did not change keeps its connections; what ends takes them along.
 * - After `stop` nothing listens and nothing is open.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import type { Server as HttpServer } from 'node:http';
import type { Server, Socket } from 'node:net';
import { formatEndpoint } from '../../base/endpoint.ts';
import { formatIpAddress } from '../../base/ip-address.ts';
import {
  type HostWish,
  type NodeConfig,
  type OverlayWish,
  placeOfService,
  readServices,
  type ServiceView,
  type ServiceWish,
} from '../../router/index.ts';
import { dialWith } from './dial.ts';
import { createResolver } from './dns-resolver.ts';
import { acceptForward, createForwardOut } from './forwards.ts';
import { Gate } from './gate.ts';
import { createHttpConnectProxy } from './http-connect-proxy.ts';
import { SERVICE_CONNECTIONS, SERVICE_CONNECTIONS_PER_SOURCE } from './limits.ts';
import type { Overlay, OverlaySocket } from './overlay-socket.ts';
import { acceptPortalVisitors, portalDoorPath } from './portal-door.ts';
import { cut } from './relay.ts';
import { createSocksProxy } from './socks-proxy.ts';

export type NodeServicesOptions = {
  readonly dataFolder: string;
  readonly overlay: Overlay;
  log(level: 'info' | 'warn', message: string, fields: Readonly<Record<string, unknown>>): void;
};

export interface NodeServices {
  /** Follows a document; resolves when everything listens or has said why not. */
  use(config: Pick<NodeConfig, 'services'>): Promise<void>;
  views(): ServiceView[];
  stop(): Promise<void>;
}

type Running = {
  readonly wish: ServiceWish;
  readonly gate: Gate;
  isListening: boolean;
  note: string;
  /** Ends what listens, and every connection. */
  end(): Promise<void>;
};

export function createNodeServices(options: NodeServicesOptions): NodeServices {
  const { dataFolder, overlay, log } = options;
  const running = new Map<string, Running>();
  let done: Promise<void> = Promise.resolve();

  async function follow(wishes: readonly ServiceWish[]): Promise<void> {
    const wanted = new Map(wishes.map((wish) => [keyOf(wish), wish]));
    for (const [key, service] of running) {
      // What could not listen is tried again with every document: whoever was in the way may be gone.
      if (wanted.has(key) && service.isListening) continue;
      running.delete(key);
      await service.end();
    }
    for (const [key, wish] of wanted) if (!running.has(key)) running.set(key, await begin(wish));
  }

  async function begin(wish: ServiceWish): Promise<Running> {
    const service: Running = {
      wish,
      gate: new Gate(),
      isListening: false,
      note: '',
      end: () => Promise.resolve(),
    };
    if ('listen' in wish) await listenOnHost(service, wish);
    else listenInOverlay(service, wish);
    const { isListening, note } = service;
    const fields = {
      service: wish.kind,
      at: placeOfService(wish),
      ...(note === '' ? {} : { note }),
    };
    log(isListening ? 'info' : 'warn', isListening ? 'service' : 'service cannot listen', fields);
    return service;
  }

  function listenInOverlay(service: Running, wish: OverlayWish): void {
    const { gate } = service;
    const visitors = new Set<OverlaySocket>();
    const take =
      wish.kind === 'forward-in'
        ? acceptForward(wish, overlay, gate)
        : acceptPortalVisitors(portalDoorPath(dataFolder), overlay, gate);
    service.isListening = overlay.sockets().listen(wish.port, (stream, ends) => {
      const visitor = take(stream, ends);
      if (visitor === undefined) return undefined;
      visitors.add(visitor);
      visitor.once('close', () => visitors.delete(visitor));
      return visitor;
    });
    if (!service.isListening) service.note = 'the port is taken';
    service.end = async () => {
      if (service.isListening) overlay.sockets().unlisten(wish.port);
      for (const visitor of visitors) visitor.destroy();
    };
  }

  async function listenOnHost(service: Running, wish: HostWish): Promise<void> {
    const server = serverOf(wish, service.gate);
    const clients = new Set<Socket>();
    // One more than the gate admits, so that it is the gate that counts who is turned away.
    server.maxConnections = SERVICE_CONNECTIONS + 1;
    server.on('connection', (socket: Socket) => {
      clients.add(socket);
      socket.once('close', () => clients.delete(socket));
    });
    const { address, port } = wish.listen;
    service.note = await listening(server, formatIpAddress(address), port);
    service.isListening = service.note === '';
    service.end = () =>
      new Promise((resolve) => {
        for (const client of clients) cut(client);
        server.close(() => resolve());
        if (!server.listening) resolve();
      });
  }

  function serverOf(wish: HostWish, gate: Gate): Server | HttpServer {
    if (wish.kind === 'forward-out') return createForwardOut(wish.to, overlay, gate);
    const dial = dialWith(overlay, createResolver(overlay, wish.resolvers));
    return wish.kind === 'socks'
      ? createSocksProxy(dial, gate, wish.credentials)
      : createHttpConnectProxy(dial, gate, wish.credentials);
  }

  /** A node without portal has nobody behind this service. */
  const noteOfPortal = (): string =>
    existsSync(portalDoorPath(dataFolder)) ? '' : 'no portal runs here, visitors are reset';

  const inTurn = (work: () => Promise<void>): Promise<void> => {
    done = done.then(work);
    return done;
  };

  return {
    use({ services }) {
      const { wishes } = readServices(services ?? {});
      return inTurn(() => follow(wishes));
    },
    views: () =>
      [...running.values()].map(({ wish, gate, isListening, note }) => ({
        kind: wish.kind,
        at: placeOfService(wish),
        to: 'to' in wish ? formatEndpoint(wish.to) : null,
        isListening,
        note: note === '' && wish.kind === 'overlay-portal' ? noteOfPortal() : note,
        connections: {
          ...gate.view(),
          ...('listen' in wish ? {} : { limitPerSource: SERVICE_CONNECTIONS_PER_SOURCE }),
        },
      })),
    stop: () => inTurn(() => follow([])),
  };
}

/** Everything a wish says: another password is another service. */
const keyOf = (wish: ServiceWish): string => JSON.stringify(wish, plainOctets);

const plainOctets = (_key: string, value: unknown): unknown =>
  value instanceof Uint8Array ? [...value] : value;

/** Resolves with why a server does not listen; empty: it does. */
function listening(server: Server | HttpServer, host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    // For as long as it listens: a connection that could not be accepted is not our end.
    server.on('error', (error: NodeJS.ErrnoException) =>
      resolve(REASONS[error.code ?? ''] ?? error.message),
    );
    server.listen(port, host, () => resolve(''));
  });
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program has this port',
  EADDRNOTAVAIL: 'the machine has no such address',
  EACCES: 'not permitted; ports below 1024 are for root',
};
