/**
 * The last records of one neighbor: octets of a file, in a ring.
 *
 * Not standardized.
 *
 *        first                     next
 *   ──────┬────────┬────────┬───────┬────────    both count octets since the beginning and never wrap;
 *         │ record │ record │ record│            their place in the ring is the rest of the division
 *   ──────┴────────┴────────┴───────┴────────
 *
 * Invariant: between `first` and `next` are whole records, at most as many octets as the ring has.
 *
 * @module
 */
import { at, concatBytes } from '../../base/bytes.ts';
import { MRT_HEADER_BYTES } from './constants.ts';

export class RecordRing {
  /** Offset of the oldest record, and of the one to come, in octets since the beginning. */
  first = 0;
  next = 0;
  private bytes: Uint8Array;

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity);
  }

  get capacity(): number {
    return this.bytes.length;
  }

  /** Takes one whole record from 0 to `end`; false: it is longer than the ring. */
  add(b: Uint8Array, end: number): boolean {
    if (end > this.capacity) return false;
    while (this.next + end - this.first > this.capacity) this.first += this.lengthAt(this.first);
    this.write(b.subarray(0, end), this.next);
    this.next += end;
    return true;
  }

  /** Gives the ring another size; the newest records stay. */
  resize(capacity: number): void {
    while (this.next - this.first > capacity) this.first += this.lengthAt(this.first);
    const records = this.records();
    this.bytes = new Uint8Array(capacity);
    if (records.length > 0) this.write(records, this.first);
  }

  /** Returns all records, oldest first. */
  records(): Uint8Array {
    const count = this.next - this.first;
    if (count === 0) return new Uint8Array(0);
    const start = this.first % this.capacity;
    const head = this.bytes.subarray(start, start + count);
    return concatBytes(head, this.bytes.subarray(0, count - head.length));
  }

  private write(b: Uint8Array, offset: number): void {
    const start = offset % this.capacity;
    const head = Math.min(b.length, this.capacity - start);
    this.bytes.set(b.subarray(0, head), start);
    this.bytes.set(b.subarray(head), 0);
  }

  private lengthAt(offset: number): number {
    let length = 0;
    for (let i = 8; i < MRT_HEADER_BYTES; i++)
      length = length * 256 + at(this.bytes, (offset + i) % this.capacity);
    return MRT_HEADER_BYTES + length;
  }
}
