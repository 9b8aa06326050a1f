/**
 * Underlay I/O by kind: processor time per datagram received and sent on loopback, in bursts.
 *
 * Received: what a full socket buffer holds. Sent: batches of one destination, as a busy tunnel has them.
 * The other end costs nothing here: it is written before, and read after, what is measured.
 *
 * @module
 */
import { createSocket, type Socket } from 'node:dgram';
import { readSync, writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { socketId } from '../../router-core/base/units.ts';
import { freePort } from '../../router-core/host/testing/free-port.ts';
import {
  DESCRIPTOR_BYTES,
  SOCKADDR_BYTES,
  SOCKADDR_OFFSET,
  wordOf,
  writeSockaddr,
} from '../../router-core/host/underlay/descriptor.ts';
import { descriptorOf } from '../../router-core/host/underlay/dgram-descriptor.ts';
import {
  type BatchHandler,
  chooseUnderlay,
  type UnderlayIo,
  type UnderlayKind,
} from '../../router-core/host/underlay/index.ts';
import { createBatchMemory } from '../../router-core/host/underlay/testing/memory.ts';
import type { Run } from '../lab/results.ts';

const SIZES = [1452, 96];
const KINDS: readonly UnderlayKind[] = ['plain', 'burst', 'batched'];
export const UNDERLAY_ANCHOR: UnderlayKind = 'plain';
/** Fits the socket buffer with the kernel's own share of each datagram. */
const DATAGRAMS = 1024;
const ROUNDS = 25;
const PEER = 1;
const PORT_ID = socketId(0);
const LOOPBACK = Uint8Array.of(127, 0, 0, 1);
const BUFFER_BYTES = 4 * 1024 * 1024;

/** Kinds that do not work here are left out. */
export async function benchUnderlay(): Promise<Run[]> {
  const runs: Run[] = [];
  for (const size of SIZES)
    for (const kind of KINDS) {
      const receiveUs = await receiving(kind, size);
      const sendUs = await sending(kind, size);
      if (receiveUs === undefined || sendUs === undefined) continue;
      runs.push({ router: kind, test: `underlay ${size} octets`, values: { receiveUs, sendUs } });
    }
  return runs;
}

async function receiving(kind: UnderlayKind, size: number): Promise<number | undefined> {
  const memory = createBatchMemory();
  const { io } = await chooseUnderlay(kind, memory);
  if (io.kind !== kind) return giveUp(io);
  const source = await loopbackSocket();
  const port = await freePort();
  await open(io, port);
  await connected(source, port);
  io.connect(PEER, PORT_ID, sockaddrOf(source.address().port));
  const fd = required(descriptorOf(source));
  const datagram = Buffer.alloc(size);
  const fill = (): void => {
    for (let i = 0; i < DATAGRAMS; i++) writeSync(fd, datagram);
  };
  const watch = new Stopwatch();
  let received = 0;
  fill();
  watch.start();
  await io.run({
    ...IDLE,
    received(count) {
      received += count;
      if (received < DATAGRAMS) return 0;
      received = 0;
      watch.stop();
      if (watch.rounds === ROUNDS) io.stop();
      else fill();
      watch.start();
      return 0;
    },
  });
  source.close();
  return watch.leastUs / DATAGRAMS;
}

async function sending(kind: UnderlayKind, size: number): Promise<number | undefined> {
  const memory = createBatchMemory();
  const { io } = await chooseUnderlay(kind, memory);
  if (io.kind !== kind) return giveUp(io);
  const sink = await unreadSocket();
  await open(io, await freePort());
  const sockaddr = sockaddrOf(sink.port);
  io.connect(PEER, PORT_ID, sockaddr);
  const words = new Int32Array(memory.buffer);
  for (let i = 0; i < memory.txMax; i++) {
    const descriptor = memory.txDescriptors + i * DESCRIPTOR_BYTES;
    const start = memory.txSlots + i * memory.slotBytes;
    words.set([start, size, PORT_ID, PEER], wordOf(descriptor));
    new Uint8Array(memory.buffer).set(sockaddr, descriptor + SOCKADDR_OFFSET);
  }
  const watch = new Stopwatch();
  let sent = 0;
  io.wake();
  watch.start();
  await io.run({
    ...IDLE,
    woken() {
      if (sent === DATAGRAMS) {
        watch.stop();
        sent = 0;
        sink.drain();
        if (watch.rounds === ROUNDS) {
          io.stop();
          return 0;
        }
        watch.start();
      }
      sent += memory.txMax;
      return memory.txMax;
    },
  });
  sink.close();
  return watch.leastUs / DATAGRAMS;
}

const IDLE: BatchHandler = {
  received: () => 0,
  sent: () => undefined,
  woken: () => 0,
  tick: () => undefined,
};

/** The least of many rounds, because others only ever add to it. */
class Stopwatch {
  rounds = 0;
  leastUs = Number.POSITIVE_INFINITY;
  private before = process.cpuUsage();

  start(): void {
    this.before = process.cpuUsage();
  }
  stop(): void {
    const { user, system } = process.cpuUsage(this.before);
    this.leastUs = Math.min(this.leastUs, user + system);
    this.rounds++;
  }
}

function giveUp(io: UnderlayIo): undefined {
  io.stop();
}

function open(io: UnderlayIo, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    io.open(PORT_ID, port, '127.0.0.1', (outcome) => {
      if ('error' in outcome) reject(outcome.error);
      else resolve();
    });
  });
}

function sockaddrOf(port: number): Uint8Array {
  const bytes = new Uint8Array(SOCKADDR_BYTES);
  writeSockaddr(bytes, 0, LOOPBACK, port);
  return bytes;
}

function loopbackSocket(): Promise<Socket> {
  const socket = createSocket('udp4');
  return new Promise((resolve) => socket.bind(0, '127.0.0.1', () => resolve(socket)));
}

const connected = (socket: Socket, port: number): Promise<void> =>
  new Promise((resolve) => socket.connect(port, '127.0.0.1', () => resolve()));

/** A socket that only `drain` reads. */
async function unreadSocket(): Promise<{ port: number; drain(): void; close(): void }> {
  const isDone = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL('./unread-socket-main.mjs', import.meta.url), {
    workerData: { isDone, bufferBytes: BUFFER_BYTES },
  });
  const { port, fd } = await new Promise<{ port: number; fd: number | undefined }>(
    (resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    },
  );
  const buffer = Buffer.alloc(2048);
  return {
    port,
    drain() {
      try {
        while (readSync(required(fd), buffer) >= 0);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      }
    },
    close() {
      Atomics.store(isDone, 0, 1);
      Atomics.notify(isDone, 0);
    },
  };
}

function required(fd: number | undefined): number {
  if (fd === undefined) throw new Error('this Node.js hides the descriptors of its UDP sockets');
  return fd;
}
