/**
 * The machine's TCP for BGP neighbors of `transport: host`, on Node's sockets.
 *
 * Standard: RFC 4271 §8 (BGP accepts and dials). Not more than octets in both directions: who may
 * connect, and what is said, is decided in router/host-transport.ts.
 *
 * What the sessions write during a turn is joined in chunks and handed to the system at its end, as the
 * netstack's TCP does with segments. A chunk is lent to a connection until the system has taken it.
 *
 * Invariants
 * - Per connection at most `SEND_BUFFER_BYTES` wait in Node and here; then the sessions wait.
 * - A connection with nothing to say has no chunk.
 * - Strangers cost a connection that is closed at once; at most `CONNECTIONS_MAX` exist at a time.
 * - A place that cannot be listened on is tried again, and the state says why it is not open.
 *
 * @module
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { formatIpAddress, type IpAddress, parseIpAddress } from '../base/ip-address.ts';
import type { Instant } from '../base/units.ts';
import type {
  BgpListen,
  HostCloseReason,
  HostConnectionId,
  HostTcp,
  HostTcpUser,
  NodeView,
} from '../router/index.ts';

/** What may wait in Node per connection; netstack's TCP has the same. */
const SEND_BUFFER_BYTES = 256 * 1024;
/** Holds about a thousand UPDATEs; what one system call takes. */
const CHUNK_BYTES = 64 * 1024;
/** Kept for the next who writes; more are left to the collector. */
const SPARE_CHUNKS_MAX = 16;
/** A neighbor has two connections at most, for as long as a collision lasts. */
const CONNECTIONS_MAX = 4096;
const LISTEN_AGAIN_MS = 5000;
/** A dial that nobody answers; the session gives up before, and says so. */
const DIAL_LIMIT_MS = 30_000;

export type HostTcpOptions = {
  clock(): Instant;
  /** Something happened that the router has to settle. */
  wake(): void;
  onListen(state: NodeView['bgpListen']): void;
};

export interface NodeHostTcp extends HostTcp {
  /** Listens here from now on, and nowhere else; resolves when that worked or failed. */
  listen(place: BgpListen | undefined): Promise<void>;
  /** Hands over what was written during the turn. */
  flush(): void;
  closeAll(): void;
}

type Connection = {
  readonly socket: Socket;
  /** Written in this turn, and not handed over. */
  chunk: Uint8Array | undefined;
  filled: number;
  isRefused: boolean;
  reason: HostCloseReason;
};

export function createHostTcp({ clock, wake, onListen }: HostTcpOptions): NodeHostTcp {
  const connections = new Map<HostConnectionId, Connection>();
  const written = new Set<HostConnectionId>();
  const spareChunks: Uint8Array[] = [];
  let nextId = 0;
  let user: HostTcpUser | undefined;
  let server: Server | undefined;
  let place: BgpListen | undefined;
  let again: NodeJS.Timeout | undefined;

  /** Takes a socket into the tables; its events go to the user from now on. */
  function keep(socket: Socket): HostConnectionId {
    const id = nextId++ as HostConnectionId;
    const connection: Connection = {
      socket,
      chunk: undefined,
      filled: 0,
      isRefused: false,
      reason: 'finished',
    };
    connections.set(id, connection);
    socket.setNoDelay(true);
    socket.on('data', (data) => {
      user?.received(id, data, clock());
      wake();
    });
    socket.on('drain', () => becameWritable(id, connection));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      connection.reason = reasonOf(error.code);
    });
    socket.on('close', () => {
      // An aborted connection is out of the table, and nobody waits for its end.
      if (connections.delete(id)) user?.closed(id, connection.reason, clock());
      written.delete(id);
      wake();
    });
    return id;
  }

  function becameWritable(id: HostConnectionId, connection: Connection): void {
    if (!connection.isRefused) return;
    connection.isRefused = false;
    user?.writable(id, clock());
    wake();
  }

  /** Appends as much as the chunk has room for; returns how much. */
  function append(connection: Connection, bytes: Uint8Array, start: number, end: number): number {
    connection.chunk ??= spareChunks.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
    const count = Math.min(end - start, CHUNK_BYTES - connection.filled);
    connection.chunk.set(bytes.subarray(start, start + count), connection.filled);
    connection.filled += count;
    if (connection.filled === CHUNK_BYTES) hand(connection);
    return count;
  }

  /** Hands over what was written. */
  function hand(connection: Connection): void {
    const { socket, chunk, filled } = connection;
    if (chunk === undefined) return;
    connection.chunk = undefined;
    connection.filled = 0;
    // Called in any case, with an error when the connection ends before.
    socket.write(chunk.subarray(0, filled), () => {
      if (spareChunks.length < SPARE_CHUNKS_MAX) spareChunks.push(chunk);
    });
  }

  function flushOne(id: HostConnectionId): void {
    const connection = connections.get(id);
    if (connection === undefined) return;
    hand(connection);
    if (!connection.socket.writableNeedDrain) becameWritable(id, connection);
  }

  function accept(socket: Socket): void {
    const [local, remote] = endsOf(socket);
    const id = keep(socket);
    const isTaken =
      local !== undefined &&
      remote !== undefined &&
      user?.incoming(id, local, remote, clock()) === true;
    if (!isTaken) abort(id);
    wake();
  }

  function abort(id: HostConnectionId): void {
    const connection = connections.get(id);
    if (connection === undefined) return;
    connections.delete(id);
    const { socket } = connection;
    // A reset of a dial would wait for its answer.
    if (socket.connecting) socket.destroy();
    else socket.resetAndDestroy();
  }

  function open(wish: BgpListen): Promise<void> {
    return new Promise((resolve) => {
      const opened = createServer(accept);
      opened.maxConnections = CONNECTIONS_MAX;
      opened.on('error', (error) => {
        if (server !== opened) return;
        server = undefined;
        onListen({ ...wish, error: error.message });
        again = setTimeout(() => open(wish), LISTEN_AGAIN_MS);
        again.unref();
        resolve();
      });
      opened.listen(wish.port, wish.host, () => {
        if (server === opened) onListen({ ...wish, error: null });
        resolve();
      });
      server = opened;
    });
  }

  function stopListening(): void {
    clearTimeout(again);
    server?.close();
    server = undefined;
  }

  return {
    attach(next) {
      user = next;
    },
    connect(remote, port) {
      const socket = connect({ host: formatIpAddress(remote), port });
      const id = keep(socket);
      socket.setTimeout(DIAL_LIMIT_MS, () => {
        if (socket.connecting) socket.destroy(Object.assign(new Error(), { code: 'ETIMEDOUT' }));
      });
      socket.on('connect', () => {
        socket.setTimeout(0);
        const [local, far] = endsOf(socket);
        if (local !== undefined && far !== undefined) user?.opened(id, local, far, clock());
        wake();
      });
      return id;
    },
    write(id, bytes, start, end) {
      const connection = connections.get(id);
      if (connection === undefined) return 0;
      const room = SEND_BUFFER_BYTES - connection.filled - connection.socket.writableLength;
      const count = Math.max(0, Math.min(end - start, room));
      for (let at = start; at < start + count; ) at += append(connection, bytes, at, start + count);
      if (count < end - start) connection.isRefused = true;
      written.add(id);
      wake();
      return count;
    },
    finish(id) {
      const connection = connections.get(id);
      if (connection === undefined) return;
      hand(connection);
      connection.socket.end();
    },
    abort,
    async listen(wish) {
      if (wish?.host === place?.host && wish?.port === place?.port) return;
      place = wish;
      stopListening();
      if (wish === undefined) onListen(undefined);
      else await open(wish);
    },
    flush() {
      // Who has room again writes at once: that is for the next turn.
      const ids = [...written];
      written.clear();
      for (const id of ids) flushOne(id);
    },
    closeAll() {
      stopListening();
      for (const { socket } of connections.values()) socket.destroy();
      connections.clear();
    },
  };
}

/** Both ends; IPv4 behind a socket of both families is written as IPv6. */
const endsOf = (socket: Socket): (IpAddress | undefined)[] =>
  [socket.localAddress, socket.remoteAddress].map((text) =>
    parseIpAddress((text ?? '').replace(/^::ffff:(?=\d+\.)/i, '')),
  );

function reasonOf(code: string | undefined): HostCloseReason {
  switch (code) {
    case 'ECONNREFUSED':
      return 'refused';
    case 'ETIMEDOUT':
      return 'timeout';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
      return 'unreachable';
    default:
      return 'reset';
  }
}
