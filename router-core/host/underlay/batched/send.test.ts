import { beforeEach, expect, test } from 'vitest';
import { socketId } from '../../../base/units.ts';
import {
  DESCRIPTOR_BYTES,
  IPV4_SOCKADDR_BYTES,
  SOCKADDR_BYTES,
  SOCKADDR_OFFSET,
  wordOf,
  writeSockaddr,
} from '../descriptor.ts';
import { createUnderlayCounters } from '../io.ts';
import { createBatchMemory } from '../testing/memory.ts';
import { EAGAIN, EINVAL, ENOBUFS } from './constants.ts';
import {
  CMSG_SPACE,
  CONTROL_LENGTH,
  CONTROL_WORDS,
  layOut,
  MESSAGE_BYTES,
  NAME,
  NAME_LENGTH,
  SEGMENT_SIZE,
  VECTOR_BASE,
  VECTOR_COUNT,
  VECTOR_LENGTH,
  VECTORS,
} from './layout.ts';
import { RETRY_AFTER_MS } from './segmentation-memory.ts';
import { type BatchSender, createBatchSender } from './send.ts';
import type { BatchSocket } from './sockets.ts';
import type { SystemCalls } from './system-calls.ts';

/** What the kernel was asked to send: by which descriptor, to which port, in which pieces. */
type Message = { fd: number; port: number; lengths: number[]; segment: number };

const memory = createBatchMemory(8, 128);
const words = new Int32Array(memory.buffer);
const bytes = new Uint8Array(memory.buffer);
/** An address as a process has it: above 4 GiB, so that both words of a pointer matter. */
const BASE = 0x7f12_ffff_f000;

let sent: Message[];
let polls: number;
/** Answers for the next calls of sendmmsg; when there is none everything is taken. */
let answers: ((messages: readonly Message[]) => number)[];
let sender: BatchSender;
let counters: ReturnType<typeof createUnderlayCounters>;

beforeEach(() => {
  sent = [];
  polls = 0;
  answers = [];
  counters = createUnderlayCounters();
  const layout = layOut(kernel(), memory);
  const sockets = [10, 11, 12].map(
    (fd): BatchSocket => ({
      fd,
      id: socketId(fd - 10),
      port: 0,
      hasSegmentation: fd !== 12,
      drops: 0,
      firstChain: -1,
      lastChain: -1,
    }),
  );
  sender = createBatchSender(kernel(layout), layout, memory, counters, (id) => sockets[id]);
});

test('equal lengths to one destination become one message, and the last may be shorter', () => {
  send(
    0,
    [1200, 1200, 1200, 80, 80, 1200].map((length) => ({ tag: 7, length })),
  );
  expect(sent).toEqual([
    { fd: 10, port: 107, lengths: [1200, 1200, 1200, 80], segment: 1200 },
    { fd: 10, port: 107, lengths: [80], segment: 0 },
    { fd: 10, port: 107, lengths: [1200], segment: 0 },
  ]);
  expect(counters).toMatchObject({ txDatagrams: 6, gsoSends: 1, gsoDatagrams: 4, txCalls: 1 });
});

test('destinations that come mixed are told apart, and each keeps its order', () => {
  const mixed = Array.from({ length: 8 }, (_, i) => ({ tag: i % 2, length: 500 }));
  send(0, mixed);
  expect(sent).toEqual([
    { fd: 10, port: 100, lengths: [500, 500, 500, 500], segment: 500 },
    { fd: 10, port: 101, lengths: [500, 500, 500, 500], segment: 500 },
  ]);
});

test('a socket gets one call, and tags that share a place do not mix', () => {
  send(0, [
    { tag: 1, length: 9, socket: 0 },
    { tag: 2, length: 9, socket: 1 },
    { tag: 257, length: 9, socket: 0 },
    { tag: 1, length: 9, socket: 0 },
    { tag: -1, length: 9, socket: 1 },
  ]);
  expect(sent.map(({ fd, port }) => [fd, port])).toEqual([
    [10, 101],
    [10, 357],
    [10, 101],
    [11, 102],
    [11, 99],
  ]);
  expect(counters.txCalls).toBe(2);
});

test('equal tags with another address are another destination', () => {
  send(0, [
    { tag: 1, length: 9 },
    { tag: 1, length: 9, port: 4000 },
  ]);
  expect(sent.map(({ port }) => port)).toEqual([101, 4000]);
});

test('a message has at most 64 segments and 65,507 octets', () => {
  send(
    0,
    Array.from({ length: 100 }, () => ({ tag: 1, length: 100 })),
  );
  expect(sent.map(({ lengths }) => lengths.length)).toEqual([64, 36]);
  sent = [];
  send(
    0,
    Array.from({ length: 20 }, () => ({ tag: 1, length: 9000 })),
  );
  expect(sent.map(({ lengths }) => lengths.length)).toEqual([7, 7, 6]);
});

test('where the system has no segmentation every datagram is a message', () => {
  send(0, [
    { tag: 1, length: 9, socket: 2 },
    { tag: 1, length: 9, socket: 2 },
  ]);
  expect(sent.map(({ lengths }) => lengths)).toEqual([[9], [9]]);
});

test('a path that refuses segments gets single datagrams, for this length, for a while', () => {
  const twice = (length: number) => [
    { tag: 1, length },
    { tag: 1, length },
  ];
  const lengths = (): number[][] => sent.splice(0).map((message) => message.lengths);
  answers = [() => -EINVAL];
  send(0, twice(1420));
  expect(lengths()).toEqual([[1420], [1420]]);
  expect(counters).toMatchObject({ gsoFallbacks: 1, txDatagrams: 2, txOther: 0 });
  send(1000, twice(1420));
  expect(lengths()).toEqual([[1420], [1420]]);
  send(1000, twice(96));
  expect(lengths()).toEqual([[96, 96]]);
  send(RETRY_AFTER_MS, twice(1420));
  expect(lengths()).toEqual([[1420, 1420]]);
});

test('a full buffer is waited for, and then the rest is dropped and counted', () => {
  answers = [() => 1, () => -EAGAIN, () => -ENOBUFS];
  send(
    0,
    [1, 2, 3].map((tag) => ({ tag, length: 9 })),
  );
  expect(sent).toHaveLength(3);
  expect(polls).toBe(2);
  answers = Array.from({ length: 9 }, () => () => -EAGAIN);
  send(
    0,
    [1, 2, 3].map((tag) => ({ tag, length: 9 })),
  );
  expect(counters.txWouldBlock).toBe(3);
});

test('a destination that fails is counted, and the others are sent', () => {
  const ENETUNREACH = 101;
  answers = [() => -ENETUNREACH];
  send(
    0,
    [1, 2, 3].map((tag) => ({ tag, length: 9 })),
  );
  expect(sent.map(({ port }) => port)).toEqual([102, 103]);
  expect(counters.txUnreachable).toBe(1);
});

test('a datagram without a socket is counted', () => {
  send(0, [{ tag: 1, length: 9, socket: 77 }]);
  expect(counters.txOther).toBe(1);
});

type Wish = { tag: number; length: number; socket?: number; port?: number };

function send(nowMs: number, wishes: readonly Wish[]): void {
  for (const [i, { tag, length, socket = 0, port = 100 + tag }] of wishes.entries()) {
    const descriptor = memory.txDescriptors + i * DESCRIPTOR_BYTES;
    words.set([memory.txSlots + i * memory.slotBytes, length, socket, tag], wordOf(descriptor));
    writeSockaddr(bytes, descriptor + SOCKADDR_OFFSET, Uint8Array.of(192, 0, 2, 1), port);
  }
  sender.send(wishes.length, nowMs);
}

/** A kernel that reads the structures as the real one does. */
function kernel(layout?: ReturnType<typeof layOut>): SystemCalls {
  const refuse = (): number => {
    throw new Error('not a call of the sender');
  };
  return {
    base: BASE,
    memory: memory.buffer,
    socket: refuse,
    bind: refuse,
    getsockname: refuse,
    setsockopt: refuse,
    getsockopt: refuse,
    close: refuse,
    recvmmsg: refuse,
    eventfd: refuse,
    epollCreate: refuse,
    epollControl: refuse,
    epollWait: refuse,
    poll() {
      polls++;
      return 0;
    },
    sendmmsg(fd, at, count) {
      if (layout === undefined) return refuse();
      const first = (at - BASE - layout.txMessages) / MESSAGE_BYTES;
      const messages = Array.from({ length: count }, (_, i) => read(fd, layout, first + i));
      const result = answers.shift()?.(messages) ?? count;
      sent.push(...messages.slice(0, Math.max(0, result)));
      return result;
    },
  };
}

function read(fd: number, layout: ReturnType<typeof layOut>, index: number): Message {
  const message = wordOf(layout.txMessages) + (index * MESSAGE_BYTES) / 4;
  const follow = (word: number): number =>
    (words[word]! >>> 0) + (words[word + 1]! >>> 0) * 2 ** 32 - BASE;
  const name = follow(message + NAME);
  const isIpv4 = bytes[name] === 2;
  expect(words[message + NAME_LENGTH]).toBe(isIpv4 ? IPV4_SOCKADDR_BYTES : SOCKADDR_BYTES);
  const vectors = wordOf(follow(message + VECTORS));
  const lengths = Array.from({ length: words[message + VECTOR_COUNT]! }, (_, i) => {
    expect(follow(vectors + i * 4 + VECTOR_BASE)).toBeGreaterThanOrEqual(memory.txSlots);
    return words[vectors + i * 4 + VECTOR_LENGTH]!;
  });
  const hasControl = words[message + CONTROL_LENGTH] === CMSG_SPACE;
  const control = wordOf(layout.txControls) + index * CONTROL_WORDS;
  return {
    fd,
    port: (bytes[name + 2]! << 8) | bytes[name + 3]!,
    lengths,
    segment: hasControl ? words[control + SEGMENT_SIZE]! : 0,
  };
}
