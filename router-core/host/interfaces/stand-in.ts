/**
 * A descriptor that Node cannot wait for, behind a socket that it can.
 *
 * Standard: dup(2), unix(7) of Linux. Node gets a Unix stream socket, and before the event loop first looks, the
 * descriptor of that socket is made to stand for another one. From then on Node reads, writes and closes that.
 *
 * @module
 */
import { type OnReadOpts, Socket } from 'node:net';
import { SOCK_STREAM, type UnixSockets } from '../unix-sockets.ts';

/** Absent `onread`: nothing is read. */
export type StandInOptions = { readonly onread?: OnReadOpts };

/** `fd`, which must be non-blocking, is closed; the socket and the descriptor behind it are returned. */
export function standIn(
  sockets: UnixSockets,
  fd: number,
  options: StandInOptions,
): readonly [number, Socket] {
  const [near, far] = sockets.pair(SOCK_STREAM);
  // Half-open: else Node would shut the descriptor down at the end of what it reads.
  const socket = new Socket({
    ...options,
    fd: near,
    readable: options.onread !== undefined,
    writable: true,
    allowHalfOpen: true,
  });
  sockets.replace(near, fd);
  sockets.close(far);
  sockets.close(fd);
  return [near, socket];
}
