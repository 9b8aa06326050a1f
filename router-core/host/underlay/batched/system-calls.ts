/**
 * The system calls of the batched underlay (host/libc.ts), bound to its memory.
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
import { type Libc, loadLibc } from '../../libc.ts';

export type SystemCalls = {
  /** The address of the first octet of the shared memory. */
  readonly base: number;
  readonly memory: SharedArrayBuffer;
  socket(family: number, type: number, protocol: number): number;
  bind(fd: number, sockaddr: number, length: number): number;
  getsockname(fd: number, sockaddr: number, length: number): number;
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

/** Binds the calls to one memory, or says in a sentence why that is impossible. */
export async function loadSystemCalls(
  memory: SharedArrayBuffer,
): Promise<SystemCalls | { readonly unavailable: string }> {
  const libc = await loadLibc();
  if ('unavailable' in libc) return libc;
  try {
    return bindCalls(libc, memory);
  } catch (error) {
    return { unavailable: `the C library lacks a call (${String(error)})` };
  }
}

/** @throws when a symbol is missing */
function bindCalls({ bind, addressOf }: Libc, memory: SharedArrayBuffer): SystemCalls {
  const octets = new Uint8Array(memory);
  const socket = bind('socket', ['int', 'int', 'int']);
  const bindSocket = bind('bind', ['int', 'uintptr_t', 'uint']);
  const getsockname = bind('getsockname', ['int', 'uintptr_t', 'uintptr_t']);
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
    base: addressOf(octets),
    memory,
    socket,
    bind: bindSocket,
    getsockname,
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
