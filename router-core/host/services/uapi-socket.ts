/**
 * One socket that speaks WireGuard's configuration protocol, read-only: opened, asked, closed.
 *
 * Standard: https://www.wireguard.com/xplatform/; the text is uapi-protocol.ts.
 *
 * Invariants
 * - A socket that somebody answers on is never taken away, nor is a file that is no socket.
 * - After `close` the socket is gone, but for a descriptor that was inherited: its file is its maker's.
 *
 * @module
 */
import { chmodSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { TunnelList } from '../../router/index.ts';
import { isAnswered } from '../carriers/unix-socket.ts';
import { UAPI_CONNECTIONS, UAPI_IDLE_MS } from './limits.ts';
import { answerUapi, UapiReader, type UapiRequest } from './uapi-protocol.ts';

/** Where wireguard-tools look. */
export const WIREGUARD_FOLDER = '/var/run/wireguard';
/** `sun_path` without its end. */
const PATH_LENGTH_MAX = 107;

/** Where the socket is, or why it is nowhere. */
export type UapiState = { readonly path: string | null; readonly note: string };

export class UapiSocket {
  private readonly listTunnels: () => TunnelList;
  private readonly connections = new Set<Socket>();
  private server: Server | undefined;

  constructor(listTunnels: () => TunnelList) {
    this.listTunnels = listTunnels;
  }

  /** Opens `<name>.sock` in the first folder that takes it. */
  async open(name: string, folders: readonly string[]): Promise<UapiState> {
    const reasons: string[] = [];
    for (const folder of folders) {
      const path = join(folder, `${name}.sock`);
      try {
        // As wireguard-go makes it: everybody may see the names, the sockets are for their owner.
        mkdirSync(folder, { recursive: true, mode: 0o755 });
        await this.listenAt(path);
        return { path, note: reasons.join('; ') };
      } catch (error) {
        reasons.push(`${path}: ${reasonOf(error)}`);
      }
    }
    return { path: null, note: reasons.join('; ') };
  }

  /** Listens on a descriptor that the process was started with. @throws when it is no such socket */
  openDescriptor(fd: number): Promise<void> {
    return this.listen((server, done) => server.listen({ fd }, done));
  }

  close(): Promise<void> {
    const closing = this.server;
    this.server = undefined;
    for (const socket of this.connections) socket.destroy();
    if (closing === undefined) return Promise.resolve();
    // Node takes the file away with the server.
    return new Promise((resolve) => {
      closing.close(() => resolve());
    });
  }

  private async listenAt(path: string): Promise<void> {
    if (Buffer.byteLength(path) > PATH_LENGTH_MAX)
      throw new Error(`the path is longer than ${PATH_LENGTH_MAX} octets`);
    await removeStale(path);
    await this.listen((server, done) => server.listen(path, done));
    try {
      chmodSync(path, 0o600);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  private listen(start: (server: Server, done: () => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const server = createServer({ allowHalfOpen: true }, (socket) => {
        this.connections.add(socket);
        socket.once('close', () => this.connections.delete(socket));
        converse(socket, this.listTunnels);
      });
      server.maxConnections = UAPI_CONNECTIONS;
      // For as long as it listens: a connection that could not be accepted is not our end.
      server.on('error', reject);
      start(server, () => {
        this.server = server;
        resolve();
      });
    });
  }
}

/** Answers one connection, one request after the other, never faster than it reads. */
function converse(socket: Socket, listTunnels: () => TunnelList): void {
  const reader = new UapiReader();
  const waiting: UapiRequest[] = [];
  socket.setEncoding('latin1');
  socket.setTimeout(UAPI_IDLE_MS, () => socket.destroy());
  let isOver = false;
  const work = (): void => {
    if (socket.writableNeedDrain) return;
    for (let request = waiting.shift(); request !== undefined; request = waiting.shift()) {
      if (socket.write(answerUapi(request, listTunnels))) continue;
      socket.pause();
      return;
    }
    if (isOver) socket.end();
    else socket.resume();
  };
  socket.on('drain', work);
  // Who has asked everything may still be reading.
  socket.on('end', () => {
    isOver = true;
    work();
  });
  socket.on('data', (text: string) => {
    const requests = reader.read(text);
    if (requests === undefined) {
      socket.destroy();
      return;
    }
    waiting.push(...requests);
    work();
  });
  // 'close' follows; nobody else has to know.
  socket.on('error', () => socket.destroy());
}

/** Removes the socket of an ended process. @throws Error when the place is not ours to take. */
async function removeStale(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new Error('a file that is no socket is in its place');
  if (await isAnswered(path)) throw new Error('another program answers there');
  rmSync(path, { force: true });
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'not permitted',
  EPERM: 'not permitted',
  EROFS: 'not permitted, the file system is read-only',
  EADDRINUSE: 'another program answers there',
};

const reasonOf = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException;
  return (code === undefined ? undefined : REASONS[code]) ?? message;
};
