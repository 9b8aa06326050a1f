/**
 * The mark that a socket's datagrams carry through the rules of the kernel.
 *
 * Standard: socket(7), SO_MARK of Linux; it takes CAP_NET_ADMIN, since 5.17 CAP_NET_RAW is enough. Node has no call for it.
 *
 * @module
 */
import type { Socket } from 'node:dgram';
import { getSystemErrorName } from 'node:util';
import { loadLibc } from '../libc.ts';
import { descriptorOf } from './dgram-descriptor.ts';

// <asm-generic/socket.h>: x86, ARM, RISC-V and LoongArch all have it.
const SOL_SOCKET = 1;
const SO_MARK = 36;

/** Marks a bound socket; returns why it has no mark, or undefined when it has. */
export async function markSocket(socket: Socket, mark: number): Promise<string | undefined> {
  const fd = descriptorOf(socket);
  if (fd === undefined) return 'this Node.js hides the descriptors of its UDP sockets';
  const libc = await loadLibc();
  if ('unavailable' in libc) return libc.unavailable;
  const setsockopt = libc.bind('setsockopt', ['int', 'int', 'int', 'void *', 'uint']);
  const value = new Uint8Array(Uint32Array.of(mark).buffer);
  const result = setsockopt(fd, SOL_SOCKET, SO_MARK, value, value.length);
  return result < 0 ? `the system refuses it (${getSystemErrorName(result)})` : undefined;
}
