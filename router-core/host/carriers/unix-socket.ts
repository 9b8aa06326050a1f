/**
 * The door over the Unix socket `<data>/control.sock`, mode 0600: one JSON message per line.
 *
 * Not standardized; docs/architecture.md §6. Octets of a message (its field `bytes`) travel as base64 in
 * a field `base64`.
 *
 * Invariants
 * - A line is at most LINE_BYTES; whoever sends more is cut off.
 * - The socket's folder decides who may connect: the owner.
 * - A socket on which somebody answers is never taken away.
 *
 * @module
 */
import { chmodSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { MessageChannel } from '../../router/door/message-channel.ts';

const LINE_BYTES = 16 * 1024 * 1024;
/** How long a socket that is in our place may take to answer before we call it taken. */
const PROBE_MS = 1000;

/**
 * Listens on a path; a stale socket of an ended process is replaced. Rejects when somebody answers there:
 * a running node keeps its socket.
 */
export async function listenOnUnixSocket<Out, In>(
  path: string,
  accept: (channel: MessageChannel<Out, In>) => void,
): Promise<Server> {
  if (await isAnswered(path)) throw new Error('another node answers there');
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => accept(socketChannel<Out, In>(socket)));
    server.once('error', reject);
    rmSync(path, { force: true });
    server.listen(path, () => {
      chmodSync(path, 0o600);
      resolve(server);
    });
  });
}

/** Whether somebody listens; who does not refuse at once is somebody. */
export function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    const done = (answer: boolean): void => {
      probe.destroy();
      resolve(answer);
    };
    probe.setTimeout(PROBE_MS, () => done(true));
    probe.once('connect', () => done(true));
    probe.once('error', (error: NodeJS.ErrnoException) =>
      done(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT'),
    );
  });
}

/** Connects to a running node. */
export function connectToUnixSocket<Out, In>(path: string): Promise<MessageChannel<Out, In>> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('error', reject);
    socket.once('connect', () => resolve(socketChannel<Out, In>(socket)));
  });
}

function socketChannel<Out, In>(socket: Socket): MessageChannel<Out, In> {
  const listeners: ((message: In) => void)[] = [];
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => {
    if (rest.length + text.length > LINE_BYTES) {
      socket.destroy();
      return;
    }
    // Only what is new is searched: a long line comes in hundreds of pieces.
    const end = text.lastIndexOf('\n');
    if (end === -1) {
      rest += text;
      return;
    }
    const lines = (rest + text.slice(0, end)).split('\n');
    rest = text.slice(end + 1);
    for (const line of lines) {
      try {
        const message = decode(line) as In;
        for (const listener of listeners) listener(message);
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        socket.destroy();
        return;
      }
    }
  });
  // 'close' follows every error and is what the door listens to.
  socket.on('error', () => socket.destroy());
  return {
    send(message) {
      if (!socket.destroyed) socket.write(`${encode(message)}\n`);
    },
    onMessage: (listener) => {
      listeners.push(listener);
    },
    onClose: (listener) => {
      socket.once('close', listener);
    },
    close: () => {
      socket.end();
    },
  };
}

function encode(message: unknown): string {
  if (!hasField(message, 'bytes') || !(message.bytes instanceof Uint8Array))
    return JSON.stringify(message);
  const { bytes: _bytes, ...rest } = message;
  const { buffer, byteOffset, byteLength } = message.bytes;
  return JSON.stringify({
    ...rest,
    base64: Buffer.from(buffer, byteOffset, byteLength).toString('base64'),
  });
}

/** @throws SyntaxError when the line is no JSON. */
function decode(line: string): unknown {
  const message: unknown = JSON.parse(line);
  if (!hasField(message, 'base64') || typeof message.base64 !== 'string') return message;
  const { base64: _base64, ...rest } = message;
  return { ...rest, bytes: new Uint8Array(Buffer.from(message.base64, 'base64')) };
}

const hasField = <Name extends string>(
  value: unknown,
  name: Name,
): value is Record<Name, unknown> & object =>
  typeof value === 'object' && value !== null && name in value;
