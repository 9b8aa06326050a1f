/**
 * `unixpacketsock`: Unix connections that keep boundaries. The reliable choice between two programs on Linux.
 *
 * Standard: unix(7), SOCK_SEQPACKET.
 *
 * Node accepts streams only. So a server listens on a name of its own, and before the event loop first looks, its
 * descriptor is made to stand for our socket, as frame-descriptor.ts does: it accepts what comes there. What it
 * accepted is duplicated, and the copy carries frames. For that the descriptor of a connection has to be known, an
 * internal of Node; where it is hidden, listening is refused.
 *
 * @module
 */
import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { RouterError } from '../../base/errors.ts';
import { SOCK_SEQPACKET, type UnixSockets } from '../unix-sockets.ts';
import type { ConnectionKind, ConnectionUser, FrameConnection } from './connection-device.ts';
import { FrameDescriptor } from './frame-descriptor.ts';

export function packetConnections(sockets: UnixSockets): ConnectionKind {
  const carry = (fd: number, user: ConnectionUser): FrameConnection =>
    new FrameDescriptor({ sockets, fd, ...user });
  return {
    listen: (path, accept) =>
      acceptPackets(sockets, path, (fd) => accept((user) => carry(fd, user))),
    dial: async (path, user) => carry(sockets.connect(SOCK_SEQPACKET, path), user),
  };
}

/** Listens at a path; every connection comes as a descriptor that belongs to who is called. */
export async function acceptPackets(
  sockets: UnixSockets,
  path: string,
  accept: (fd: number) => void,
): Promise<{ close(): Promise<void> }> {
  const listening = await sockets.bind(SOCK_SEQPACKET, path);
  sockets.listen(listening);
  const standIn = sockets.bindAnyName();
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    const fd = descriptorOf(socket);
    if (fd !== undefined) accept(sockets.duplicate(fd));
    // The copy stays open.
    socket.destroy();
  });
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => {
        if (!path.startsWith('@')) rmSync(path, { force: true });
        resolve();
      });
    });
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject);
    server.listen({ fd: standIn, exclusive: true }, () => resolve());
    sockets.replace(standIn, listening);
    sockets.close(listening);
  });
  if (descriptorOf(server) === standIn) return { close };
  await close();
  throw new RouterError(
    'INTERFACE_NOT_SUPPORTED',
    'This Node.js hides the descriptors of its sockets, so unixpacketsock cannot listen.',
    { hint: 'Let the other side listen and give its path as SendAddr, or use unixgramsock.' },
  );
}

function descriptorOf(socket: Socket | Server): number | undefined {
  const handle: unknown = Reflect.get(socket, '_handle');
  const fd: unknown = typeof handle === 'object' && handle !== null && Reflect.get(handle, 'fd');
  return typeof fd === 'number' ? fd : undefined;
}
