/**
 * Receiving: one recvmmsg per socket that has something, into the free slots of the batch.
 *
 * Standard: recvmmsg(2). Several sockets fill one batch, so that a thousand quiet ports do not mean a
 * thousand batches of one datagram.
 *
 * Invariants
 * - Slot i is filled through message i. When a datagram is refused the ones after it move to lower
 *   descriptors, never to lower slots.
 * - Descriptors [0, count) are complete whenever `fill` returns.
 *
 * @module
 */
import {
  AF_INET,
  DESCRIPTOR_BYTES,
  familyOf,
  LENGTH,
  portOf,
  SOCKADDR,
  SOCKADDR_BYTES,
  SOCKADDR_OFFSET,
  SOCKET,
  START,
  TAG,
  wordOf,
} from '../descriptor.ts';
import type { BatchMemory, UnderlayCounters } from '../io.ts';
import { EAGAIN, EINTR, MSG_DONTWAIT, MSG_TRUNC } from './constants.ts';
import {
  CONTROL_LENGTH,
  type Layout,
  MESSAGE_BYTES,
  MESSAGE_FLAGS,
  NAME_LENGTH,
  RECEIVED_LENGTH,
} from './layout.ts';
import type { BatchSocket } from './sockets.ts';
import type { SystemCalls } from './system-calls.ts';

/** Below this many free slots the batch is handed on first: a busy socket deserves a real call. */
const ROOM_MIN = 16;

export interface BatchReceiver {
  /** Descriptors filled so far. */
  readonly count: number;
  /** Whether the batch should be handed on before another socket is asked. */
  readonly isFull: boolean;
  /** Takes what the socket has, as far as there is room. */
  fill(socket: BatchSocket): void;
  /** Starts the next batch: the slots are free again. */
  restart(): void;
}

export function createBatchReceiver(
  calls: SystemCalls,
  layout: Layout,
  memory: BatchMemory,
  counters: UnderlayCounters,
): BatchReceiver {
  const { words, bytes, base } = layout;
  const { rxCount, rxDescriptors, rxSlots, slotBytes } = memory;
  const roomMin = Math.min(ROOM_MIN, rxCount);
  /** The next message and slot; at least `count`. */
  let slot = 0;
  let count = 0;
  // The kernel overwrites the lengths it was given: they are set before the first use and after each.
  for (let i = 0; i < rxCount; i++)
    words[wordOf(layout.rxMessages + i * MESSAGE_BYTES) + NAME_LENGTH] = SOCKADDR_BYTES;

  function accept(id: number): void {
    const message = wordOf(layout.rxMessages + slot * MESSAGE_BYTES);
    const from = wordOf(rxDescriptors + slot * DESCRIPTOR_BYTES);
    const isTruncated = ((words[message + MESSAGE_FLAGS] as number) & MSG_TRUNC) !== 0;
    words[message + NAME_LENGTH] = SOCKADDR_BYTES;
    words[message + CONTROL_LENGTH] = 0;
    if (isTruncated) {
      counters.rxTruncated++;
      return;
    }
    if (portOf(words, from + SOCKADDR) === 0) {
      counters.rxBadSource++;
      return;
    }
    if (familyOf(words, from + SOCKADDR) === AF_INET) {
      // The kernel wrote 16 octets; what an IPv6 address left behind them goes.
      words[from + SOCKADDR + 4] = 0;
      words[from + SOCKADDR + 5] = 0;
      words[from + SOCKADDR + 6] = 0;
    }
    const descriptor = wordOf(rxDescriptors + count * DESCRIPTOR_BYTES);
    if (count !== slot) moveSockaddr(slot, count);
    words[descriptor + START] = rxSlots + slot * slotBytes;
    words[descriptor + LENGTH] = words[message + RECEIVED_LENGTH] as number;
    words[descriptor + SOCKET] = id;
    words[descriptor + TAG] = -1;
    count++;
  }

  function moveSockaddr(from: number, to: number): void {
    const start = rxDescriptors + from * DESCRIPTOR_BYTES + SOCKADDR_OFFSET;
    bytes.copyWithin(
      rxDescriptors + to * DESCRIPTOR_BYTES + SOCKADDR_OFFSET,
      start,
      start + SOCKADDR_BYTES,
    );
  }

  return {
    get count() {
      return count;
    },
    get isFull() {
      return rxCount - slot < roomMin;
    },
    fill(socket) {
      const messages = base + layout.rxMessages + slot * MESSAGE_BYTES;
      const received = calls.recvmmsg(socket.fd, messages, rxCount - slot, MSG_DONTWAIT);
      counters.rxCalls++;
      if (received < 0) {
        // Readiness is a hint: a datagram with a bad checksum is gone when it is asked for.
        if (received !== -EAGAIN && received !== -EINTR) counters.rxErrors++;
        return;
      }
      counters.rxDatagrams += received;
      for (let i = 0; i < received; i++) {
        accept(socket.id);
        slot++;
      }
    },
    restart() {
      slot = 0;
      count = 0;
    },
  };
}
