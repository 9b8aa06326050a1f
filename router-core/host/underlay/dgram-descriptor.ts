/**
 * The file descriptor behind a `dgram.Socket`, and whether burst mode works here.
 *
 * Not standardized. The runtime does not give the descriptor away; it is found in the socket's state, an
 * internal of Node. So it is looked for, tried once at start, and done without when it is not there.
 *
 * @module
 */
import type { Socket } from 'node:dgram';
import { readFileSync, readSync, writeSync } from 'node:fs';
import { platform } from 'node:os';
import { openSocket } from './dgram-ports.ts';
import { errorCode } from './send-errors.ts';

const STATE = 'state symbol';

/** Returns the descriptor of a bound socket, or undefined when this runtime hides it. */
export function descriptorOf(socket: Socket): number | undefined {
  const symbol = Object.getOwnPropertySymbols(socket).find((found) => found.description === STATE);
  if (symbol === undefined) return undefined;
  const state: unknown = Reflect.get(socket, symbol);
  const handle = property(state, 'handle');
  const fd = property(handle, 'fd');
  return typeof fd === 'number' && fd >= 0 ? fd : undefined;
}

const property = (of: unknown, name: string): unknown =>
  typeof of === 'object' && of !== null ? Reflect.get(of, name) : undefined;

/** Returns why burst mode cannot work here, or undefined when it does. */
export function burstObstacle(): string | undefined {
  // Elsewhere a connected socket beside a listening one may not get its datagrams.
  if (platform() !== 'linux') return `burst mode needs Linux, and this is ${platform()}`;
  const socket = openSocket(4, true);
  let failure = '';
  socket.on('error', (error) => {
    failure = error.message;
  });
  try {
    socket.bind({ port: 0, address: '127.0.0.1', exclusive: true });
    socket.connect(socket.address().port, '127.0.0.1');
    socket.remoteAddress();
    const fd = descriptorOf(socket);
    if (fd === undefined) return 'this Node.js hides the descriptors of its UDP sockets';
    writeSync(fd, Uint8Array.of(0));
    return readFailure(fd);
  } catch (error) {
    return `this Node.js cannot read a UDP socket by its descriptor (${failure || String(error)})`;
  } finally {
    socket.close();
  }
}

/** Loopback delivers at once or a little later: both an octet and "not yet" are right. */
function readFailure(fd: number): string | undefined {
  try {
    readSync(fd, Buffer.alloc(2), 0, 2, null);
    return undefined;
  } catch (error) {
    if (errorCode(error) === 'EAGAIN') return undefined;
    throw error;
  }
}

/** Returns how many files this process may open, as the system says; a cautious number elsewhere. */
export function descriptorLimit(): number {
  const cautious = 256;
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
    return soft === undefined ? cautious : Number(soft);
  } catch {
    return cautious;
  }
}
