/**
 * The machine's TCP for BGP neighbors of `transport: host`, on Node's sockets.
 *
 * Standard: RFC 4271 §8 (BGP accepts and dials). Not more than octets in both directions: who may
 * connect, and what is said, is decided in router/host-transport.ts.
 *
 * What the sessions write during a turn is joined in chunks and handed to the system at its end, as the
 * netstack's TCP does with segments. A chunk is lent to a connection until the system has taken it.
 *
 * What the system hands over is heard a piece at a time, by turns of the connections and for a slice of
 * each turn of the event loop: a neighbor with a full table, or fifty of them, must not hold up anything
 * else. Meanwhile its socket rests, and TCP makes it wait.
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
import { addMilliseconds, type Instant, milliseconds } from '../base/units.ts';
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
/** Some hundred UPDATEs: what one system call takes. */
const CHUNK_BYTES = 32 * 1024;
/** Kept for the next who writes; more are left to the collector. */
const SPARE_CHUNKS_MAX = 64;
/** With so much unheard a socket rests; one chunk of Node's more may come. */
const UNHEARD_BYTES_MAX = 16 * 1024;
/** Heard at once: about a thousand routes, a millisecond or two. */
const PIECE_BYTES = 16 * 1024;
/** Of each turn of the event loop. */
const SLICE_MS = 3;
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
  /** Received and unheard, the oldest first. */
  readonly unheard: Uint8Array[];
  unheardBytes: number;
  /** Nothing comes any more; the user is told when everything is heard. */
  isEnded: boolean;
  reason: HostCloseReason;
};

export function createHostTcp({ clock, wake, onListen }: HostTcpOptions): NodeHostTcp {
  const connections = new Map<HostConnectionId, Connection>();
  const written = new Set<HostConnectionId>();
  const spareChunks: Uint8Array[] = [];
  /** Those with something unheard, in the order of their turns. */
  const talking = new Set<HostConnectionId>();
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
      unheard: [],
      unheardBytes: 0,
      isEnded: false,
      reason: 'finished',
    };
    connections.set(id, connection);
    socket.setNoDelay(true);
    socket.on('data', (data) => {
      connection.unheard.push(data);
      connection.unheardBytes += data.length;
      if (connection.unheardBytes >= UNHEARD_BYTES_MAX) socket.pause();
      giveTurn(id);
    });
    socket.on('drain', () => becameWritable(id, connection));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      connection.reason = reasonOf(error.code);
    });
    socket.on('close', () => {
      connection.isEnded = true;
      giveTurn(id);
    });
    return id;
  }

  /** Lets a connection have its turn: something of it is unheard, or it ended. */
  function giveTurn(id: HostConnectionId): void {
    if (talking.size === 0) setImmediate(hearSome);
    talking.add(id);
  }

  /** Hears the connections by turns, a piece of each. */
  function hearSome(): void {
    const until = addMilliseconds(clock(), milliseconds(SLICE_MS));
    // Who is put back stands at the end, and comes again in this same walk.
    for (const id of talking) {
      talking.delete(id);
      hear(id);
      if (clock() >= until) break;
    }
    if (talking.size > 0) setImmediate(hearSome);
    wake();
  }

  function hear(id: HostConnectionId): void {
    // An aborted connection is out of the table, and nobody waits for its end.
    const connection = connections.get(id);
    if (connection === undefined) return;
    const { socket, unheard } = connection;
    const [oldest] = unheard;
    if (oldest !== undefined) {
      const piece = oldest.subarray(0, PIECE_BYTES);
      if (piece.length === oldest.length) unheard.shift();
      else unheard[0] = oldest.subarray(PIECE_BYTES);
      connection.unheardBytes -= piece.length;
      user?.received(id, piece, clock());
    }
    if (unheard.length > 0) {
      talking.add(id);
    } else if (connection.isEnded) {
      if (connections.delete(id)) user?.closed(id, connection.reason, clock());
      written.delete(id);
    } else if (socket.isPaused()) {
      socket.resume();
    }
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
