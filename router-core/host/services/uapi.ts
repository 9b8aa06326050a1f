/**
 * The socket on which `wg show` finds our tunnels: `<folder>/<name>.sock`, mode 0600, read-only.
 *
 * Standard: https://www.wireguard.com/xplatform/; the folder is where wireguard-tools look.
 *
 *   use(settings) ─► folder given:  there or nowhere
 *                    folder absent: /var/run/wireguard, else <data>/wireguard
 *
 * Invariants
 * - A socket that somebody answers on is never taken away, nor is a file that is no socket.
 * - No failure here is one of the node's: it is logged, shown, and the tunnels run on.
 * - After `stop` the socket is gone.
 *
 * @module
 */
import { chmodSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import {
  interfaceNameOfNode,
  isInterfaceName,
  type NodeConfig,
  type TunnelList,
} from '../../router/index.ts';
import { isAnswered } from '../carriers/unix-socket.ts';
import { UAPI_CONNECTIONS, UAPI_IDLE_MS } from './limits.ts';
import { answerUapi, UapiReader, type UapiRequest } from './uapi-protocol.ts';

/** Where wireguard-tools look. */
const WIREGUARD_FOLDER = '/var/run/wireguard';
/** `sun_path` without its end. */
const PATH_LENGTH_MAX = 107;

/** Where the socket is, or why it is nowhere. */
export type UapiState = { readonly path: string | null; readonly note: string };

export type UapiOptions = {
  readonly dataFolder: string;
  /** Where wireguard-tools look; tests look elsewhere. */
  readonly wireguardFolder?: string;
  listTunnels(): TunnelList;
  /** Called when the socket came, went or moved. */
  onState(state: UapiState): void;
};

export interface UapiService {
  /** Follows a document; does nothing when it says what the last one said. */
  use(config: Pick<NodeConfig, 'node' | 'uapi'>): Promise<void>;
  stop(): Promise<void>;
}

export function createUapiService(options: UapiOptions): UapiService {
  const { dataFolder, wireguardFolder = WIREGUARD_FOLDER, listTunnels, onState } = options;
  let server: Server | undefined;
  let used: { readonly wish: string; readonly done: Promise<void> } | undefined;
  const connections = new Set<Socket>();

  async function open(name: string, folders: readonly string[]): Promise<UapiState> {
    const reasons: string[] = [];
    for (const folder of folders) {
      const path = join(folder, `${name}.sock`);
      try {
        // As wireguard-go makes it: everybody may see the names, the sockets are for their owner.
        mkdirSync(folder, { recursive: true, mode: 0o755 });
        server = await listen(path);
        return { path, note: reasons.join('; ') };
      } catch (error) {
        reasons.push(`${path}: ${reasonOf(error)}`);
      }
    }
    return { path: null, note: reasons.join('; ') };
  }

  async function listen(path: string): Promise<Server> {
    if (Buffer.byteLength(path) > PATH_LENGTH_MAX)
      throw new Error(`the path is longer than ${PATH_LENGTH_MAX} octets`);
    await removeStale(path);
    return new Promise((resolve, reject) => {
      const listening = createServer({ allowHalfOpen: true }, (socket) => {
        connections.add(socket);
        socket.once('close', () => connections.delete(socket));
        converse(socket, listTunnels);
      });
      listening.maxConnections = UAPI_CONNECTIONS;
      // For as long as it listens: a connection that could not be accepted is not our end.
      listening.on('error', reject);
      listening.listen(path, () => {
        try {
          chmodSync(path, 0o600);
          resolve(listening);
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  function close(): Promise<void> {
    const closing = server;
    server = undefined;
    for (const socket of connections) socket.destroy();
    if (closing === undefined) return Promise.resolve();
    // Node takes the file away with the server.
    return new Promise((resolve) => {
      closing.close(() => resolve());
    });
  }

  return {
    use({ node, uapi }) {
      const name = uapi?.name ?? interfaceNameOfNode(node.name);
      const folders =
        uapi?.dir === undefined ? [wireguardFolder, join(dataFolder, 'wireguard')] : [uapi.dir];
      const isWanted = uapi?.enabled !== false;
      const wish = JSON.stringify([isWanted, name, folders]);
      if (used?.wish === wish) return used.done;
      const before = used?.done ?? Promise.resolve();
      const done = before.then(async () => {
        await close();
        if (!isWanted) onState({ path: null, note: 'switched off' });
        else if (isInterfaceName(name)) onState(await open(name, folders));
        else onState({ path: null, note: `${name} is no name of an interface` });
      });
      used = { wish, done };
      return done;
    },
    async stop() {
      await used?.done;
      used = undefined;
      await close();
    },
  };
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
