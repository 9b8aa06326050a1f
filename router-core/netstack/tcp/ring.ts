/**
 * Octets in a ring that grows when needed and shrinks when long little used.
 *
 * Not standardized.
 *
 *   storage │…3 4 5 6│      │0 1 2│   offsets count from `head`, the oldest octet
 *                           ↑ head
 *
 * A session transfers a table once and then keepalives for weeks, so storage is given back:
 * whenever the ring runs empty its highest fill is compared with its size.
 *
 * Invariants
 * - Storage is 0 before the first write, then from `initial` to `maximum` octets.
 * - Growing keeps every octet at its offset.
 *
 * @module
 */
import { assert } from '../../base/assert.ts';

/** How often in a row the ring must run empty with a quarter used before it halves. */
const QUIET_ROUNDS = 16;
const NOTHING = new Uint8Array(0);

export class Ring {
  readonly maximum: number;
  private readonly initial: number;
  private storage = NOTHING;
  private head = 0;
  private fillMax = 0;
  private quietRounds = 0;

  constructor(initial: number, maximum: number) {
    this.initial = Math.min(initial, maximum);
    this.maximum = maximum;
  }

  get capacity(): number {
    return this.storage.length;
  }

  /** Copies octets to `offset`, growing the storage when they do not fit. */
  write(offset: number, from: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (length === 0) return;
    this.reserve(offset + length);
    if (offset + length > this.fillMax) this.fillMax = offset + length;
    const size = this.storage.length;
    const position = (this.head + offset) % size;
    const first = Math.min(length, size - position);
    this.storage.set(from.subarray(start, start + first), position);
    if (first < length) this.storage.set(from.subarray(start + first, end), 0);
  }

  /** Copies `length` octets from `offset` into `into` at `at`. */
  copyTo(offset: number, length: number, into: Uint8Array, at: number): void {
    if (length === 0) return;
    const size = this.storage.length;
    assert(offset + length <= size, 'a ring is read where it was written');
    const position = (this.head + offset) % size;
    const first = Math.min(length, size - position);
    into.set(this.storage.subarray(position, position + first), at);
    if (first < length) into.set(this.storage.subarray(0, length - first), at + first);
  }

  /** Forgets the oldest octets. */
  discard(length: number): void {
    if (length !== 0) this.head = (this.head + length) % this.storage.length;
  }

  /** Tells that nothing is stored; may shrink. */
  emptied(): void {
    this.head = 0;
    const isQuiet = this.fillMax * 4 <= this.storage.length && this.storage.length > this.initial;
    this.quietRounds = isQuiet ? this.quietRounds + 1 : 0;
    this.fillMax = 0;
    if (this.quietRounds < QUIET_ROUNDS) return;
    this.quietRounds = 0;
    this.storage = new Uint8Array(Math.max(this.initial, this.storage.length >>> 1));
  }

  /** Gives all storage back. */
  release(): void {
    this.storage = NOTHING;
    this.head = 0;
    this.fillMax = 0;
  }

  private reserve(length: number): void {
    const old = this.storage;
    if (length <= old.length) return;
    assert(length <= this.maximum, 'a ring holds at most its maximum');
    let size = Math.max(this.initial, old.length);
    while (size < length) size *= 2;
    this.storage = new Uint8Array(Math.min(size, this.maximum));
    this.storage.set(old.subarray(this.head), 0);
    this.storage.set(old.subarray(0, this.head), old.length - this.head);
    this.head = 0;
  }
}
