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
const SIOCGIFCONF = 0x8912;
/** `struct ifconf`: octets of the buffer, and behind four that fill up, its address. */
const CONF_BYTES = 16;
const CONF_BUFFER = 8;
/** Room for addresses that come between the two questions. */
const SPARE_REQUESTS = 16;
const NAME_BYTES = 16;
const REQUEST_BYTES = 40;
/** Where the union of `struct ifreq` begins, and the octets of a `sockaddr` in it. */
export const UNION = NAME_BYTES;
export const SOCKADDR_DATA = UNION + 2;

/** `struct ifreq` with the name filled in, or one that the system filled in. */
export class InterfaceRequest {
  readonly bytes: Uint8Array;
  readonly view: DataView;

  constructor(content: string | Uint8Array) {
    this.bytes = typeof content === 'string' ? new Uint8Array(REQUEST_BYTES) : content;
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, REQUEST_BYTES);
    if (typeof content === 'string')
      this.bytes.set(Buffer.from(content, 'utf8').subarray(0, NAME_BYTES - 1));
  }

  name(): string {
    return Buffer.from(this.bytes.subarray(0, this.bytes.indexOf(0))).toString('utf8');
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

  /** One for each IPv4 address of each interface of the system. @throws the system's error, with `code` */
  ipv4Requests(): InterfaceRequest[] {
    const conf = new Uint8Array(CONF_BYTES);
    const view = new DataView(conf.buffer);
    const ask = (): number => {
      const result = this.ioctl(this.fd, SIOCGIFCONF, conf);
      if (result < 0) throw systemError('SIOCGIFCONF', result, this.name);
      return view.getInt32(0, true);
    };
    // Without a buffer it says how much it would write.
    const buffer = new Uint8Array(ask() + SPARE_REQUESTS * REQUEST_BYTES);
    view.setInt32(0, buffer.length, true);
    view.setBigUint64(CONF_BUFFER, BigInt(this.libc.addressOf(buffer)), true);
    const requests: InterfaceRequest[] = [];
    const end = ask();
    for (let at = 0; at < end; at += REQUEST_BYTES)
      requests.push(new InterfaceRequest(buffer.subarray(at, at + REQUEST_BYTES)));
    return requests;
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
