/**
 * The burst underlay: `node:dgram` waits, and the descriptors of connected sockets are read and written
 * directly. No native code of ours.
 *
 * Not standardized. The runtime brings the first datagram of a burst; the rest is read with
 * `fs.readSync` straight into the slots, and peers with a socket are sent to with `fs.writeSync`
 * straight out of them. Measured: 0.61 of dgram's cost per octet of TCP (README.md).
 *
 * Invariants
 * - Datagrams of a peer keep their order: what the runtime has read comes before what is read here.
 * - A read that finds nothing costs an exception, so a socket that keeps being empty is asked less often.
 *
 * @module
 */
import type { RemoteInfo } from 'node:dgram';
import { readSync, writeSync } from 'node:fs';
import { type Connected, createConnectedSockets } from './connected-sockets.ts';
import {
  DESCRIPTOR_BYTES,
  equalSockaddr,
  LENGTH,
  SOCKADDR,
  SOCKET,
  START,
  TAG,
  wordOf,
} from './descriptor.ts';
import { burstObstacle } from './dgram-descriptor.ts';
import { createDgramPorts } from './dgram-ports.ts';
import { createDgramReceiver } from './dgram-receiver.ts';
import { createDgramRun } from './dgram-run.ts';
import { createDgramSender } from './dgram-sender.ts';
import {
  type BatchMemory,
  createUnderlayCounters,
  type OpenOutcome,
  type UnderlayIo,
} from './io.ts';
import { countSendFailure, errorCode } from './send-errors.ts';
import { createTurnBatch } from './turn-batch.ts';

/** Read from one socket in a row; others wait meanwhile, for about a millisecond. */
const DRAIN_MAX = 256;
/** After that many the runtime's own turn with this socket, of 32 datagrams, is left to end. */
const SKIPS_AFTER_MAX = 31;
/** So many pay for the exception at the end. */
const DRAIN_WORTHWHILE = 4;
const BACKOFF_MAX = 63;

/** Returns the I/O, or a sentence that says why this runtime cannot have it. */
export function createBurstIo(memory: BatchMemory): UnderlayIo | { readonly unavailable: string } {
  const obstacle = burstObstacle();
  return obstacle === undefined ? openBurstIo(memory) : { unavailable: obstacle };
}

function openBurstIo(memory: BatchMemory): UnderlayIo {
  const words = new Int32Array(memory.buffer);
  const shared = Buffer.from(memory.buffer);
  const counters = createUnderlayCounters();
  const run = createDgramRun(closeAll);
  const batch = createTurnBatch(memory, send, run.fail);
  const receiver = createDgramReceiver(memory, batch, counters);
  const ports = createDgramPorts({ counters, isShared: true, receive: receiver.take });
  const sender = createDgramSender(memory, ports, counters);
  const connected = createConnectedSockets({ ports, counters, receive: receiveFromPeer });

  function closeAll(): void {
    connected.closeAll();
    ports.closeAll();
  }

  function receiveFromPeer(peer: Connected, datagram: Buffer, from: RemoteInfo): void {
    receiver.take(peer.id, datagram, from);
    if (peer.skips > 0) peer.skips--;
    else drain(peer);
  }

  function drain(peer: Connected): void {
    let count = 0;
    while (count < DRAIN_MAX && !peer.isClosed && readInto(peer)) count++;
    peer.backoff = count < DRAIN_WORTHWHILE ? Math.min(BACKOFF_MAX, peer.backoff * 2 + 1) : 0;
    peer.skips = count === DRAIN_MAX ? SKIPS_AFTER_MAX : peer.backoff;
  }

  /** Reads one datagram into the batch; returns false when there is none. */
  function readInto(peer: Connected): boolean {
    let length = 0;
    try {
      // An octet more than a datagram may have: what fills it is too long.
      length = readSync(peer.fd, shared, batch.slotStart(), memory.slotDataBytes + 1, null);
    } catch (error) {
      readFailed(error);
      return false;
    }
    counters.rxCalls++;
    counters.rxDatagrams++;
    if (length > memory.slotDataBytes) {
      counters.rxTruncated++;
      return true;
    }
    words.set(peer.sockaddr, wordOf(batch.sockaddrStart()));
    batch.add(peer.id, length);
    return true;
  }

  function readFailed(error: unknown): void {
    const code = errorCode(error);
    // ICMP told us about something we sent; it says nothing about receiving.
    if (code === 'ECONNREFUSED') counters.txUnreachable++;
    else if (code !== 'EAGAIN') counters.rxErrors++;
  }

  function send(count: number): void {
    for (let i = 0; i < count; i++) if (!sendToPeer(i)) sender.send(i);
  }

  /** Sends by the peer's socket; returns false when the listening one has to. */
  function sendToPeer(index: number): boolean {
    const descriptor = wordOf(memory.txDescriptors + index * DESCRIPTOR_BYTES);
    const tag = words[descriptor + TAG] as number;
    const peer = tag < 0 ? undefined : connected.find(tag);
    if (peer === undefined || peer.id !== words[descriptor + SOCKET]) return false;
    if (!equalSockaddr(words, descriptor + SOCKADDR, peer.sockaddr, 0)) return false;
    const start = words[descriptor + START] as number;
    const length = words[descriptor + LENGTH] as number;
    // The runtime does not write nothing.
    if (length === 0) return false;
    counters.txCalls++;
    try {
      writeSync(peer.fd, shared, start, length, null);
    } catch (error) {
      return writeFailed(error, tag, peer, start, length);
    }
    counters.txDatagrams++;
    return true;
  }

  function writeFailed(
    error: unknown,
    tag: number,
    peer: Connected,
    start: number,
    length: number,
  ): boolean {
    const code = errorCode(error);
    if (code === 'ECONNREFUSED') {
      // The answer to an earlier datagram; this one was not sent.
      counters.txUnreachable++;
      return writeAgain(peer, start, length);
    }
    if (code === 'EAGAIN' || code === 'EMSGSIZE') {
      countSendFailure(counters, code);
      return true;
    }
    // A local address that is gone, a route that changed: the listening socket chooses afresh.
    connected.abandon(tag);
    return false;
  }

  function writeAgain(peer: Connected, start: number, length: number): boolean {
    counters.txCalls++;
    try {
      writeSync(peer.fd, shared, start, length, null);
      counters.txDatagrams++;
    } catch (error) {
      countSendFailure(counters, errorCode(error));
    }
    return true;
  }

  return {
    kind: 'burst',
    counters,
    wakeFd: undefined,
    open(id, port, host, done, only) {
      const settled = (outcome: OpenOutcome): void => {
        connected.retry();
        sender.portSettled(id);
        done(outcome);
      };
      ports.open(id, port, host, settled, only);
    },
    close(id, done) {
      connected.closePort(id);
      ports.close(id, done);
      sender.portSettled(id);
    },
    connect: connected.connect,
    disconnect: connected.disconnect,
    wake: batch.wake,
    run: (handler) =>
      run.start(batch, {
        received: (count) => handler.received(count),
        sent: () => handler.sent(),
        woken: () => handler.woken(),
        tick() {
          connected.tick(performance.now());
          handler.tick();
        },
      }),
    stop: run.stop,
  };
}
