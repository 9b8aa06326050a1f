/**
 * Numbers of the Linux interface, under their names in the headers.
 *
 * Standard: uapi headers of Linux, asm-generic values: the same on x86-64, arm64, riscv64, loongarch64.
 *
 * @module
 */

// bits/socket.h, linux/net.h
export const SOCK_DGRAM = 2;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;
export const MSG_TRUNC = 0x20;
export const MSG_DONTWAIT = 0x40;

// asm-generic/socket.h
export const SOL_SOCKET = 1;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
export const SO_RCVBUFFORCE = 33;
export const SO_MEMINFO = 55;

// linux/sock_diag.h: words that SO_MEMINFO returns, and which of them counts drops.
export const SK_MEMINFO_VARS = 9;
export const SK_MEMINFO_DROPS = 8;

// linux/in.h, linux/in6.h
export const IPPROTO_UDP = 17;
export const IPPROTO_IPV6 = 41;
export const IPV6_V6ONLY = 26;

// linux/udp.h
export const SOL_UDP = 17;
export const UDP_SEGMENT = 103;
/** UDP_MAX_SEGMENTS: 64 since Linux 4.18, 128 since 6.9. */
export const GSO_SEGMENTS_MAX = 64;

// sys/epoll.h
export const EPOLL_CLOEXEC = 0o2000000;
export const EPOLL_CTL_ADD = 1;
export const EPOLLIN = 1;
export const EPOLLET = 0x80000000;

// poll.h
export const POLLOUT = 4;

// sys/eventfd.h
export const EFD_NONBLOCK = 0o4000;
export const EFD_CLOEXEC = 0o2000000;

// asm-generic/errno.h
export const EIO = 5;
export const EINTR = 4;
export const EAGAIN = 11;
export const EINVAL = 22;
export const EMSGSIZE = 90;
export const EOPNOTSUPP = 95;
export const ENOBUFS = 105;
