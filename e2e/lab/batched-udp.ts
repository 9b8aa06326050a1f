/**
 * A UDP socket of IPv4 that sends and receives many datagrams per system call, for generators of load.
 *
 * Standard: sendmmsg(2), recvmmsg(2), ip(7) for IP_PKTINFO. Linux, 64 bits; needs the optional package
 * koffi. A plain sender: one datagram is one message, nothing is segmented by the kernel.
 *
 * One socket may speak from many addresses: the source of each datagram is part of its message. The
 * addresses need not be configured one by one, a local route for their prefix is enough.
 *
 * Everything blocks: nothing else happens in a process that makes load.
 *
 * @module
 */
import { arch, endianness } from 'node:os';
import { writeUint16 } from '../../router-core/base/bytes.ts';

export const BATCH = 64;

/** Datagrams of one length, one after the other. */
export type Stock = {
  readonly bytes: Uint8Array;
  readonly datagramBytes: number;
  readonly packets: number;
  /** Source addresses, 4 octets each; packet k leaves from number k modulo their count. */
  readonly sources?: Uint8Array;
};

/** Octets a received datagram may have; what is longer is cut, the generators look at the head only. */
const RECEIVE_BYTES = 2048;
const BUFFER_BYTES = 8 * 1024 * 1024;

// struct mmsghdr, msghdr, iovec, cmsghdr, in_pktinfo, sockaddr_in of LP64.
const MESSAGE_BYTES = 64;
const MESSAGE_NAME_LENGTH = 8;
const MESSAGE_VECTORS = 16;
const MESSAGE_VECTOR_COUNT = 24;
const MESSAGE_CONTROL = 32;
const MESSAGE_CONTROL_LENGTH = 40;
const MESSAGE_LENGTH = 56;
const VECTOR_BYTES = 16;
const CONTROL_BYTES = 32;
const CONTROL_LENGTH = 28;
const CONTROL_SOURCE = 20;
const NAME_BYTES = 16;
// <sys/socket.h>, <netinet/in.h>
const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
const IP_PKTINFO = 8;
const MSG_WAITFORONE = 0x10000;

type Calls = {
  readonly addressOf: (bytes: Uint8Array) => number;
  readonly socket: (family: number, type: number, protocol: number) => number;
  readonly bind: (fd: number, address: Uint8Array, length: number) => number;
  readonly setsockopt: (
    fd: number,
    level: number,
    name: number,
    value: Uint8Array,
    n: number,
  ) => number;
  readonly sendmmsg: (fd: number, messages: number, count: number, flags: number) => number;
  readonly recvmmsg: (
    fd: number,
    messages: number,
    count: number,
    flags: number,
    timeout: null,
  ) => number;
  readonly close: (fd: number) => number;
  readonly errno: () => number;
};

/** Returns the system calls, or a sentence why there are none. */
export async function loadBatchedCalls(): Promise<Calls | string> {
  if (process.platform !== 'linux') return 'batches of datagrams need Linux';
  if (endianness() !== 'LE' || !['x64', 'arm64', 'riscv64'].includes(arch()))
    return `batches of datagrams do not know ${arch()}`;
  try {
    const { default: koffi } = await import('koffi');
    const libc = koffi.load(null);
    const memmove = libc.func('uintptr_t memmove(void *to, void *from, size_t count)');
    return {
      addressOf: (bytes) => memmove(bytes, bytes, 0) as number,
      socket: libc.func('int socket(int family, int type, int protocol)'),
      bind: libc.func('int bind(int fd, void *address, uint32_t length)'),
      setsockopt: libc.func('int setsockopt(int fd, int level, int name, void *value, uint32_t n)'),
      sendmmsg: libc.func('int sendmmsg(int fd, uintptr_t messages, uint32_t count, int flags)'),
      recvmmsg: libc.func(
        'int recvmmsg(int fd, uintptr_t messages, uint32_t count, int flags, void *timeout)',
      ),
      close: libc.func('int close(int fd)'),
      errno: () => koffi.errno(),
    };
  } catch (error) {
    return `koffi does not load: ${(error as Error).message.split('\n')[0]}`;
  }
}

export class BatchedUdp {
  /** Octets of the datagrams that `receive` took. */
  readonly lengths = new Uint32Array(BATCH);
  private readonly calls: Calls;
  private readonly fd: number;
  private readonly outgoing: Messages;
  private readonly incoming: Messages;
  private readonly arrived = new Uint8Array(BATCH * RECEIVE_BYTES);
  private readonly stockAddresses = new WeakMap<Uint8Array, number>();

  /** Binds the port at every address; datagrams go to `remote`. @throws when the port is taken */
  constructor(calls: Calls, port: number, remote: { address: Uint8Array; port: number }) {
    this.calls = calls;
    this.fd = calls.socket(AF_INET, SOCK_DGRAM, 0);
    if (this.fd < 0) throw new Error(`socket: errno ${calls.errno()}`);
    this.setNumber(SO_SNDBUFFORCE, BUFFER_BYTES);
    this.setNumber(SO_RCVBUFFORCE, BUFFER_BYTES);
    if (calls.bind(this.fd, socketAddress(new Uint8Array(4), port), NAME_BYTES) !== 0)
      throw new Error(`bind to port ${port}: errno ${calls.errno()}`);
    this.outgoing = new Messages(calls, socketAddress(remote.address, remote.port));
    this.incoming = new Messages(calls);
    const start = calls.addressOf(this.arrived);
    for (let i = 0; i < BATCH; i++) this.incoming.aim(i, start + i * RECEIVE_BYTES, RECEIVE_BYTES);
  }

  /** How long `receive` waits. */
  setTimeout(milliseconds: number): void {
    const timeval = new DataView(new ArrayBuffer(16));
    timeval.setUint32(0, Math.floor(milliseconds / 1000), true);
    timeval.setUint32(8, (milliseconds % 1000) * 1000, true);
    this.calls.setsockopt(this.fd, SOL_SOCKET, SO_RCVTIMEO, new Uint8Array(timeval.buffer), 16);
  }

  /** Sends packets [first, first + count) of a stock, at most BATCH; returns how many the kernel took. */
  send(stock: Stock, first: number, count: number): number {
    const { bytes, datagramBytes, sources } = stock;
    let address = this.stockAddresses.get(bytes);
    if (address === undefined) {
      address = this.calls.addressOf(bytes);
      this.stockAddresses.set(bytes, address);
    }
    const sourceCount = sources === undefined ? 0 : sources.length >> 2;
    for (let i = 0; i < count; i++) {
      this.outgoing.aim(i, address + (first + i) * datagramBytes, datagramBytes);
      if (sources === undefined) this.outgoing.fromAnywhere(i);
      else this.outgoing.from(i, sources, ((first + i) % sourceCount) << 2);
    }
    return this.calls.sendmmsg(this.fd, this.outgoing.address, count, 0);
  }

  /** Takes what has arrived, waiting for the first; returns how many, 0 after the timeout. */
  receive(): number {
    const { calls, incoming } = this;
    const count = calls.recvmmsg(this.fd, incoming.address, BATCH, MSG_WAITFORONE, null);
    for (let i = 0; i < count; i++) this.lengths[i] = incoming.lengthOf(i);
    return Math.max(0, count);
  }

  /** Returns an octet of a received datagram. */
  octet(i: number, offset: number): number {
    return this.arrived[i * RECEIVE_BYTES + offset] as number;
  }

  /** Returns a copy of a received datagram. */
  datagram(i: number): Uint8Array {
    const start = i * RECEIVE_BYTES;
    return this.arrived.slice(start, start + Math.min(RECEIVE_BYTES, this.lengths[i] as number));
  }

  close(): void {
    this.calls.close(this.fd);
  }

  /** Beyond the system's maximum where we are root; else whatever the system gives. */
  private setNumber(name: number, value: number): void {
    const bytes = new Uint8Array(new Int32Array([value]).buffer);
    this.calls.setsockopt(this.fd, SOL_SOCKET, name, bytes, bytes.length);
  }
}

/** The message headers of one direction, and all they point to, written once. */
class Messages {
  readonly address: number;
  private readonly headers = new Uint32Array((BATCH * MESSAGE_BYTES) / 4);
  private readonly vectors = new Uint32Array((BATCH * VECTOR_BYTES) / 4);
  private readonly controls = new Uint8Array(BATCH * CONTROL_BYTES);
  private readonly name: Uint8Array;

  constructor(calls: Calls, name: Uint8Array = new Uint8Array(0)) {
    const bytesOf = (words: Uint32Array): Uint8Array => new Uint8Array(words.buffer);
    this.name = name;
    this.address = calls.addressOf(bytesOf(this.headers));
    const vectors = calls.addressOf(bytesOf(this.vectors));
    const controls = calls.addressOf(this.controls);
    const control = new DataView(this.controls.buffer);
    for (let i = 0; i < BATCH; i++) {
      const header = i * MESSAGE_BYTES;
      if (name.length > 0) {
        this.pointer(this.headers, header, calls.addressOf(this.name));
        this.headers[(header + MESSAGE_NAME_LENGTH) >> 2] = name.length;
      }
      this.pointer(this.headers, header + MESSAGE_VECTORS, vectors + i * VECTOR_BYTES);
      this.headers[(header + MESSAGE_VECTOR_COUNT) >> 2] = 1;
      this.pointer(this.headers, header + MESSAGE_CONTROL, controls + i * CONTROL_BYTES);
      control.setUint32(i * CONTROL_BYTES, CONTROL_LENGTH, true);
      control.setInt32(i * CONTROL_BYTES + 12, IP_PKTINFO, true);
    }
  }

  /** Points message i at these octets. */
  aim(i: number, address: number, length: number): void {
    this.pointer(this.vectors, i * VECTOR_BYTES, address);
    this.vectors[(i * VECTOR_BYTES + 8) >> 2] = length;
  }

  from(i: number, sources: Uint8Array, offset: number): void {
    const at = i * CONTROL_BYTES + CONTROL_SOURCE;
    this.headers[(i * MESSAGE_BYTES + MESSAGE_CONTROL_LENGTH) >> 2] = CONTROL_BYTES;
    for (let o = 0; o < 4; o++) this.controls[at + o] = sources[offset + o] as number;
  }

  fromAnywhere(i: number): void {
    this.headers[(i * MESSAGE_BYTES + MESSAGE_CONTROL_LENGTH) >> 2] = 0;
  }

  lengthOf(i: number): number {
    return this.headers[(i * MESSAGE_BYTES + MESSAGE_LENGTH) >> 2] as number;
  }

  private pointer(words: Uint32Array, offset: number, address: number): void {
    words[offset >> 2] = address % 0x100000000;
    words[(offset >> 2) + 1] = Math.floor(address / 0x100000000);
  }
}

/** struct sockaddr_in, in memory of its own: V8 moves small arrays that have none. */
function socketAddress(address: Uint8Array, port: number): Uint8Array {
  const name = new Uint8Array(new ArrayBuffer(NAME_BYTES));
  name[0] = AF_INET;
  writeUint16(name, 2, port);
  name.set(address, 4);
  return name;
}
