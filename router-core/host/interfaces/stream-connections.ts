/**
 * `tcpsock` and `unixsock`: connections of Node's own, TCP and Unix streams.
 *
 * Not standardized. A stream keeps no boundaries: a frame is whatever one read returns, so under load frames are
 * joined or split, and then they are lost. Where both sides may choose, `unixpacketsock` and `udpsock` are better.
 *
 * @module
 */
import { connect, createServer, type ListenOptions, type Socket } from 'node:net';
import { claimPath } from '../unix-sockets.ts';
import type { ConnectionKind, ConnectionUser, FrameConnection } from './connection-device.ts';
import { readHostPort } from './socket-address.ts';
import { createStreamWriter } from './stream-writer.ts';

export const tcpConnections: ConnectionKind = streamConnections((address) =>
  Promise.resolve(readHostPort(address)),
);

export const unixConnections: ConnectionKind = streamConnections(async (path, isListening) => {
  const name = path.replace(/^@/, '\0');
  if (isListening && name === path) await claimPath(path);
  return { path: name };
});

type Place = { readonly host?: string; readonly port: number } | { readonly path: string };

function streamConnections(
  placeOf: (address: string, isListening: boolean) => Promise<Place>,
): ConnectionKind {
  return {
    async listen(address, accept) {
      const options: ListenOptions = { ...(await placeOf(address, true)), exclusive: true };
      return new Promise((resolve, reject) => {
        const server = createServer((socket) => accept((user) => streamOf(socket, user)));
        // For as long as it listens: a connection that could not be accepted is not our end.
        server.on('error', reject);
        server.listen(options, () =>
          resolve({ close: () => new Promise((done) => server.close(() => done())) }),
        );
      });
    },
    async dial(address, user) {
      const place = await placeOf(address, false);
      return new Promise((resolve, reject) => {
        const socket = connect(place);
        socket.once('error', reject);
        socket.once('connect', () => {
          socket.off('error', reject);
          resolve(streamOf(socket, user));
        });
      });
    },
  };
}

/** Makes a connected socket, or one end of a pipe, a carrier of frames. */
export function streamOf(
  socket: Socket,
  { arena, counters, intake, ended }: ConnectionUser,
): FrameConnection {
  let isClosed = false;
  let failure: Error | undefined;
  socket.setNoDelay(true);
  socket.on('data', (octets: Buffer) => intake?.take(octets, octets.length));
  socket.on('error', (error) => {
    failure = error;
  });
  // Whoever says that he is done is gone: an interface has two directions.
  socket.once('end', () => socket.destroy());
  socket.once('close', () => {
    if (!isClosed) ended(failure);
    isClosed = true;
  });
  return {
    write: createStreamWriter(socket, arena, counters),
    close() {
      isClosed = true;
      if (socket.closed) return Promise.resolve();
      return new Promise((resolve) => {
        socket.once('close', () => resolve());
        socket.destroy();
      });
    },
  };
}
