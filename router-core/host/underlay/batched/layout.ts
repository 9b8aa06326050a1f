/**
 * The structures that the kernel reads and writes, laid out once in the private region.
 *
 * Standard: recvmmsg(2), sendmmsg(2), cmsg(3), epoll_ctl(2); LP64, little-endian. glibc and musl agree
 * on these octets.
 *
 *      mmsghdr  +0 name*  +8 namelen  +16 iov*  +24 iovlen  +32 control*  +40 controllen
 *      64       +48 flags  +56 length
 *      iovec    +0 base*  +8 length                                          16 octets
 *      cmsghdr  +0 length +8 level  +12 type  +16 segment size (u16)         32, 24 of them used
 *
 * What is preset here stays as it is; who receives or sends writes the other fields per message.
 *
 * @module
 */
import { arch } from 'node:os';
import { assert } from '../../../base/assert.ts';
import { DESCRIPTOR_BYTES, SOCKADDR_OFFSET, wordOf } from '../descriptor.ts';
import { type BatchMemory, ioBytesFor } from '../io.ts';
import { SK_MEMINFO_VARS, SOL_UDP, UDP_SEGMENT } from './constants.ts';
import type { SystemCalls } from './system-calls.ts';

/** mmsghdr, in words. */
export const MESSAGE_BYTES = 64;
export const MESSAGE_WORDS = 16;
export const NAME = 0;
export const NAME_LENGTH = 2;
export const VECTORS = 4;
export const VECTOR_COUNT = 6;
const CONTROL = 8;
export const CONTROL_LENGTH = 10;
export const MESSAGE_FLAGS = 12;
export const RECEIVED_LENGTH = 14;

/** iovec, in words. */
export const VECTOR_BYTES = 16;
export const VECTOR_BASE = 0;
export const VECTOR_LENGTH = 2;

/** cmsghdr with one u16: CMSG_LEN(2) is 18 and CMSG_SPACE(2) 24; a stride of 32 keeps words aligned. */
const CONTROL_BYTES = 32;
export const CONTROL_WORDS = 8;
const CMSG_LEN = 18;
export const CMSG_SPACE = 24;
export const SEGMENT_SIZE = 4;

/** Sockets of one epoll_wait: with a full batch each it is about 3 ms until a wake is seen. */
export const EVENTS_MAX = 16;
/** x86-64 packs `struct epoll_event`; elsewhere the data is aligned to 8. */
export const EVENT_WORDS = arch() === 'x64' ? 3 : 4;
export const EVENT_DATA = arch() === 'x64' ? 1 : 2;

export type Layout = {
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  readonly base: number;
  readonly rxMessages: number;
  readonly txMessages: number;
  readonly txVectors: number;
  readonly txControls: number;
  readonly events: number;
  /** The event of a descriptor that joins the poll set. */
  readonly newEvent: number;
  /** Room for a socket address, for option values and for one pollfd. */
  readonly sockaddr: number;
  readonly option: number;
  readonly optionLength: number;
  readonly pollEntry: number;
};

/** Divides the region and presets everything that never changes. */
export function layOut(calls: SystemCalls, memory: BatchMemory): Layout {
  assert(memory.ioBytes >= ioBytesFor(memory.rxCount, memory.txMax), 'the I/O region is too small');
  assert(memory.slotBytes > memory.slotDataBytes, 'a slot has room behind its datagram');
  let next = (memory.io + 15) & ~15;
  const take = (bytes: number): number => {
    const at = next;
    next = (next + bytes + 15) & ~15;
    return at;
  };
  const words = new Int32Array(memory.buffer);
  const layout: Layout = {
    words,
    bytes: new Uint8Array(memory.buffer),
    base: calls.base,
    rxMessages: take(memory.rxCount * MESSAGE_BYTES),
    txMessages: take(memory.txMax * MESSAGE_BYTES),
    txVectors: take(memory.txMax * VECTOR_BYTES),
    txControls: take(memory.txMax * CONTROL_BYTES),
    events: take(EVENTS_MAX * EVENT_WORDS * 4),
    newEvent: take(16),
    sockaddr: take(32),
    option: take(SK_MEMINFO_VARS * 4),
    optionLength: take(4),
    pollEntry: take(8),
  };
  presetReceiving(layout, memory, take(memory.rxCount * VECTOR_BYTES));
  presetSending(layout, memory);
  assert(next <= memory.io + memory.ioBytes, 'the layout fits into its region');
  return layout;
}

/** Message i receives into slot i, and the source address into descriptor i. */
function presetReceiving(layout: Layout, memory: BatchMemory, vectors: number): void {
  const { words } = layout;
  for (let i = 0; i < memory.rxCount; i++) {
    const message = wordOf(layout.rxMessages + i * MESSAGE_BYTES);
    const vector = vectors + i * VECTOR_BYTES;
    const name = memory.rxDescriptors + i * DESCRIPTOR_BYTES + SOCKADDR_OFFSET;
    words.fill(0, message, message + MESSAGE_WORDS);
    writePointer(layout, message + NAME, name);
    writePointer(layout, message + VECTORS, vector);
    words[message + VECTOR_COUNT] = 1;
    writePointer(layout, wordOf(vector) + VECTOR_BASE, memory.rxSlots + i * memory.slotBytes);
    words[wordOf(vector) + VECTOR_LENGTH] = memory.slotDataBytes;
    words[wordOf(vector) + VECTOR_LENGTH + 1] = 0;
  }
}

/** Message i has control buffer i, which asks for segments; the length of the buffer turns it on. */
function presetSending(layout: Layout, memory: BatchMemory): void {
  const { words } = layout;
  for (let i = 0; i < memory.txMax; i++) {
    const message = wordOf(layout.txMessages + i * MESSAGE_BYTES);
    const control = layout.txControls + i * CONTROL_BYTES;
    words.fill(0, message, message + MESSAGE_WORDS);
    writePointer(layout, message + CONTROL, control);
    const header = wordOf(control);
    words.fill(0, header, header + CONTROL_WORDS);
    words[header] = CMSG_LEN;
    words[header + 2] = SOL_UDP;
    words[header + 3] = UDP_SEGMENT;
  }
}

const WORD = 2 ** 32;

/** Writes where in the process an address of the memory is, as two words. */
export function writePointer(layout: Layout, word: number, address: number): void {
  const pointer = layout.base + address;
  layout.words[word] = (pointer % WORD) | 0;
  layout.words[word + 1] = (pointer / WORD) | 0;
}
