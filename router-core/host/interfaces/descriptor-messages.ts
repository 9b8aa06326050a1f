/**
 * Messages over a Unix socket that bring descriptors along.
 *
 * Standard: recvmsg(2), cmsg(3), unix(7) SCM_RIGHTS; structures of LP64.
 *
 *   0  msghdr: name, its length, iov 16, iov count 24, control 32, control length 40, flags 48
 *   64 iovec: base, length   128 control: length u64, level, type, descriptors   256 octets of the message
 *
 * @module
 */
import { constants } from 'node:os';
import type { Libc } from '../libc.ts';

const { EAGAIN } = constants.errno;
const MSG_DONTWAIT = 0x40;
const MSG_CMSG_CLOEXEC = 0x40000000;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const IOVEC = 64;
const CONTROL = 128;
const CONTROL_BYTES = 64;
const CONTROL_HEADER_BYTES = 16;
const OCTETS = 256;
const OCTETS_MAX = 256;

export type DescriptorMessage = { readonly octets: Uint8Array; readonly fds: readonly number[] };

export class DescriptorReceiver {
  private readonly memory = new ArrayBuffer(OCTETS + OCTETS_MAX);
  private readonly view = new DataView(this.memory);
  private readonly recvmsg: ReturnType<Libc['bind']>;
  private readonly base: number;

  constructor(libc: Libc) {
    this.recvmsg = libc.bind('recvmsg', ['int', 'uintptr_t', 'int']);
    this.base = libc.addressOf(new Uint8Array(this.memory));
  }

  /** Returns a message, whose descriptors are the caller's; `later` when there is none, `over` at the end. */
  receive(fd: number): DescriptorMessage | 'later' | 'over' {
    const { view, base } = this;
    const write = (offset: number, value: number): void =>
      view.setBigUint64(offset, BigInt(value), true);
    write(16, base + IOVEC);
    write(24, 1);
    write(32, base + CONTROL);
    write(40, CONTROL_BYTES);
    write(IOVEC, base + OCTETS);
    write(IOVEC + 8, OCTETS_MAX);
    const octets = this.recvmsg(fd, base, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (octets === -EAGAIN) return 'later';
    if (octets <= 0) return 'over';
    return { octets: new Uint8Array(this.memory.slice(OCTETS, OCTETS + octets)), fds: this.fds() };
  }

  private fds(): number[] {
    const { view } = this;
    const present = Number(view.getBigUint64(40, true));
    if (present < CONTROL_HEADER_BYTES) return [];
    if (view.getInt32(CONTROL + 8, true) !== SOL_SOCKET) return [];
    if (view.getInt32(CONTROL + 12, true) !== SCM_RIGHTS) return [];
    const bytes = Math.min(Number(view.getBigUint64(CONTROL, true)), present);
    const fds: number[] = [];
    for (let at = CONTROL_HEADER_BYTES; at + 4 <= bytes; at += 4)
      fds.push(view.getInt32(CONTROL + at, true));
    return fds;
  }
}
