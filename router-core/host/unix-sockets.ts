/**
 * Unix sockets that keep boundaries, which Node lacks: datagrams and sequenced packets.
 *
 * Standard: unix(7), socket(2), fcntl(2), dup(2) of Linux. A path that begins with `@` is a name in the abstract
 * namespace: no file, gone with its last socket.
 *
 * Every descriptor made here is non-blocking and closed on exec, and belongs to whoever asked for it.
 *
 * @module
 */
import { lstatSync, rmSync } from 'node:fs';
import { RouterError } from '../base/errors.ts';
import { isAnswered } from './carriers/unix-socket.ts';
import { requireLibc, systemError } from './libc.ts';

// linux/socket.h, linux/net.h
const AF_UNIX = 1;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_SEQPACKET = 5;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
// asm-generic/fcntl.h
const O_CLOEXEC = 0o2000000;
const O_NONBLOCK = 0o4000;
const F_GETFL = 3;
const F_SETFL = 4;
const F_DUPFD_CLOEXEC = 1030;
// sys/epoll.h; the structure is packed on some machines, and never longer
const EPOLL_CTL_ADD = 1;
const EPOLL_EVENT_BYTES = 16;
/** `sun_path`, of which files need the last octet for a zero. */
const PATH_BYTES = 108;
/** Connections that wait to be accepted. */
const BACKLOG = 8;

export type UnixSocketType = typeof SOCK_STREAM | typeof SOCK_DGRAM | typeof SOCK_SEQPACKET;

/** All return a descriptor or octets moved, or throw the system's error, with `code`. */
export interface UnixSockets {
  /** Binds to a path; a socket that an ended process left there is replaced. */
  bind(type: UnixSocketType, path: string): Promise<number>;
  connect(type: UnixSocketType, path: string): number;
  /** A stream socket that listens on a name of its own, for a moment (accept-packets.ts). */
  bindAnyName(): number;
  listen(fd: number): void;
  pair(type: UnixSocketType): readonly [number, number];
  /** Another descriptor for the same. */
  duplicate(fd: number): number;
  /** Makes `at` stand for what `fd` stands for; what `at` stood for is closed. */
  replace(at: number, fd: number): void;
  setNonBlocking(fd: number): void;
  /** Whether the event loop can wait for it: never for files. Node would end the process. */
  isWaitable(fd: number): boolean;
  close(fd: number): void;
  /** Octets written, or the negative errno: it happens on the packet path. */
  write(fd: number, address: number, octets: number): number;
  /** The same for octets that are not worth an address. */
  writeOctets(fd: number, octets: Uint8Array): number;
  /** Octets read, or the negative errno. */
  read(fd: number, address: number, octets: number): number;
  addressOf(octets: Uint8Array): number;
}

/** @throws RouterError NATIVE_CALLS_MISSING; `purpose` begins its sentence */
export async function loadUnixSockets(purpose: string): Promise<UnixSockets> {
  const libc = await requireLibc(purpose);
  const socket = libc.bind('socket', ['int', 'int', 'int']);
  const socketpair = libc.bind('socketpair', ['int', 'int', 'int', 'void *']);
  const bind = libc.bind('bind', ['int', 'void *', 'uint']);
  const connect = libc.bind('connect', ['int', 'void *', 'uint']);
  const listen = libc.bind('listen', ['int', 'int']);
  const dup3 = libc.bind('dup3', ['int', 'int', 'int']);
  const fcntl = libc.bind('fcntl', ['int', 'int', 'long']);
  const close = libc.bind('close', ['int']);
  const epollCreate = libc.bind('epoll_create1', ['int']);
  const epollControl = libc.bind('epoll_ctl', ['int', 'int', 'int', 'void *']);
  const read = libc.bind('read', ['int', 'uintptr_t', 'size_t']);
  const write = libc.bind('write', ['int', 'uintptr_t', 'size_t']);
  const writeOctets = libc.bind('write', ['int', 'void *', 'size_t']);

  const checked = (call: string, result: number, where?: string): number => {
    if (result < 0) throw systemError(call, result, where);
    return result;
  };
  const open = (type: UnixSocketType): number =>
    checked('socket', socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const attach = (call: 'bind' | 'connect', type: UnixSocketType, path: string): number => {
    const address = unixAddress(path);
    const fd = open(type);
    const result = (call === 'bind' ? bind : connect)(fd, address, address.length);
    if (result < 0) {
      close(fd);
      throw systemError(call, result, path);
    }
    return fd;
  };

  return {
    async bind(type, path) {
      if (!path.startsWith('@')) await claimPath(path);
      return attach('bind', type, path);
    },
    connect: (type, path) => attach('connect', type, path),
    bindAnyName() {
      const fd = open(SOCK_STREAM);
      // unix(7), "autobind feature": an address of nothing but a family.
      checked('bind', bind(fd, Uint8Array.of(AF_UNIX, 0), 2));
      return fd;
    },
    listen: (fd) => void checked('listen', listen(fd, BACKLOG)),
    pair(type) {
      const fds = new Int32Array(2);
      const octets = new Uint8Array(fds.buffer);
      checked('socketpair', socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, octets));
      return [fds[0] as number, fds[1] as number];
    },
    duplicate: (fd) => checked('fcntl', fcntl(fd, F_DUPFD_CLOEXEC, 0)),
    replace: (at, fd) => void checked('dup3', dup3(fd, at, O_CLOEXEC)),
    setNonBlocking(fd) {
      const flags = checked('fcntl', fcntl(fd, F_GETFL, 0));
      checked('fcntl', fcntl(fd, F_SETFL, flags | O_NONBLOCK));
    },
    isWaitable(fd) {
      const epoll = checked('epoll_create1', epollCreate(O_CLOEXEC));
      const result = epollControl(epoll, EPOLL_CTL_ADD, fd, new Uint8Array(EPOLL_EVENT_BYTES));
      close(epoll);
      return result >= 0;
    },
    close: (fd) => void close(fd),
    write,
    writeOctets: (fd, octets) => writeOctets(fd, octets, octets.length),
    read,
    addressOf: (octets) => libc.addressOf(octets),
  };
}

/** `struct sockaddr_un`, as long as it has to be. @throws RouterError INTERFACE_FAILED when the path is too long */
function unixAddress(path: string): Uint8Array {
  const isAbstract = path.startsWith('@');
  const octets = Buffer.from(isAbstract ? path.replace('@', '\0') : `${path}\0`);
  if (octets.length > PATH_BYTES)
    throw new RouterError(
      'INTERFACE_FAILED',
      `The path of a Unix socket has at most ${PATH_BYTES - 1} octets: ${path}`,
    );
  const address = new Uint8Array(2 + octets.length);
  address[0] = AF_UNIX;
  address.set(octets, 2);
  return address;
}

/**
 * Removes a socket that an ended process left. One that somebody has, of whatever type, and files of other kinds stay;
 * then binding says EADDRINUSE.
 */
export async function claimPath(path: string): Promise<void> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return;
  if (await isAnswered(path)) return;
  rmSync(path, { force: true });
}
