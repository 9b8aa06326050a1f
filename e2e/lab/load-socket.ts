/**
 * The socket of a generator of load: batches of system calls where koffi is, `node:dgram` elsewhere.
 *
 * With `dgram` a datagram costs about 5 µs, so the generator may be slower than the router under test:
 * whoever reports figures says which one it was.
 *
 * @module
 */
import { createSocket, type Socket } from 'node:dgram';
import { parseIpAddress } from '../../router-core/base/ip-address.ts';
import { BATCH, BatchedUdp, loadBatchedCalls, type Stock } from './batched-udp.ts';

/** `seconds`: from the first packet to the last. */
export type LoadResult = { readonly packets: number; readonly seconds: number };
/** Without a rate: as fast as possible. A repeated stock begins again until the time is over. */
export type Pace = {
  readonly seconds: number;
  readonly packetsPerSecond?: number;
  readonly isRepeated?: boolean;
};

export interface LoadSocket {
  readonly kind: 'sendmmsg' | 'dgram';
  /** Why it is not the faster one. */
  readonly note?: string;
  /** Sends one datagram, from this address when there is one. */
  send(datagram: Uint8Array, source?: Uint8Array): void;
  /** Resolves with the next datagram, or undefined when none comes in time. */
  receive(timeoutMs: number): Promise<Uint8Array | undefined>;
  sendStock(stock: Stock, pace: Pace): Promise<LoadResult>;
  /** Counts datagrams of this WireGuard type that are longer than `atLeast`. */
  count(type: number, atLeast: number, seconds: number): Promise<LoadResult>;
  close(): void;
}

/** Sent or received by `dgram` before the event loop has its turn. */
const DGRAM_BURST = 32;
const DGRAM_BUFFER_BYTES = 8 * 1024 * 1024;
/** How long a paced sender sleeps when it is ahead. */
const NAP_MS = 0.5;
const RECEIVE_TIMEOUT_MS = 50;

/** Opens a port whose datagrams go to `remote`. @throws when it is taken */
export async function openLoadSocket(
  port: number,
  remote: { readonly address: string; readonly port: number },
): Promise<LoadSocket> {
  const address = parseIpAddress(remote.address);
  if (address?.family !== 4) throw new Error(`load: ${remote.address} is no IPv4 address`);
  const calls = await loadBatchedCalls();
  if (typeof calls !== 'string')
    return batchedSocket(new BatchedUdp(calls, port, { ...remote, address: address.bytes }));
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(port, resolve));
  await new Promise<void>((resolve) => socket.connect(remote.port, remote.address, resolve));
  socket.setRecvBufferSize(DGRAM_BUFFER_BYTES);
  return dgramSocket(socket, calls);
}

/** How many packets may have left after this time. */
function allowedAfter(elapsedMs: number, { packetsPerSecond }: Pace, all: number): number {
  if (packetsPerSecond === undefined) return all;
  return Math.min(all, Math.floor((elapsedMs * packetsPerSecond) / 1000) + 1);
}

function batchedSocket(socket: BatchedUdp): LoadSocket {
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  return {
    kind: 'sendmmsg',
    send(datagram, source) {
      const stock = { bytes: datagram, datagramBytes: datagram.length, packets: 1 };
      socket.send(source === undefined ? stock : { ...stock, sources: source }, 0, 1);
    },
    async receive(timeoutMs) {
      socket.setTimeout(timeoutMs);
      // Handshakes come one at a time; more than one here would be keepalives behind the answer.
      return socket.receive() === 0 ? undefined : socket.datagram(0);
    },
    async sendStock(stock, pace) {
      const all = pace.isRepeated ? Number.MAX_SAFE_INTEGER : stock.packets;
      const started = performance.now();
      let sent = 0;
      let elapsed = 0;
      while (sent < all && elapsed < pace.seconds * 1000) {
        const allowed = allowedAfter(elapsed, pace, all);
        const first = sent % stock.packets;
        const count = Math.min(BATCH, allowed - sent, stock.packets - first);
        if (count > 0) sent += Math.max(0, socket.send(stock, first, count));
        else Atomics.wait(sleeper, 0, 0, NAP_MS);
        elapsed = performance.now() - started;
      }
      return { packets: sent, seconds: elapsed / 1000 };
    },
    async count(type, atLeast, seconds) {
      socket.setTimeout(RECEIVE_TIMEOUT_MS);
      const until = performance.now() + seconds * 1000;
      let packets = 0;
      let first = 0;
      let last = 0;
      for (let now = performance.now(); now < until; now = performance.now()) {
        const count = socket.receive();
        for (let i = 0; i < count; i++) {
          if (socket.octet(i, 0) !== type || (socket.lengths[i] as number) <= atLeast) continue;
          last = performance.now();
          if (packets++ === 0) first = last;
        }
      }
      return { packets, seconds: (last - first) / 1000 };
    },
    close: () => socket.close(),
  };
}

function dgramSocket(socket: Socket, note: string): LoadSocket {
  // A router that is not there yet answers with ICMP; the next datagram may find it.
  socket.on('error', () => undefined);
  return {
    kind: 'dgram',
    note,
    send(datagram, source) {
      if (source !== undefined) throw new Error(`load: one address only, because ${note}`);
      socket.send(datagram.slice());
    },
    receive: (timeoutMs) =>
      new Promise((resolve) => {
        const done = (datagram?: Uint8Array): void => {
          clearTimeout(timer);
          socket.off('message', done);
          resolve(datagram);
        };
        const timer = setTimeout(done, timeoutMs);
        socket.on('message', done);
      }),
    sendStock: (stock, pace) =>
      new Promise((resolve) => {
        const { bytes, datagramBytes } = stock;
        const all = pace.isRepeated ? Number.MAX_SAFE_INTEGER : stock.packets;
        const started = performance.now();
        let sent = 0;
        const burst = (): void => {
          const allowed = allowedAfter(performance.now() - started, pace, all);
          for (let i = 0; i < DGRAM_BURST && sent < allowed; i++, sent++)
            socket.send(bytes, (sent % stock.packets) * datagramBytes, datagramBytes);
          const elapsed = performance.now() - started;
          if (sent < all && elapsed < pace.seconds * 1000) setImmediate(burst);
          else resolve({ packets: sent, seconds: elapsed / 1000 });
        };
        burst();
      }),
    count(type, atLeast, seconds) {
      let packets = 0;
      let first = 0;
      let last = 0;
      socket.on('message', (datagram: Buffer) => {
        if (datagram[0] !== type || datagram.length <= atLeast) return;
        last = performance.now();
        if (packets++ === 0) first = last;
      });
      return new Promise((resolve) => {
        setTimeout(() => resolve({ packets, seconds: (last - first) / 1000 }), seconds * 1000);
      });
    },
    close: () => socket.close(),
  };
}
