/**
 * A BGP speaker that knows just enough to feed and to drain a router under test.
 *
 * Standard: RFC 4271, RFC 5492 (capabilities), RFC 8950. Its own code, not router-core/bgp's: what it
 * counts is a judgement about that.
 *
 * @module
 */
import { connect, type Socket } from 'node:net';
import { readUint16, writeUint16, writeUint32 } from '../../router-core/base/bytes.ts';
import { indexOfIpv4, indexOfIpv6, ipv4Count, messageBytes, type Prefixes } from './workload.ts';

export type SpeakerOptions = {
  readonly name: string;
  readonly asn: number;
  /** IPv4 address in text; also the BGP identifier. */
  readonly routerId: string;
  readonly remote: { readonly host: string; readonly port: number };
  readonly localAddress?: string;
  readonly isExtendedNextHop: boolean;
  readonly prefixes: Prefixes;
};

const AS_TRANS = 23456;
const HOLD_TIME_SECONDS = 240;
const KEEPALIVE_INTERVAL_MS = 30_000;
const RETRY_MS = 200;
const CONNECT_LIMIT_MS = 30_000;
const HEADER_BYTES = 19;
const OPEN = 1;
const UPDATE = 2;
const NOTIFICATION = 3;
const KEEPALIVE = 4;
const MP_REACH = 14;
const MP_UNREACH = 15;
const CHUNK_BYTES = 256 * 1024;

export class Speaker {
  /** How many prefixes of the workload the other side has announced and not withdrawn. */
  present = 0;
  /** Announced prefixes that are not of the workload. */
  foreign = 0;
  updates = 0;
  lastChange = 0;
  private readonly options: SpeakerOptions;
  private readonly has: Uint8Array;
  private socket: Socket | undefined;
  private rest: Buffer = Buffer.alloc(0);
  private isOpen = false;
  private isClosing = false;
  private established: (() => void) | undefined;
  private keepalives: NodeJS.Timeout | undefined;
  private failure: Error | undefined;

  constructor(options: SpeakerOptions) {
    this.options = options;
    this.has = new Uint8Array(options.prefixes.count);
  }

  /** Connects until the session is established. */
  async establish(): Promise<void> {
    const until = performance.now() + CONNECT_LIMIT_MS;
    while (!this.isOpen) {
      if (performance.now() > until)
        throw this.failure ?? new Error(`${this.options.name}: no session`);
      await this.attempt();
      if (!this.isOpen) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  /** Sends octets with back-pressure; resolves when the kernel has taken all of them. */
  async send(bytes: Uint8Array): Promise<void> {
    for (let o = 0; o < bytes.length; o += CHUNK_BYTES) {
      const { socket } = this;
      if (socket === undefined || socket.destroyed) throw this.lost();
      if (socket.write(bytes.subarray(o, o + CHUNK_BYTES))) continue;
      await new Promise<void>((resolve) => {
        socket.once('drain', resolve);
        socket.once('close', () => resolve());
      });
    }
  }

  close(): void {
    this.isClosing = true;
    clearInterval(this.keepalives);
    this.socket?.destroy();
  }

  /** @throws when the session is gone */
  assertAlive(): void {
    if (this.socket === undefined || this.socket.destroyed) throw this.lost();
  }

  private lost(): Error {
    return this.failure ?? new Error(`${this.options.name}: the session is lost`);
  }

  /** Resolves when the session is up or this connection is over. */
  private attempt(): Promise<void> {
    const { remote, localAddress } = this.options;
    return new Promise((resolve) => {
      const socket = connect({ ...remote, ...(localAddress !== undefined && { localAddress }) });
      socket.setNoDelay(true);
      this.socket = socket;
      this.rest = Buffer.alloc(0);
      this.established = resolve;
      socket.on('connect', () => socket.write(openMessage(this.options)));
      socket.on('data', (data) => this.take(data));
      socket.on('error', (error) => {
        this.failure ??= error;
      });
      socket.on('close', () => {
        clearInterval(this.keepalives);
        if (this.isOpen && !this.isClosing) this.failure ??= this.lost();
        resolve();
      });
    });
  }

  private take(data: Buffer): void {
    const b = this.rest.length === 0 ? data : Buffer.concat([this.rest, data]);
    const before = this.present;
    let o = 0;
    while (o + HEADER_BYTES <= b.length) {
      const length = messageBytes(b, o);
      if (o + length > b.length) break;
      this.message(b, o, o + length);
      o += length;
    }
    this.rest = b.subarray(o);
    if (this.present !== before) this.lastChange = performance.now();
  }

  private message(b: Buffer, start: number, end: number): void {
    switch (b[start + 18]) {
      case OPEN:
        this.socket?.write(keepaliveMessage());
        return;
      case KEEPALIVE:
        if (this.isOpen) return;
        this.isOpen = true;
        this.failure = undefined;
        this.keepalives = setInterval(
          () => this.socket?.write(keepaliveMessage()),
          KEEPALIVE_INTERVAL_MS,
        );
        this.established?.();
        return;
      case NOTIFICATION:
        this.failure = new Error(
          `${this.options.name}: NOTIFICATION ${b[start + 19]}/${b[start + 20]} ${b.toString('hex', start + 21, end)}`,
        );
        return;
      case UPDATE:
        this.update(b, start + HEADER_BYTES, end);
    }
  }

  private update(b: Uint8Array, start: number, end: number): void {
    this.updates++;
    const withdrawnEnd = start + 2 + readUint16(b, start);
    this.mark(b, start + 2, withdrawnEnd, 0, indexOfIpv4);
    const attributesEnd = withdrawnEnd + 2 + readUint16(b, withdrawnEnd);
    for (let o = withdrawnEnd + 2; o < attributesEnd; ) {
      const isLong = ((b[o] as number) & 0x10) !== 0;
      const value = o + (isLong ? 4 : 3);
      const length = isLong ? readUint16(b, o + 2) : (b[o + 2] as number);
      const type = b[o + 1];
      const indexOf = readUint16(b, value) === 1 ? indexOfIpv4 : indexOfIpv6;
      if (type === MP_REACH)
        this.mark(b, value + 5 + (b[value + 3] as number), value + length, 1, indexOf);
      if (type === MP_UNREACH) this.mark(b, value + 3, value + length, 0, indexOf);
      o = value + length;
    }
    this.mark(b, attributesEnd, end, 1, indexOfIpv4);
  }

  private mark(
    b: Uint8Array,
    start: number,
    end: number,
    isPresent: 0 | 1,
    indexOf: typeof indexOfIpv4,
  ): void {
    for (let o = start; o < end; o += 1 + (((b[o] as number) + 7) >> 3)) {
      const index = indexOf(b, o, this.options.prefixes);
      if (index < 0) {
        this.foreign += isPresent;
        continue;
      }
      if (this.has[index] === isPresent) continue;
      this.has[index] = isPresent;
      this.present += isPresent === 1 ? 1 : -1;
    }
  }
}

const hasIpv6 = (prefixes: Prefixes): boolean => ipv4Count(prefixes) < prefixes.count;

function openMessage({ asn, routerId, isExtendedNextHop, prefixes }: SpeakerOptions): Uint8Array {
  const asnBytes = new Uint8Array(4);
  writeUint32(asnBytes, 0, asn);
  const capabilities = [
    [1, 4, 0, 1, 0, 1], // IPv4 unicast
    ...(hasIpv6(prefixes) ? [[1, 4, 0, 2, 0, 1]] : []),
    [2, 0], // route refresh
    [65, 4, ...asnBytes],
    ...(isExtendedNextHop ? [[5, 6, 0, 1, 0, 1, 0, 2]] : []),
  ].flat();
  const message = new Uint8Array(31 + capabilities.length).fill(0xff, 0, 16);
  writeUint16(message, 16, message.length);
  message[18] = OPEN;
  message[19] = 4; // version
  writeUint16(message, 20, asn > 0xffff ? AS_TRANS : asn);
  writeUint16(message, 22, HOLD_TIME_SECONDS);
  message.set(routerId.split('.').map(Number), 24);
  message.set([capabilities.length + 2, 2, capabilities.length, ...capabilities], 28);
  return message;
}

function keepaliveMessage(): Uint8Array {
  const message = new Uint8Array(HEADER_BYTES).fill(0xff, 0, 16);
  writeUint16(message, 16, HEADER_BYTES);
  message[18] = KEEPALIVE;
  return message;
}
