/**
 * UDP sockets of our own: opened, bound, counted and closed by system call.
 *
 * Standard: udp(7), ip(7), ipv6(7), socket(7) of Linux.
 *
 * No address is shared (neither SO_REUSEADDR nor SO_REUSEPORT): a port that somebody has is an error.
 * Path MTU discovery stays at the system's default: what is longer than the path is fragmented, as
 * wireguard-go has it.
 *
 * @module
 */
import { parseIpAddress } from '../../../base/ip-address.ts';
import type { SocketId } from '../../../base/units.ts';
import { systemError } from '../../libc.ts';
import {
  AF_INET,
  AF_INET6,
  IPV4_SOCKADDR_BYTES,
  portOf,
  SOCKADDR_BYTES,
  wordOf,
  writeSockaddr,
} from '../descriptor.ts';
import { SOCKET_BUFFER_BYTES } from '../io.ts';
import {
  EINVAL,
  IPPROTO_IPV6,
  IPPROTO_UDP,
  IPV6_V6ONLY,
  SK_MEMINFO_DROPS,
  SK_MEMINFO_VARS,
  SO_MEMINFO,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_SNDBUF,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOL_SOCKET,
  SOL_UDP,
  UDP_SEGMENT,
} from './constants.ts';
import type { Layout } from './layout.ts';
import type { SystemCalls } from './system-calls.ts';

/** One socket; mutable fields belong to who sends and who counts. */
export type BatchSocket = {
  readonly fd: number;
  readonly id: SocketId;
  readonly port: number;
  /** Whether the system cuts messages into datagrams (UDP_SEGMENT, Linux 4.18). */
  readonly hasSegmentation: boolean;
  drops: number;
  /** The chain of descriptors that leave by it in the batch being sent (send.ts). */
  firstChain: number;
  lastChain: number;
};

export type SocketFactory = {
  /** @throws the system's error, with `code` */
  open(id: SocketId, family: 4 | 6, host: string, port: number): BatchSocket;
  /** Returns how many datagrams the system dropped since the last question. */
  newDrops(socket: BatchSocket): number;
};

export function createSocketFactory(calls: SystemCalls, layout: Layout): SocketFactory {
  const { words, base } = layout;
  const option = wordOf(layout.option);
  const optionLength = wordOf(layout.optionLength);

  function set(fd: number, level: number, name: number, value: number): number {
    words[option] = value;
    return calls.setsockopt(fd, level, name, base + layout.option, 4);
  }
  /** Reads an option into the option words; returns the first of them, or the negative errno. */
  function get(fd: number, level: number, name: number, bytes = 4): number {
    words[optionLength] = bytes;
    const at = base + layout.option;
    const result = calls.getsockopt(fd, level, name, at, base + layout.optionLength);
    return result < 0 ? result : (words[option] as number);
  }

  /** @throws the system's error, with `code` */
  function boundPort(fd: number, where: string): number {
    words[optionLength] = SOCKADDR_BYTES;
    const result = calls.getsockname(fd, base + layout.sockaddr, base + layout.optionLength);
    if (result < 0) throw systemError('getsockname', result, where);
    return portOf(words, wordOf(layout.sockaddr));
  }

  return {
    open(id, family, host, port) {
      const where = `${host}:${port}`;
      const address = parseIpAddress(host);
      if (address?.family !== family) throw systemError('bind', -EINVAL, where);
      const type = SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
      const fd = calls.socket(family === 4 ? AF_INET : AF_INET6, type, IPPROTO_UDP);
      if (fd < 0) throw systemError('socket', fd, where);
      if (family === 6) set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
      // Beyond the system's maximum when we may, up to it when not.
      if (set(fd, SOL_SOCKET, SO_RCVBUFFORCE, SOCKET_BUFFER_BYTES) < 0)
        set(fd, SOL_SOCKET, SO_RCVBUF, SOCKET_BUFFER_BYTES);
      set(fd, SOL_SOCKET, SO_SNDBUF, SOCKET_BUFFER_BYTES);
      writeSockaddr(layout.bytes, layout.sockaddr, address.bytes, port);
      const length = family === 4 ? IPV4_SOCKADDR_BYTES : SOCKADDR_BYTES;
      try {
        const bound = calls.bind(fd, base + layout.sockaddr, length);
        if (bound < 0) throw systemError('bind', bound, where);
        port = boundPort(fd, where);
      } catch (error) {
        calls.close(fd);
        throw error;
      }
      return {
        fd,
        id,
        port,
        hasSegmentation: set(fd, SOL_UDP, UDP_SEGMENT, 0) >= 0,
        drops: 0,
        firstChain: -1,
        lastChain: -1,
      };
    },
    newDrops(socket) {
      if (get(socket.fd, SOL_SOCKET, SO_MEMINFO, SK_MEMINFO_VARS * 4) < 0) return 0;
      const drops = words[option + SK_MEMINFO_DROPS] as number;
      const fresh = (drops - socket.drops) >>> 0;
      socket.drops = drops;
      return fresh;
    },
  };
}
