/**
 * The mark that a socket's datagrams carry through the rules of the kernel.
 *
 * Standard: socket(7), SO_MARK of Linux; it takes CAP_NET_ADMIN, since 5.17 CAP_NET_RAW is enough. Node has no call for it,
 * so it is made through koffi.
 *
 * @module
 */
import type { Socket } from 'node:dgram';
import { arch, platform } from 'node:os';
import { getSystemErrorName } from 'node:util';
import { descriptorOf } from './dgram-descriptor.ts';

// <asm-generic/socket.h>; other numbers stand in the headers of architectures that Node has left.
const SOL_SOCKET = 1;
const SO_MARK = 36;
const GENERIC_ARCHITECTURES = ['x64', 'arm64', 'arm', 'ia32', 'riscv64', 'loong64', 'ppc64'];

/** Marks a bound socket; returns why it has no mark, or undefined when it has. */
export async function markSocket(socket: Socket, mark: number): Promise<string | undefined> {
  if (platform() !== 'linux' || !GENERIC_ARCHITECTURES.includes(arch()))
    return `marks are known on Linux, and this is ${platform()} on ${arch()}`;
  const fd = descriptorOf(socket);
  if (fd === undefined) return 'this Node.js hides the descriptors of its UDP sockets';
  const koffi = await import('koffi').catch((error: Error) => error);
  if (koffi instanceof Error)
    return `koffi, which makes the system call, did not load (${koffi.message.split('\n')[0]})`;
  const { load, errno } = koffi.default;
  const setsockopt = load(null).func(
    'int setsockopt(int fd, int level, int option, const uint32_t *value, uint32_t length)',
  );
  if ((setsockopt(fd, SOL_SOCKET, SO_MARK, Uint32Array.of(mark), 4) as number) === 0)
    return undefined;
  return `the system refuses the mark: ${getSystemErrorName(-errno())}`;
}
