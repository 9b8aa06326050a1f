/**
 * One BGP session, with just enough of the protocol to announce octets and to hear UPDATEs.
 *
 * Standard: RFC 4271, RFC 5492 (capabilities), RFC 8950. Its own code, not router-core/bgp's: what is
 * heard here is a judgement about that.
 *
 * @module
 */
import { connect, type Socket } from 'node:net';
import { readUint16, readUint32, writeUint16, writeUint32 } from '../../router-core/base/bytes.ts';

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
/** A router may hold a neighbor that flaps for up to two minutes. */
const CONNECT_LIMIT_MS = 150_000;
const HEADER_BYTES = 19;
const OPEN = 1;
const UPDATE = 2;
const NOTIFICATION = 3;
const KEEPALIVE = 4;
const CHUNK_BYTES = 256 * 1024;
/** For a dial of the other side. */
const PATIENCE_MS = 4000;

/** One TCP connection of a session, and how far its OPENs are. */
class Connection {
  readonly socket: Socket;
  /** We dialed. */
  readonly isOurs: boolean;
  /** The other side's identifier, once its OPEN came. */
  remoteId: number | undefined;
  /** Our KEEPALIVE left. */
  isConfirmed = false;
  /** Theirs came; perhaps before ours left. */
  isAnswered = false;
  isEstablished = false;
  private rest: Buffer = Buffer.alloc(0);

  constructor(socket: Socket, isOurs: boolean) {
    socket.setNoDelay(true);
    this.socket = socket;
    this.isOurs = isOurs;
  }

  /** Calls with every whole message; the octets are valid during the call only. */
  take(data: Buffer, onMessage: (b: Buffer, start: number, end: number) => void): void {
    const b = this.rest.length === 0 ? data : Buffer.concat([this.rest, data]);
    let o = 0;
    while (o + HEADER_BYTES <= b.length) {
      const length = readUint16(b, o + 16);
      if (o + length > b.length) break;
      onMessage(b, o, o + length);
      o += length;
    }
    this.rest = b.subarray(o);
  }
}

export class BgpSession {
  /** Connections that met another one of the same session, by whose dial was given up. */
  readonly collisions = { ours: 0, theirs: 0 };
  private readonly options: SessionOptions;
  /** Called with the body of each UPDATE, after the header; the octets are valid during the call only. */
  private readonly onUpdate: (b: Uint8Array, start: number, end: number) => void;
  /** The established one. */
  private socket: Socket | undefined;
  private readonly connections = new Set<Connection>();
  private isOpen = false;
  private isClosing = false;
  /** Somebody waits for the session. */
  private isWanted = false;
  private established: (() => void) | undefined;
  private accepted: (() => void) | undefined;
  private keepalives: NodeJS.Timeout | undefined;
  private failure: Error | undefined;

  constructor(
    options: SessionOptions,
    onUpdate: (b: Uint8Array, start: number, end: number) => void,
  ) {
    this.options = options;
    this.onUpdate = onUpdate;
  }

  /**
   * Connects until the session is established. `collides`: not before the other side dials, and then at
   * once, so that two connections meet (RFC 4271 §6.8).
   */
  async establish(collides = false): Promise<void> {
    const until = performance.now() + CONNECT_LIMIT_MS;
    this.isWanted = true;
    if (collides) await this.dialOfTheOtherSide();
    while (!this.isOpen) {
      if (performance.now() > until)
        throw this.failure ?? new Error(`${this.options.name}: no session`);
      await this.attempt();
      if (!this.isOpen) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  /** The other side dialed. */
  accept(socket: Socket): void {
    if (!this.isWanted || this.isClosing || this.isOpen) {
      socket.destroy();
      return;
    }
    const connection = this.add(socket, false);
    // Time for our own dial to come as far.
    setTimeout(() => socket.write(openMessage(this.options)), RETRY_MS / 4);
    socket.on('close', () => this.gone(connection));
    this.accepted?.();
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
    for (const { socket } of this.connections) socket.destroy();
  }

  /** @throws when the session is gone */
  assertAlive(): void {
    if (this.socket === undefined || this.socket.destroyed) throw this.lost();
  }

  private lost(): Error {
    return this.failure ?? new Error(`${this.options.name}: the session is lost`);
  }

  private dialOfTheOtherSide(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, PATIENCE_MS);
      this.accepted = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Resolves when the session is up or this connection is over. */
  private attempt(): Promise<void> {
    const { remote, localAddress } = this.options;
    return new Promise((resolve) => {
      const socket = connect({ ...remote, ...(localAddress !== undefined && { localAddress }) });
      const connection = this.add(socket, true);
      this.established = resolve;
      socket.on('connect', () => socket.write(openMessage(this.options)));
      socket.on('close', () => {
        this.gone(connection);
        // Another connection may become the session.
        if (this.connections.size === 0) resolve();
      });
    });
  }

  private add(socket: Socket, isOurs: boolean): Connection {
    const connection = new Connection(socket, isOurs);
    this.connections.add(connection);
    socket.on('data', (data) =>
      connection.take(data, (b, start, end) => this.message(connection, b, start, end)),
    );
    socket.on('error', (error) => {
      this.failure ??= error;
    });
    return connection;
  }

  private gone(connection: Connection): void {
    this.connections.delete(connection);
    if (connection.isEstablished) {
      clearInterval(this.keepalives);
      if (!this.isClosing) this.failure ??= this.lost();
      return;
    }
    for (const other of this.connections) if (other.remoteId !== undefined) this.confirm(other);
    if (this.connections.size === 0) this.established?.();
  }

  private message(connection: Connection, b: Buffer, start: number, end: number): void {
    switch (b[start + 18]) {
      case OPEN:
        connection.remoteId = readUint32(b, start + 24);
        this.opened(connection, connection.remoteId);
        return;
      case KEEPALIVE:
        connection.isAnswered = true;
        this.establishOver(connection);
        return;
      case NOTIFICATION:
        if (connection.isEstablished || this.connections.size === 1)
          this.failure = new Error(
            `${this.options.name}: NOTIFICATION ${b[start + 19]}/${b[start + 20]} ${b.toString('hex', start + 21, end)}`,
          );
        return;
      case UPDATE:
        this.onUpdate(b, start + HEADER_BYTES, end);
    }
  }

  /** RFC 4271 §6.8: the connection that the side with the higher identifier began is the one. */
  private opened(connection: Connection, remoteId: number): void {
    const rival = [...this.connections].find((other) => other !== connection);
    if (rival === undefined) {
      this.confirm(connection);
      return;
    }
    if (rival.isEstablished) {
      this.cease(connection);
      return;
    }
    const isOursTheOne = identifierOf(this.options) > remoteId;
    if (connection.isOurs === isOursTheOne) {
      this.collisions[isOursTheOne ? 'theirs' : 'ours']++;
      this.cease(rival);
      this.confirm(connection);
    }
    // Else it is confirmed when the other one comes to nothing.
  }

  private cease(connection: Connection): void {
    this.connections.delete(connection);
    connection.socket.end(COLLISION_RESOLUTION);
  }

  private confirm(connection: Connection): void {
    if (connection.isConfirmed) return;
    connection.isConfirmed = true;
    connection.socket.write(keepaliveMessage());
    this.establishOver(connection);
  }

  private establishOver(connection: Connection): void {
    if (this.isOpen || !connection.isConfirmed || !connection.isAnswered) return;
    connection.isEstablished = true;
    this.isOpen = true;
    this.socket = connection.socket;
    this.failure = undefined;
    for (const other of this.connections) if (other !== connection) this.cease(other);
    this.keepalives = setInterval(
      () => connection.socket.write(keepaliveMessage()),
      KEEPALIVE_INTERVAL_MS,
    );
    this.established?.();
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

const identifierOf = ({ routerId }: SessionOptions): number =>
  readUint32(Uint8Array.from(routerId.split('.').map(Number)), 0);

/** Cease, Connection Collision Resolution (RFC 4486). */
const COLLISION_RESOLUTION = Uint8Array.of(...new Array<number>(16).fill(0xff), 0, 21, 3, 6, 7);

function keepaliveMessage(): Uint8Array {
  const message = new Uint8Array(HEADER_BYTES).fill(0xff, 0, 16);
  writeUint16(message, 16, HEADER_BYTES);
  message[18] = KEEPALIVE;
  return message;
}
