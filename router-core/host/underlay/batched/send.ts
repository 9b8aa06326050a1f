/**
 * Sending: one sendmmsg per socket and batch, with runs to one destination as one message.
 *
 * Standard: sendmmsg(2); udp(7), UDP_SEGMENT: datagrams of one length, of which the last may be shorter,
 * walk the stack once (measured: 1.05 instead of 3.6 us per datagram of 1452 octets).
 *
 * Invariants
 * - When `send` returns the kernel has copied every datagram, or it is counted as lost.
 * - A message that segmentation cannot carry is sent as single datagrams at once: nothing is lost by it.
 *
 * @module
 */
import { getSystemErrorName } from 'node:util';
import {
  AF_INET,
  DESCRIPTOR_BYTES,
  familyOf,
  IPV4_SOCKADDR_BYTES,
  LENGTH,
  SOCKADDR,
  SOCKADDR_BYTES,
  SOCKADDR_OFFSET,
  START,
  TAG,
  wordOf,
} from '../descriptor.ts';
import { type BatchMemory, UDP_PAYLOAD_MAX, type UnderlayCounters } from '../io.ts';
import { countSendFailure } from '../send-errors.ts';
import { createChains } from './chains.ts';
import {
  EAGAIN,
  EINTR,
  EINVAL,
  EIO,
  EMSGSIZE,
  ENOBUFS,
  EOPNOTSUPP,
  GSO_SEGMENTS_MAX,
  MSG_DONTWAIT,
  POLLOUT,
} from './constants.ts';
import {
  CMSG_SPACE,
  CONTROL_LENGTH,
  CONTROL_WORDS,
  type Layout,
  MESSAGE_BYTES,
  NAME,
  NAME_LENGTH,
  SEGMENT_SIZE,
  VECTOR_BASE,
  VECTOR_BYTES,
  VECTOR_COUNT,
  VECTOR_LENGTH,
  VECTORS,
  writePointer,
} from './layout.ts';
import { createSegmentationMemory } from './segmentation-memory.ts';
import type { BatchSocket } from './sockets.ts';
import type { SystemCalls } from './system-calls.ts';

/** A full send buffer is waited for this often, a millisecond each, before the rest is dropped. */
const RETRIES_MAX = 4;
const RETRY_WAIT_MS = 1;
/** What a message with segments fails with when a single datagram might pass. */
const SEGMENTATION_ERRORS: readonly number[] = [EINVAL, EIO, EMSGSIZE, EOPNOTSUPP];

export interface BatchSender {
  /** Sends tx descriptors [0, count). */
  send(count: number, nowMs: number): void;
}

export function createBatchSender(
  calls: SystemCalls,
  layout: Layout,
  memory: BatchMemory,
  counters: UnderlayCounters,
  socketOf: (id: number, family: number) => BatchSocket | undefined,
): BatchSender {
  const { words, base } = layout;
  const chains = createChains(words, memory, socketOf);
  const segmentation = createSegmentationMemory();
  /** By message: its first descriptor, its first vector, how many of them. */
  const heads = new Int32Array(memory.txMax);
  const vectors = new Int32Array(memory.txMax);
  const segments = new Int32Array(memory.txMax);
  let messageCount = 0;
  let vectorCount = 0;

  const descriptorAt = (index: number): number =>
    wordOf(memory.txDescriptors + index * DESCRIPTOR_BYTES);
  const lengthAt = (index: number): number => words[descriptorAt(index) + LENGTH] as number;
  const messageAt = (message: number): number =>
    wordOf(layout.txMessages + message * MESSAGE_BYTES);

  /** Makes the messages of one chain, from its first descriptor on. */
  function buildMessages(chain: number, socket: BatchSocket, nowMs: number): void {
    for (let head = chain; head >= 0; ) {
      const length = lengthAt(head);
      const tag = words[descriptorAt(head) + TAG] as number;
      const next = chains.nextDatagram[head] as number;
      const canRun = next >= 0 && socket.hasSegmentation && segmentation.mayUse(tag, length, nowMs);
      head = canRun ? addRun(head, length) : addSingle(head, next);
    }
  }

  /** Both return the descriptor after what they took, or -1. */
  function addSingle(head: number, next: number): number {
    startMessage(head);
    addVector(head);
    finishMessage(1, 0);
    return next;
  }

  function addRun(head: number, length: number): number {
    startMessage(head);
    addVector(head);
    let count = 1;
    let total = length;
    let next = chains.nextDatagram[head] as number;
    while (next >= 0 && count < GSO_SEGMENTS_MAX) {
      const more = lengthAt(next);
      if (more > length || more === 0 || total + more > UDP_PAYLOAD_MAX) break;
      addVector(next);
      count++;
      total += more;
      next = chains.nextDatagram[next] as number;
      // Only the last segment may be shorter.
      if (more < length) break;
    }
    finishMessage(count, length);
    return next;
  }

  function startMessage(head: number): void {
    const message = messageAt(messageCount);
    const descriptor = descriptorAt(head);
    const isIpv4 = familyOf(words, descriptor + SOCKADDR) === AF_INET;
    heads[messageCount] = head;
    vectors[messageCount] = vectorCount;
    writePointer(
      layout,
      message + NAME,
      memory.txDescriptors + head * DESCRIPTOR_BYTES + SOCKADDR_OFFSET,
    );
    words[message + NAME_LENGTH] = isIpv4 ? IPV4_SOCKADDR_BYTES : SOCKADDR_BYTES;
    writePointer(layout, message + VECTORS, layout.txVectors + vectorCount * VECTOR_BYTES);
  }

  function addVector(index: number): void {
    const vector = wordOf(layout.txVectors + vectorCount * VECTOR_BYTES);
    const descriptor = descriptorAt(index);
    writePointer(layout, vector + VECTOR_BASE, words[descriptor + START] as number);
    words[vector + VECTOR_LENGTH] = words[descriptor + LENGTH] as number;
    words[vector + VECTOR_LENGTH + 1] = 0;
    vectorCount++;
  }

  function finishMessage(count: number, length: number): void {
    const message = messageAt(messageCount);
    const control = wordOf(layout.txControls) + messageCount * CONTROL_WORDS;
    words[message + VECTOR_COUNT] = count;
    words[message + CONTROL_LENGTH] = count > 1 ? CMSG_SPACE : 0;
    words[control + SEGMENT_SIZE] = length;
    segments[messageCount] = count;
    messageCount++;
  }

  function countSent(from: number, to: number): void {
    for (let i = from; i < to; i++) {
      const count = segments[i] as number;
      counters.txDatagrams += count;
      if (count > 1) {
        counters.gsoSends++;
        counters.gsoDatagrams += count;
      }
    }
  }

  function transmit(socket: BatchSocket, nowMs: number): void {
    let retries = 0;
    for (let at = 0; at < messageCount; ) {
      const messages = base + layout.txMessages + at * MESSAGE_BYTES;
      const result = calls.sendmmsg(socket.fd, messages, messageCount - at, MSG_DONTWAIT);
      counters.txCalls++;
      if (result > 0) {
        countSent(at, at + result);
        at += result;
      } else if (isTemporary(-result) && retries++ < RETRIES_MAX) {
        awaitRoom(socket.fd);
      } else if (isTemporary(-result)) {
        for (; at < messageCount; at++) counters.txWouldBlock += segments[at] as number;
      } else {
        messageFailed(socket, at, -result, nowMs);
        at++;
      }
    }
  }

  function awaitRoom(fd: number): void {
    words[wordOf(layout.pollEntry)] = fd;
    words[wordOf(layout.pollEntry) + 1] = POLLOUT;
    calls.poll(base + layout.pollEntry, 1, RETRY_WAIT_MS);
  }

  function messageFailed(socket: BatchSocket, message: number, error: number, nowMs: number): void {
    const count = segments[message] as number;
    if (count === 1 || !SEGMENTATION_ERRORS.includes(error)) {
      countSendFailure(counters, getSystemErrorName(-error), count);
      return;
    }
    const head = heads[message] as number;
    counters.gsoFallbacks++;
    segmentation.refused(words[descriptorAt(head) + TAG] as number, lengthAt(head), nowMs);
    sendSingly(socket, message, count);
  }

  /** The vectors of a message as one message each, all in the place of the first. */
  function sendSingly(socket: BatchSocket, message: number, count: number): void {
    const header = messageAt(message);
    words[header + VECTOR_COUNT] = 1;
    words[header + CONTROL_LENGTH] = 0;
    for (let i = 0; i < count; i++) {
      const vector = layout.txVectors + ((vectors[message] as number) + i) * VECTOR_BYTES;
      writePointer(layout, header + VECTORS, vector);
      const at = base + layout.txMessages + message * MESSAGE_BYTES;
      const result = calls.sendmmsg(socket.fd, at, 1, MSG_DONTWAIT);
      counters.txCalls++;
      if (result === 1) counters.txDatagrams++;
      else countSendFailure(counters, getSystemErrorName(result));
    }
  }

  return {
    send(count, nowMs) {
      counters.txOther += chains.sort(count);
      for (const socket of chains.sockets) {
        messageCount = 0;
        vectorCount = 0;
        for (let chain = socket.firstChain; chain >= 0; ) {
          buildMessages(chain, socket, nowMs);
          chain = chains.nextChain[chain] as number;
        }
        transmit(socket, nowMs);
      }
    },
  };
}

const isTemporary = (error: number): boolean =>
  error === EAGAIN || error === ENOBUFS || error === EINTR;
