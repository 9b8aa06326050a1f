/**
 * One BGP session, with just enough of the protocol to announce octets and to hear UPDATEs.
 *
 * Standard: RFC 4271, RFC 5492 (capabilities), RFC 8950. Its own code, not router-core/bgp's: what is
 * heard here is a judgement about that.
 *
 * @module
 */
import { connect, type Socket } from 'node:net';
import { readUint16, writeUint16, writeUint32 } from '../../router-core/base/bytes.ts';

export type SessionOptions = {
  readonly name: string;
  readonly asn: number;
  /** IPv4 address in text: the BGP identifier. */
  readonly routerId: string;
  readonly remote: { readonly host: string; readonly port: number };
  readonly localAddress?: string;
  readonly isExtendedNextHop: boolean;
  readonly hasIpv6: boolean;
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
const CHUNK_BYTES = 256 * 1024;

export class BgpSession {
  private readonly options: SessionOptions;
  /** Called with the body of each UPDATE, after the header; the octets are valid during the call only. */
  private readonly onUpdate: (b: Uint8Array, start: number, end: number) => void;
  private socket: Socket | undefined;
  private rest: Buffer = Buffer.alloc(0);
  private isOpen = false;
  private isClosing = false;
  private established: (() => void) | undefined;
  private keepalives: NodeJS.Timeout | undefined;
  private failure: Error | undefined;

  constructor(
    options: SessionOptions,
    onUpdate: (b: Uint8Array, start: number, end: number) => void,
  ) {
    this.options = options;
    this.onUpdate = onUpdate;
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
    let o = 0;
    while (o + HEADER_BYTES <= b.length) {
      const length = readUint16(b, o + 16);
      if (o + length > b.length) break;
      this.message(b, o, o + length);
      o += length;
    }
    this.rest = b.subarray(o);
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
        this.onUpdate(b, start + HEADER_BYTES, end);
    }
  }
}

function openMessage({ asn, routerId, isExtendedNextHop, hasIpv6 }: SessionOptions): Uint8Array {
  const asnBytes = new Uint8Array(4);
  writeUint32(asnBytes, 0, asn);
  const capabilities = [
    [1, 4, 0, 1, 0, 1], // IPv4 unicast
    ...(hasIpv6 ? [[1, 4, 0, 2, 0, 1]] : []),
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
