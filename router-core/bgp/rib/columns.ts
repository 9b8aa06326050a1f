/**
 * Columns: rows of a table as typed arrays, read and grown without objects.
 *
 * Not standardized. One reader per element kind, so that each stays monomorphic: a shared reader
 * that sees four kinds of arrays is no longer inlined well.
 *
 * The system gives an array's memory when it is first touched, and that is what takes time: ten times
 * as long as to copy as much. So a table that became large gets more room than it is ever likely to need,
 * and rows beyond those in use are not written to, not even with a default.
 *
 * Invariant: readers are used only with an index the caller knows to be in range.
 *
 * @module
 */

export const u8 = (column: Uint8Array, i: number): number => column[i] as number;
export const u16 = (column: Uint16Array, i: number): number => column[i] as number;
export const u32 = (column: Uint32Array, i: number): number => column[i] as number;
export const i32 = (column: Int32Array, i: number): number => column[i] as number;
export const f64 = (column: Float64Array, i: number): number => column[i] as number;

/** More than the small tables of a network like DN42 have, and to copy them takes few milliseconds. */
const LARGE_ROWS = 1 << 16;
/** Room for the routes of the Internet, a few times over. */
const RESERVED_ROWS = 1 << 22;

/** Returns how many rows a full table should have next. */
export const nextCapacity = (rows: number): number =>
  rows < LARGE_ROWS ? rows * 4 : Math.max(RESERVED_ROWS, rows * 2);

export function grownU8(column: Uint8Array, capacity: number): Uint8Array<ArrayBuffer> {
  const grown = new Uint8Array(capacity);
  grown.set(column);
  return grown;
}

export function grownU16(column: Uint16Array, capacity: number): Uint16Array<ArrayBuffer> {
  const grown = new Uint16Array(capacity);
  grown.set(column);
  return grown;
}

export function grownU32(column: Uint32Array, capacity: number): Uint32Array<ArrayBuffer> {
  const grown = new Uint32Array(capacity);
  grown.set(column);
  return grown;
}

export function grownI32(column: Int32Array, capacity: number): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(capacity);
  grown.set(column);
  return grown;
}

export function grownF64(column: Float64Array, capacity: number): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(capacity);
  grown.set(column);
  return grown;
}

const PAGE_BITS = 10;
const PAGE_MASK = (1 << PAGE_BITS) - 1;

/**
 * A column in which nearly every row is 0: rows share pages, and a page is made when a row of it is
 * first something else. Of any index without a page the value is 0.
 */
export class SparseColumn {
  /** No row was ever anything but 0. */
  isEmpty: boolean;
  private readonly pages: (Uint32Array | undefined)[];

  constructor() {
    this.isEmpty = true;
    this.pages = [];
  }

  get(i: number): number {
    // Most tables never leave this: reading beyond an array's end would be slow.
    if (this.isEmpty || i >>> PAGE_BITS >= this.pages.length) return 0;
    const page = this.pages[i >>> PAGE_BITS];
    return page === undefined ? 0 : u32(page, i & PAGE_MASK);
  }

  set(i: number, value: number): void {
    if (value === 0 && (this.isEmpty || i >>> PAGE_BITS >= this.pages.length)) return;
    let page = this.pages[i >>> PAGE_BITS];
    if (page === undefined) {
      if (value === 0) return;
      page = new Uint32Array(PAGE_MASK + 1);
      while (this.pages.length < i >>> PAGE_BITS) this.pages.push(undefined);
      this.pages[i >>> PAGE_BITS] = page;
      this.isEmpty = false;
    }
    page[i & PAGE_MASK] = value;
  }
}

/** A growing list of small numbers that is emptied as a whole. */
export class NumberList {
  items: Uint32Array<ArrayBuffer>;
  count: number;

  constructor(capacity = 64) {
    this.items = new Uint32Array(capacity);
    this.count = 0;
  }

  push(value: number): void {
    if (this.count === this.items.length) this.items = grownU32(this.items, this.count * 2);
    this.items[this.count++] = value;
  }

  at(i: number): number {
    return this.items[i] as number;
  }

  clear(): void {
    this.count = 0;
  }
}

/** A growing queue of small numbers; what was taken is reclaimed when the front half is empty. */
export class NumberQueue {
  private items: Uint32Array<ArrayBuffer>;
  private head: number;
  private tail: number;

  constructor(capacity = 64) {
    this.items = new Uint32Array(capacity);
    this.head = 0;
    this.tail = 0;
  }

  get length(): number {
    return this.tail - this.head;
  }

  push(value: number): void {
    if (this.tail === this.items.length) {
      if (this.head * 2 >= this.tail) {
        this.items.copyWithin(0, this.head, this.tail);
        this.tail -= this.head;
        this.head = 0;
      } else {
        this.items = grownU32(this.items, this.items.length * 2);
      }
    }
    this.items[this.tail++] = value;
  }

  /** Returns the oldest; the caller knows that there is one. */
  peek(): number {
    return this.items[this.head] as number;
  }

  shift(): number {
    const value = this.items[this.head++] as number;
    if (this.head === this.tail) {
      this.head = 0;
      this.tail = 0;
    }
    return value;
  }

  clear(): void {
    this.head = 0;
    this.tail = 0;
  }
}

/** A growing set of small numbers, one bit each. */
export class BitSet {
  private words: Uint32Array<ArrayBuffer>;

  constructor() {
    this.words = new Uint32Array(32);
  }

  has(i: number): boolean {
    const word = i >>> 5;
    return word < this.words.length && (((this.words[word] as number) >>> (i & 31)) & 1) === 1;
  }

  /** Returns whether the number was absent. */
  add(i: number): boolean {
    const word = i >>> 5;
    if (word >= this.words.length) {
      this.words = grownU32(this.words, Math.max(word + 1, this.words.length * 2));
    }
    const bit = 1 << (i & 31);
    const old = this.words[word] as number;
    if ((old & bit) !== 0) return false;
    this.words[word] = old | bit;
    return true;
  }

  /** Returns whether the number was present. */
  delete(i: number): boolean {
    const word = i >>> 5;
    if (word >= this.words.length) return false;
    const bit = 1 << (i & 31);
    const old = this.words[word] as number;
    if ((old & bit) === 0) return false;
    this.words[word] = old & ~bit;
    return true;
  }

  clear(): void {
    this.words.fill(0);
  }
}
