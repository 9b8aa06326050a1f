/**
 * Questions to and wishes of the system about one of its interfaces.
 *
 * Standard: netdevice(7), `struct ifreq`; ipv6(7), `struct in6_ifreq`.
 *
 * @module
 */
import type { Libc } from '../libc.ts';
import { systemError } from '../libc.ts';
import { AF_INET, AF_INET6 } from '../underlay/descriptor.ts';

const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SIOCGIFINDEX = 0x8933;
const NAME_BYTES = 16;
const REQUEST_BYTES = 40;
/** Where the union of `struct ifreq` begins, and the octets of a `sockaddr` in it. */
export const UNION = NAME_BYTES;
export const SOCKADDR_DATA = UNION + 2;

/** `struct ifreq` with the name filled in. */
export class InterfaceRequest {
  readonly bytes = new Uint8Array(REQUEST_BYTES);
  readonly view = new DataView(this.bytes.buffer);

  constructor(name: string) {
    this.bytes.set(Buffer.from(name, 'utf8').subarray(0, NAME_BYTES - 1));
  }
}

/** Closed by whoever made it. */
export class InterfaceControl {
  readonly name: string;
  private readonly libc: Libc;
  private readonly ioctl: ReturnType<Libc['bind']>;
  private readonly fd: number;

  /** @throws the system's error, with `code` */
  constructor(libc: Libc, name: string) {
    this.name = name;
    this.libc = libc;
    this.ioctl = libc.bind('ioctl', ['int', 'ulong', 'void *']);
    this.fd = this.open(AF_INET);
  }

  /** @throws the system's error, with `code` */
  call(what: string, number: number, request: InterfaceRequest): void {
    const result = this.ioctl(this.fd, number, request.bytes);
    if (result < 0) throw systemError(what, result, this.name);
  }

  /** The same for IPv6, which has a structure of its own. @throws the system's error, with `code` */
  callIpv6(what: string, number: number, request: Uint8Array): void {
    const fd = this.open(AF_INET6);
    const result = this.ioctl(fd, number, request);
    this.libc.bind('close', ['int'])(fd);
    if (result < 0) throw systemError(what, result, this.name);
  }

  /** The number that the system has for the interface. */
  index(): number {
    const request = new InterfaceRequest(this.name);
    this.call('SIOCGIFINDEX', SIOCGIFINDEX, request);
    return request.view.getInt32(UNION, true);
  }

  close(): void {
    this.libc.bind('close', ['int'])(this.fd);
  }

  private open(family: number): number {
    const fd = this.libc.bind('socket', ['int', 'int', 'int'])(
      family,
      SOCK_DGRAM | SOCK_CLOEXEC,
      0,
    );
    if (fd < 0) throw systemError('socket', fd);
    return fd;
  }
}
