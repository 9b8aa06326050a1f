/**
 * The underlay over plain `node:dgram`: the path that runs everywhere.
 *
 * Not standardized; docs/architecture.md §6. Each SocketId is a port, with a socket for IPv4 and
 * one for IPv6 behind it. A datagram is copied once into its slot; a slot that is being sent is
 * released when the system has taken it.
 *
 * Invariants
 * - No name is ever resolved here: addresses are literals, and `lookup` only hands them through.
 * - At most the arena's slots are in flight; what does not fit is dropped and counted.
 * - A port is open in every family that was asked for, or in none.
 *
 * @module
 */
import type { Socket } from 'node:dgram';
import { readUint32 } from '../base/bytes.ts';
import type { DropCounters } from '../base/drop-reason.ts';
import { formatIpAddress, parseIpAddress } from '../base/ip-address.ts';
import { NONE, type PacketSlot, type SocketId } from '../base/units.ts';
import { DATA_BYTES, type DatagramSink, type PacketArena } from '../router/index.ts';
import { growBuffers, openSocket } from './underlay/dgram-ports.ts';
import { isFamilyMissing, openedPort, wishedFamilies } from './underlay/families.ts';
import type { OpenedPort } from './underlay/io.ts';
import { errorCode } from './underlay/send-errors.ts';
import { markSocket } from './underlay/socket-mark.ts';

export interface UdpSockets extends DatagramSink {
  /** Opens a port. Resolves when at least one family listens. */
  open(socket: SocketId, port: number, host: string): Promise<OpenedPort>;
  /** Resolves when others may have the port. */
  close(socket: SocketId): Promise<void>;
  closeAll(): void;
}

/** Sockets for those who choose each family themselves. */
export interface FamilySockets extends UdpSockets {
  /** Opens one family; 0 is any port. Resolves with the port, and why the mark could not be set. @throws as `bind` fails */
  openFamily(
    socket: SocketId,
    wish: FamilySocketWish,
  ): Promise<{ readonly port: number; readonly note?: string }>;
}

export type FamilySocketWish = {
  readonly family: 4 | 6;
  /** An address of the family. */
  readonly host: string;
  readonly port: number;
  /** SO_MARK; 0 is none. */
  readonly mark: number;
};

export type UdpSocketsOptions = {
  readonly arena: PacketArena;
  readonly drops: Pick<DropCounters, 'arena-full' | 'too-big' | 'bad-source' | 'socket-error'>;
  /** Takes the slot; called once per datagram, many times per turn of the event loop. */
  receive(slot: PacketSlot): void;
};

const CACHE_SIZE = 4096;
/** Datagrams that wait for their port to open: a handshake for each of that many peers. */
export const WAITING_MAX = 1024;

/** While a port opens, what is to leave by it waits: the first handshake of a restart is among it. */
type Port = {
  ipv4?: Socket;
  ipv6?: Socket;
  isOpening: boolean;
  readonly waiting: PacketSlot[];
  /** While its sockets are bound: what is to be called when that has ended, and it was closed meanwhile. */
  freed: (() => void)[] | undefined;
};

export function createUdpSockets({ arena, drops, receive }: UdpSocketsOptions): FamilySockets {
  const ports = new Map<SocketId, Port>();
  const buffer = Buffer.from(arena.bytes.buffer, arena.bytes.byteOffset, arena.bytes.byteLength);
  const texts = new AddressTexts();
  const parsed = new Map<string, Uint8Array>();

  function bytesOf(address: string): Uint8Array | undefined {
    const known = parsed.get(address);
    if (known !== undefined) return known;
    // A link-local source comes with a zone: the socket it arrived by is all we need of it.
    const fresh = parseIpAddress(address.split('%')[0] as string)?.bytes;
    if (fresh === undefined) return undefined;
    if (parsed.size >= CACHE_SIZE) parsed.clear();
    parsed.set(address, fresh);
    return fresh;
  }

  function listen(family: 4 | 6, id: SocketId, port: number, host: string): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = openSocket(family, false);
      const failed = (error: Error): void => {
        socket.close();
        reject(error);
      };
      socket.once('error', failed);
      socket.bind({ port, address: host, exclusive: true }, () => {
        socket.off('error', failed);
        // An ICMP error about a datagram surfaces here on some systems; the counter tells.
        socket.on('error', () => {
          drops['socket-error']++;
        });
        growBuffers(socket);
        socket.on('message', (datagram, from) => {
          // RFC 768: source port 0 means "no answer wanted"; the system refuses to send there.
          if (from.port === 0) {
            drops['bad-source']++;
            return;
          }
          if (datagram.length > DATA_BYTES) {
            drops['too-big']++;
            return;
          }
          const remote = bytesOf(from.address);
          const slot = remote === undefined ? (NONE as PacketSlot) : arena.allocate();
          if (slot === NONE || remote === undefined) {
            drops['arena-full']++;
            return;
          }
          const start = arena.start[slot] as number;
          arena.bytes.set(datagram, start);
          arena.end[slot] = start + datagram.length;
          arena.socket[slot] = id;
          arena.remoteFamily[slot] = family;
          arena.remotePort[slot] = from.port;
          arena.remoteAddress.set(remote, slot * 16);
          receive(slot);
        });
        resolve(socket);
      });
    });
  }

  /** The Router names a socket, sends by it, and asks for it to be opened, in one turn: else nobody will. */
  function expect(id: SocketId): Port {
    const port: Port = { isOpening: true, waiting: [], freed: undefined };
    ports.set(id, port);
    queueMicrotask(() => {
      const isExpected = port.isOpening && port.freed === undefined;
      if (!isExpected || ports.get(id) !== port) return;
      ports.delete(id);
      port.waiting.forEach(drop);
    });
    return port;
  }

  function drop(slot: PacketSlot): void {
    drops['socket-error']++;
    arena.release(slot);
  }

  /** Opens the sockets of a port, then sends what waited for them. */
  async function openInto<T>(id: SocketId, open: (port: Port) => Promise<T>): Promise<T> {
    const opened = ports.get(id) ?? expect(id);
    const freed: (() => void)[] = [];
    opened.freed = freed;
    try {
      return await open(opened);
    } catch (error) {
      // Half a port is none: the other family would keep it busy for nobody.
      if (ports.get(id) === opened) ports.delete(id);
      throw error;
    } finally {
      // Also when it was closed while it was being opened: nobody will close it again.
      if (ports.get(id) !== opened) closePort(opened);
      opened.isOpening = false;
      opened.freed = undefined;
      for (const free of freed) free();
      for (const slot of opened.waiting.splice(0))
        if (ports.get(id) === opened) sendDatagram(slot);
        else drop(slot);
    }
  }

  function sendDatagram(slot: PacketSlot): void {
    const id = arena.socket[slot] as SocketId;
    const port = ports.get(id) ?? expect(id);
    const family = arena.remoteFamily[slot];
    const socket = family === 4 ? port.ipv4 : port.ipv6;
    if (port.isOpening && port.waiting.length < WAITING_MAX) {
      port.waiting.push(slot);
      return;
    }
    const remotePort = arena.remotePort[slot] as number;
    if (socket === undefined || remotePort === 0) {
      drop(slot);
      return;
    }
    const start = arena.start[slot] as number;
    const length = (arena.end[slot] as number) - start;
    const address = texts.of(arena.remoteAddress, slot * 16, family === 4 ? 4 : 6);
    socket.send(buffer, start, length, remotePort, address, (error) => {
      if (error !== null) drops['socket-error']++;
      arena.release(slot);
    });
  }

  return {
    open: (id, port, host) =>
      openInto(id, async (opened) => {
        const families: (4 | 6)[] = [];
        const wished = wishedFamilies(host);
        let bound = port;
        for (const wish of wished) {
          try {
            const socket = await listen(wish.family, id, bound, wish.host);
            bound = socket.address().port;
            if (wish.family === 4) opened.ipv4 = socket;
            else opened.ipv6 = socket;
            families.push(wish.family);
          } catch (error) {
            if (!isFamilyMissing(wish, errorCode(error))) throw error;
          }
        }
        return openedPort(wished, families, bound);
      }),
    openFamily: (id, { family, host, port, mark }) =>
      openInto(id, async (opened) => {
        const socket = await listen(family, id, port, host);
        if (family === 4) opened.ipv4 = socket;
        else opened.ipv6 = socket;
        const note = mark === 0 ? undefined : await markSocket(socket, mark);
        return { port: socket.address().port, ...(note === undefined ? {} : { note }) };
      }),
    close(id) {
      const port = ports.get(id);
      ports.delete(id);
      for (const slot of port?.waiting.splice(0) ?? []) arena.release(slot);
      if (port !== undefined) closePort(port);
      const freed = port?.freed;
      return freed === undefined
        ? Promise.resolve()
        : new Promise((resolve) => freed.push(resolve));
    },
    closeAll() {
      for (const id of [...ports.keys()]) this.close(id);
    },
    sendDatagram,
  };
}

/** Closes what is open; what is still being opened is closed by whoever opens it. */
function closePort(port: Port): void {
  port.ipv4?.close();
  port.ipv6?.close();
  delete port.ipv4;
  delete port.ipv6;
}

/** Texts of addresses, direct-mapped by a hash of the octets: one string per remote, not per packet. */
class AddressTexts {
  private readonly keys = new Uint32Array(CACHE_SIZE * 5);
  private readonly texts: string[] = new Array<string>(CACHE_SIZE).fill('');

  of(bytes: Uint8Array, offset: number, family: 4 | 6): string {
    const a = readUint32(bytes, offset);
    const b = family === 4 ? 0 : readUint32(bytes, offset + 4);
    const c = family === 4 ? 0 : readUint32(bytes, offset + 8);
    const d = family === 4 ? 0 : readUint32(bytes, offset + 12);
    const slot =
      (Math.imul(a ^ Math.imul(b, 31) ^ Math.imul(c, 131) ^ d, 0x9e3779b1) >>> 20) &
      (CACHE_SIZE - 1);
    const key = slot * 5;
    const k = this.keys;
    const isKnown =
      k[key] === a &&
      k[key + 1] === b &&
      k[key + 2] === c &&
      k[key + 3] === d &&
      k[key + 4] === family;
    if (!isKnown) {
      k[key] = a;
      k[key + 1] = b;
      k[key + 2] = c;
      k[key + 3] = d;
      k[key + 4] = family;
      this.texts[slot] = formatIpAddress({
        family,
        bytes: bytes.slice(offset, offset + (family === 4 ? 4 : 16)),
      });
    }
    return this.texts[slot] as string;
  }
}
