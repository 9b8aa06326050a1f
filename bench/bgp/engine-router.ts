/**
 * Our BGP engine on the sockets of the kernel: sessions and routes without tunnels and without our TCP.
 *
 * Standard: RFC 4271. Accepts from configured neighbors, announces everything to everybody.
 *
 * What the engine writes during a turn is joined and handed to the kernel at its end, as netstack's TCP
 * does with segments.
 *
 * @module
 */
import { createServer, type Server, type Socket } from 'node:net';
import { asnFromNumber } from '../../router-core/base/asn.ts';
import { readUint32 } from '../../router-core/base/bytes.ts';
import { type IpAddress, parseIpAddress } from '../../router-core/base/ip-address.ts';
import { createTimerQueue } from '../../router-core/base/timer-queue.ts';
import { interfaceId } from '../../router-core/base/units.ts';
import {
  type BgpNeighbors,
  type BgpRoutes,
  createBgpNeighbors,
  createBgpRoutes,
  type NeighborId,
  type TransportId,
  transportId,
} from '../../router-core/bgp/index.ts';
import { monotonicNow } from '../../router-core/host/system-clock.ts';
import { systemRandom } from '../../router-core/host/system-random.ts';

export type EngineOptions = {
  readonly asn: number;
  readonly routerId: string;
  readonly listen: { readonly host: string; readonly port: number };
  readonly neighbors: readonly {
    readonly name: string;
    readonly asn: number;
    readonly address: string;
  }[];
};

/** What may wait in the kernel and in Node per connection; netstack's TCP has the same. */
const SEND_BUFFER_BYTES = 256 * 1024;
/** As in router/limits.ts: how long routes may keep sockets waiting, and prefixes per turn. */
const ROUTE_SLICE_MS = 5;
const ROUTES_PER_TURN = 256;
const HOLD_TIME_SECONDS = 240;

type Connection = {
  readonly socket: Socket;
  readonly buffer: Uint8Array;
  filled: number;
  isRefused: boolean;
};

export function startEngineRouter(options: EngineOptions): Promise<Server> {
  const asn = asnFromNumber(options.asn);
  if (asn === undefined) throw new Error(`not an AS number: ${options.asn}`);
  const local = address(options.listen.host);
  const identity = { asn, routerId: readUint32(address(options.routerId).bytes, 0) };
  const timerQueue = createTimerQueue();
  const connections = new Map<TransportId, Connection>();
  const byAddress = new Map<string, NeighborId>();
  let nextTransport = 0;
  let isScheduled = false;
  let timer: NodeJS.Timeout | undefined;

  const routes: BgpRoutes = createBgpRoutes({
    random: systemRandom,
    timerQueue,
    ...identity,
    // The daemons it is compared with have no kernel routes either.
    fib: { set: () => undefined, remove: () => undefined },
    messages: {
      sendUpdate: (id, b, start, end, now) => neighbors.sendUpdate(id, b, start, end, now),
      sendRouteRefresh: (id, family, subtype, now) =>
        neighbors.sendRouteRefresh(id, family, subtype, now),
    },
  });
  const neighbors: BgpNeighbors = createBgpNeighbors({
    random: systemRandom,
    timerQueue,
    ...identity,
    exchange: routes,
    transport: {
      open: () => transportId(nextTransport++),
      write(transport, b, start, end) {
        const connection = connections.get(transport);
        if (connection === undefined) return 0;
        const { buffer, filled, socket } = connection;
        const room = SEND_BUFFER_BYTES - filled - socket.writableLength;
        const count = Math.max(0, Math.min(end - start, room));
        buffer.set(b.subarray(start, start + count), filled);
        connection.filled += count;
        if (count < end - start) connection.isRefused = true;
        schedule();
        return count;
      },
      close(transport, how) {
        const connection = connections.get(transport);
        if (connection === undefined) return;
        flush(connection);
        if (how === 'graceful') connection.socket.end();
        else connection.socket.destroy();
      },
    },
  });

  for (const [i, { name, asn: number, address: text }] of options.neighbors.entries()) {
    const peerAsn = asnFromNumber(number);
    if (peerAsn === undefined) throw new Error(`not an AS number: ${number}`);
    const remoteAddress = address(text);
    const id = neighbors.add(
      {
        name,
        peerAsn,
        remoteAddress,
        localAddress: local,
        families: ['ipv4'],
        extendedNextHop: false,
        holdTimeSeconds: HOLD_TIME_SECONDS,
        passive: true,
      },
      monotonicNow(),
    );
    routes.addNeighbor(id, {
      name,
      peerAsn,
      interface: interfaceId(i),
      nextHopSelf: { ipv4: local },
      policy: 'accept-all',
      importLimit: Number.MAX_SAFE_INTEGER,
      remoteAddress,
    });
    byAddress.set(text, id);
  }
  // Without a registry, as headless routers without one: `accept-all` needs none.
  routes.setRoas(undefined, undefined, monotonicNow());

  /** Hands over what was written; returns whether the kernel has room for more. */
  function flush(connection: Connection): boolean {
    const { socket, buffer, filled } = connection;
    if (filled === 0) return !socket.writableNeedDrain;
    connection.filled = 0;
    // A copy: Node may keep what the kernel does not take.
    return socket.write(Buffer.from(buffer.subarray(0, filled)));
  }

  function becameWritable(transport: TransportId, connection: Connection): void {
    if (!connection.isRefused) return;
    connection.isRefused = false;
    neighbors.transportWritable(transport, monotonicNow());
    schedule();
  }

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(turn);
  }

  function turn(): void {
    isScheduled = false;
    const now = monotonicNow();
    timerQueue.runDue(now);
    let hasMore = routes.runPending(now, ROUTES_PER_TURN);
    while (hasMore && monotonicNow() < now + ROUTE_SLICE_MS)
      hasMore = routes.runPending(now, ROUTES_PER_TURN);
    while (neighbors.nextOutput() !== undefined || routes.nextOutput() !== undefined);
    for (const [transport, connection] of connections)
      if (flush(connection)) becameWritable(transport, connection);
    if (hasMore) {
      schedule();
      return;
    }
    clearTimeout(timer);
    const deadline = timerQueue.nextDeadline();
    if (deadline !== undefined)
      timer = setTimeout(schedule, Math.max(0, deadline - monotonicNow()));
  }

  const server = createServer((socket) => {
    const neighbor = byAddress.get(socket.remoteAddress ?? '');
    const transport = transportId(nextTransport++);
    const remote = address(socket.remoteAddress ?? '');
    const connection = {
      socket,
      buffer: new Uint8Array(SEND_BUFFER_BYTES),
      filled: 0,
      isRefused: false,
    };
    connections.set(transport, connection);
    socket.setNoDelay(true);
    const isTaken =
      neighbor !== undefined &&
      neighbors.acceptTransport(neighbor, transport, local, remote, monotonicNow());
    if (!isTaken) socket.destroy();
    socket.on('data', (data) => {
      neighbors.receive(transport, data, 0, data.length, monotonicNow());
      schedule();
    });
    socket.on('drain', () => becameWritable(transport, connection));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      connections.delete(transport);
      neighbors.transportClosed(transport, 'closed', monotonicNow());
      schedule();
    });
    schedule();
  });
  return new Promise((resolve) =>
    server.listen(options.listen.port, options.listen.host, () => resolve(server)),
  );
}

function address(text: string): IpAddress {
  const parsed = parseIpAddress(text);
  if (parsed === undefined) throw new Error(`not an address: ${text}`);
  return parsed;
}
