/**
 * Encoded messages that wait for slow neighbors, each stored once however many wait for it.
 *
 * Not standardized; BGP specification §6.5.
 *
 *   oldest ──────────── messages ──────────── newest
 *     ▲ freed when the last who waits for it has sent it, in order
 *
 * A ring of octets and a ring of rows. A neighbor that never reads would hold the oldest message
 * forever; `append` fails when the ring is full, and the caller cuts that neighbor loose.
 *
 * @module
 */
import { grownU32, u32 } from '../rib/columns.ts';
import { OUTBOX_BYTES_MAX } from '../rib/limits.ts';

export class Outbox {
  bytes: Uint8Array<ArrayBuffer>;
  private starts: Uint32Array<ArrayBuffer>;
  private ends: Uint32Array<ArrayBuffer>;
  private waiting: Uint32Array<ArrayBuffer>;
  private first: number;
  private next: number;
  /** Octets in use are from `head` to `tail`, around the end of the array when tail < head. */
  private head: number;
  private tail: number;
  private readonly bytesMax: number;

  constructor(bytesMax = OUTBOX_BYTES_MAX) {
    this.bytesMax = bytesMax;
    this.bytes = new Uint8Array(Math.min(64 * 1024, bytesMax));
    this.starts = new Uint32Array(256);
    this.ends = new Uint32Array(256);
    this.waiting = new Uint32Array(256);
    this.first = 0;
    this.next = 0;
    this.head = 0;
    this.tail = 0;
  }

  /** The oldest message that somebody waits for; equal to the next number when there is none. */
  get oldest(): number {
    return this.first;
  }

  get length(): number {
    return this.next - this.first;
  }

  /** Stores a message that nobody waits for yet; returns its number, or -1 when the ring is full. */
  append(b: Uint8Array, end: number): number {
    const start = this.place(end);
    if (start === -1) return -1;
    if (this.length === this.starts.length) this.growRows();
    for (let i = 0; i < end; i++) this.bytes[start + i] = b[i] as number;
    const row = this.next & (this.starts.length - 1);
    this.starts[row] = start;
    this.ends[row] = start + end;
    this.waiting[row] = 0;
    if (this.length === 0) this.head = start;
    this.tail = start + end;
    return this.next++;
  }

  wait(message: number): void {
    const row = message & (this.starts.length - 1);
    this.waiting[row] = u32(this.waiting, row) + 1;
  }

  /** Ends one wait; octets nobody waits for any more are free. */
  done(message: number): void {
    const row = message & (this.starts.length - 1);
    this.waiting[row] = u32(this.waiting, row) - 1;
    while (this.first < this.next) {
      const oldest = this.first & (this.starts.length - 1);
      if (u32(this.waiting, oldest) !== 0) break;
      this.first++;
    }
    if (this.first < this.next) {
      this.head = u32(this.starts, this.first & (this.starts.length - 1));
    }
  }

  start(message: number): number {
    return u32(this.starts, message & (this.starts.length - 1));
  }

  end(message: number): number {
    return u32(this.ends, message & (this.starts.length - 1));
  }

  private place(length: number): number {
    if (this.length === 0) {
      // Nobody holds a number: begin again, so that numbers stay within 32 bits.
      this.first = 0;
      this.next = 0;
      this.head = 0;
      this.tail = 0;
    }
    for (;;) {
      const capacity = this.bytes.length;
      if (this.tail >= this.head) {
        if (capacity - this.tail >= length) return this.tail;
        if (this.head > length) return 0;
      } else if (this.head - this.tail > length) {
        return this.tail;
      }
      if (capacity >= this.bytesMax) return -1;
      this.growBytes(Math.min(this.bytesMax, capacity * 2));
    }
  }

  /** Lays the messages out from 0 in a larger array. */
  private growBytes(capacity: number): void {
    const grown = new Uint8Array(capacity);
    let w = 0;
    for (let message = this.first; message < this.next; message++) {
      const row = message & (this.starts.length - 1);
      const start = u32(this.starts, row);
      const end = u32(this.ends, row);
      grown.set(this.bytes.subarray(start, end), w);
      this.starts[row] = w;
      w += end - start;
      this.ends[row] = w;
    }
    this.bytes = grown;
    this.head = 0;
    this.tail = w;
  }

  private growRows(): void {
    const old = this.starts.length;
    const capacity = old * 2;
    const starts = grownU32(this.starts, capacity);
    const ends = grownU32(this.ends, capacity);
    const waiting = grownU32(this.waiting, capacity);
    for (let message = this.first; message < this.next; message++) {
      const from = message & (old - 1);
      const to = message & (capacity - 1);
      starts[to] = u32(this.starts, from);
      ends[to] = u32(this.ends, from);
      waiting[to] = u32(this.waiting, from);
    }
    this.starts = starts;
    this.ends = ends;
    this.waiting = waiting;
  }
}
