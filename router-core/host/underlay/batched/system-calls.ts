/**
 * The system calls of the batched underlay, through koffi: the only native code of the project.
 *
 * Standard: socket(7), recvmmsg(2), sendmmsg(2), epoll(7), eventfd(2) of Linux.
 *
 * Pointers are numbers: offsets in the shared memory plus `base`, where that memory lies in the process.
 * Everything they point to was laid out once (layout.ts), in LP64 structures; so there is one call per
 * batch and nothing is converted or allocated for it.
 *
 * Invariants
 * - A call returns its result, or the negative errno.
 * - The memory is referenced from here as long as the calls can be made, and never grown: `base` holds.
 *
 * @module
 */
import { arch, endianness, platform } from 'node:os';
import { getSystemErrorName } from 'node:util';

export type SystemCalls = {
  /** The address of the first octet of the shared memory. */
  readonly base: number;
  readonly memory: SharedArrayBuffer;
  socket(family: number, type: number, protocol: number): number;
  bind(fd: number, sockaddr: number, length: number): number;
  setsockopt(fd: number, level: number, option: number, value: number, length: number): number;
  getsockopt(fd: number, level: number, option: number, value: number, length: number): number;
  close(fd: number): number;
  recvmmsg(fd: number, messages: number, count: number, flags: number): number;
  sendmmsg(fd: number, messages: number, count: number, flags: number): number;
  poll(entries: number, count: number, timeoutMs: number): number;
  eventfd(flags: number): number;
  epollCreate(flags: number): number;
  epollControl(epoll: number, operation: number, fd: number, event: number): number;
  epollWait(epoll: number, events: number, count: number, timeoutMs: number): number;
};

/** Where pointers and size_t have 64 bits and octets come in the order the layouts assume. */
const LP64_ARCHITECTURES = ['x64', 'arm64', 'riscv64', 'loong64'];

/** Binds the calls to one memory, or says in a sentence why that is impossible. */
export async function loadSystemCalls(
  memory: SharedArrayBuffer,
): Promise<SystemCalls | { readonly unavailable: string }> {
  if (platform() !== 'linux')
    return { unavailable: `batched system calls need Linux, and this is ${platform()}` };
  if (!LP64_ARCHITECTURES.includes(arch()) || endianness() !== 'LE')
    return { unavailable: `batched system calls know no structure layouts for ${arch()}` };
  try {
    const { default: koffi } = await import('koffi');
    return bindCalls(koffi, memory);
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    return { unavailable: `koffi, which makes the system calls, did not load (${reason})` };
  }
}

type Koffi = typeof import('koffi').default;
type NumberFunction = (...numbers: number[]) => number;

/** @throws when a symbol is missing */
function bindCalls(koffi: Koffi, memory: SharedArrayBuffer): SystemCalls {
  const libc = koffi.load(null);
  const bind = (name: string, parameters: string[]): NumberFunction => {
    const call: NumberFunction = libc.func(name, 'int', parameters);
    return (...numbers) => {
      const result = call(...numbers);
      return result < 0 ? -koffi.errno() : result;
    };
  };
  const locate: (to: Uint8Array, from: Uint8Array, bytes: number) => number = libc.func(
    'memmove',
    'uintptr_t',
    ['void *', 'void *', 'size_t'],
  );
  const octets = new Uint8Array(memory);
  const socket = bind('socket', ['int', 'int', 'int']);
  const bindSocket = bind('bind', ['int', 'uintptr_t', 'uint']);
  const setsockopt = bind('setsockopt', ['int', 'int', 'int', 'uintptr_t', 'uint']);
  const getsockopt = bind('getsockopt', ['int', 'int', 'int', 'uintptr_t', 'uintptr_t']);
  const close = bind('close', ['int']);
  const recvmmsg = bind('recvmmsg', ['int', 'uintptr_t', 'uint', 'int', 'uintptr_t']);
  const sendmmsg = bind('sendmmsg', ['int', 'uintptr_t', 'uint', 'int']);
  const poll = bind('poll', ['uintptr_t', 'ulong', 'int']);
  const eventfd = bind('eventfd', ['uint', 'int']);
  const epollCreate = bind('epoll_create1', ['int']);
  const epollControl = bind('epoll_ctl', ['int', 'int', 'int', 'uintptr_t']);
  const epollWait = bind('epoll_wait', ['int', 'uintptr_t', 'int', 'int']);
  return {
    // Moving nothing returns where: the one way to learn an address without a copy.
    base: locate(octets, octets, 0),
    memory,
    socket,
    bind: bindSocket,
    setsockopt,
    getsockopt,
    close,
    recvmmsg: (fd, messages, count, flags) => recvmmsg(fd, messages, count, flags, 0),
    sendmmsg,
    poll,
    eventfd: (flags) => eventfd(0, flags),
    epollCreate,
    epollControl,
    epollWait,
  };
}

/** Returns the error of a failed call as Node would: a sentence with the call, and `code`. */
export function systemError(call: string, result: number, where = ''): NodeJS.ErrnoException {
  const code = getSystemErrorName(result);
  const error = new Error(`${call} ${code}${where === '' ? '' : ` ${where}`}`);
  return Object.assign(error, { code, errno: result, syscall: call });
}
