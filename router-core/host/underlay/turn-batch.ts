/**
 * Datagrams of one turn of the event loop, collected into one batch.
 *
 * Not standardized. The runtime brings datagrams one by one in its poll phase; `setImmediate` comes right
 * after it. A full batch is handed on at once.
 *
 * Invariants
 * - The handler is never called from inside the handler: `wake` waits for the end of the turn.
 * - Tx descriptors of a call are sent before the slots are filled again.
 *
 * @module
 */
import {
  DESCRIPTOR_BYTES,
  LENGTH,
  SOCKADDR_OFFSET,
  SOCKET,
  START,
  TAG,
  wordOf,
} from './descriptor.ts';
import { type BatchHandler, type BatchMemory, WOKEN_ROUNDS } from './io.ts';

export interface TurnBatch {
  /** Where the next datagram goes. */
  slotStart(): number;
  /** Where its source address goes. */
  sockaddrStart(): number;
  /** The datagram and its source address are in place. */
  add(socket: number, length: number): void;
  wake(): void;
  /** From here on the handler hears of datagrams; before, they are dropped. */
  start(handler: BatchHandler): void;
  stop(): void;
}

/** `send` sends tx descriptors [0, count); `failed` hears what the handler throws. */
export function createTurnBatch(
  memory: BatchMemory,
  send: (count: number) => void,
  failed: (error: unknown) => void,
): TurnBatch {
  const words = new Int32Array(memory.buffer);
  let handler: BatchHandler | undefined;
  let count = 0;
  let isScheduled = false;
  let isWoken = false;

  function handOn(): void {
    const received = count;
    count = 0;
    if (received === 0 || handler === undefined) return;
    send(handler.received(received));
    handler.sent();
  }

  function wakeHandler(): void {
    isWoken = false;
    for (let round = 0; round < WOKEN_ROUNDS; round++) {
      if (handler === undefined) return;
      const sending = handler.woken();
      send(sending);
      if (sending < memory.txMax) return;
    }
    isWoken = true;
    schedule();
  }

  function endOfTurn(): void {
    isScheduled = false;
    try {
      handOn();
      if (isWoken) wakeHandler();
    } catch (error) {
      failed(error);
    }
  }

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(endOfTurn);
  }

  return {
    slotStart: () => memory.rxSlots + count * memory.slotBytes,
    sockaddrStart: () => memory.rxDescriptors + count * DESCRIPTOR_BYTES + SOCKADDR_OFFSET,
    add(socket, length) {
      const descriptor = wordOf(memory.rxDescriptors + count * DESCRIPTOR_BYTES);
      words[descriptor + START] = memory.rxSlots + count * memory.slotBytes;
      words[descriptor + LENGTH] = length;
      words[descriptor + SOCKET] = socket;
      words[descriptor + TAG] = -1;
      count++;
      schedule();
      if (count < memory.rxCount) return;
      try {
        handOn();
      } catch (error) {
        failed(error);
      }
    },
    wake() {
      isWoken = true;
      schedule();
    },
    start(next) {
      handler = next;
    },
    stop() {
      handler = undefined;
    },
  };
}
