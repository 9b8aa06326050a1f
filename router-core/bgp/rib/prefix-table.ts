/**
 * Prefixes of one family as rows of numbers, found by hash.
 *
 * Not standardized; BGP specification §14.1 and §14.2.
 *
 *   address words ──hash──► segment ──► slots ──id──► columns: address (1 or 4 words), length
 *
 * The hash's first bits name a segment, which has slots of its own and grows by itself: to put
 * a million prefixes in a larger table at once would hold everything up. Beside the id a slot has bits
 * of the hash, so that one of another prefix is passed over without a look at its row, which would
 * rarely be in a cache.
 *
 * A prefix is loaded into the table's registers (`w0` to `w3`, `bits`) first and then found, so that
 * no call passes an object and a policy reads the same registers. One class serves both families;
 * each instance is of one for its whole life.
 *
 * Invariants
 * - Bits beyond the length are zero in every row and in the registers.
 * - Id 0 is "none". A freed id is used again, the newest first.
 * - Of every segment's slots at most `MAX_LOAD` are taken.
 *
 * @module
 */
import { assert } from '../../base/assert.ts';
import { at, readUint32, writeUint32 } from '../../base/bytes.ts';
import type { IpPrefix } from '../../base/ip-address.ts';
import { grownU8, grownU32, i32, nextCapacity, u8, u32 } from './columns.ts';

const FREE = 255;
const MAX_LOAD = 0.6;
const SEGMENTS = 64;
/** The hash's first bits. */
const SEGMENT_SHIFT = 26;
/** Of a slot; the others are the seven bits of the hash after those of the segment. */
const ID_BITS = 25;
const ID_MASK = (1 << ID_BITS) - 1;
const TAG_SHIFT = 32 - SEGMENT_SHIFT;
/** What every segment begins with: nothing is ever written to it. */
const NO_SLOTS = new Int32Array(1);
const FIRST_SLOTS = 8;

export class PrefixTable {
  readonly family: 4 | 6;
  /** Words per address. */
  readonly words: 1 | 4;
  length: Uint8Array<ArrayBuffer>;
  /** The registers: the prefix that was loaded last. */
  w0: number;
  w1: number;
  w2: number;
  w3: number;
  bits: number;

  private address: Uint32Array<ArrayBuffer>;
  private readonly segments: Int32Array<ArrayBuffer>[];
  private readonly slotsTaken: Uint32Array;
  private high: number;
  private alive: number;
  private firstFree: number;

  private readonly seed: number;

  /** `seed` keeps strangers from choosing prefixes that meet in one slot. */
  constructor(family: 4 | 6, seed = 0, capacity = 256) {
    this.family = family;
    this.seed = seed;
    this.words = family === 4 ? 1 : 4;
    this.length = new Uint8Array(capacity);
    this.address = new Uint32Array(capacity * this.words);
    this.segments = new Array<Int32Array<ArrayBuffer>>(SEGMENTS).fill(NO_SLOTS);
    this.slotsTaken = new Uint32Array(SEGMENTS);
    this.high = 1;
    this.alive = 0;
    this.firstFree = 0;
    this.w0 = 0;
    this.w1 = 0;
    this.w2 = 0;
    this.w3 = 0;
    this.bits = 0;
  }

  get size(): number {
    return this.alive;
  }

  /** Ids are below this. */
  get idLimit(): number {
    return this.high;
  }

  /** How many rows columns beside this table need. */
  get capacity(): number {
    return this.length.length;
  }

  isAlive(id: number): boolean {
    return id > 0 && id < this.high && u8(this.length, id) !== FREE;
  }

  /** Loads the prefix on the wire at `o`, whose length and octets the caller has checked. */
  loadNlri(b: Uint8Array, o: number): void {
    const bits = at(b, o);
    if (this.words === 1) {
      // Most of IPv4 is one of these; reading beyond the octets there are would be slow.
      let word = 0;
      if (bits > 0) word = at(b, o + 1) << 24;
      if (bits > 8) word |= at(b, o + 2) << 16;
      if (bits > 16) word |= at(b, o + 3) << 8;
      if (bits > 24) word |= at(b, o + 4);
      this.bits = bits;
      this.w0 = masked(word, bits);
      return;
    }
    this.loadBytes(b, o + 1, (bits + 7) >>> 3, bits);
  }

  /** Loads `count` octets at `o` as a prefix of `bits` bits; absent octets are zero. */
  loadBytes(b: Uint8Array, o: number, count: number, bits: number): void {
    this.loadWords(
      wordAt(b, o, count),
      this.words === 1 ? 0 : wordAt(b, o + 4, count - 4),
      this.words === 1 ? 0 : wordAt(b, o + 8, count - 8),
      this.words === 1 ? 0 : wordAt(b, o + 12, count - 12),
      bits,
    );
  }

  loadPrefix(prefix: IpPrefix): void {
    this.loadBytes(prefix.bytes, 0, prefix.bytes.length, prefix.length);
  }

  loadWords(w0: number, w1: number, w2: number, w3: number, bits: number): void {
    this.bits = bits;
    this.w0 = masked(w0, bits);
    this.w1 = masked(w1, bits - 32);
    this.w2 = masked(w2, bits - 64);
    this.w3 = masked(w3, bits - 96);
  }

  /** Loads the prefix of a row. */
  loadRow(id: number): void {
    this.bits = u8(this.length, id);
    const o = id * this.words;
    this.w0 = u32(this.address, o);
    if (this.words === 1) return;
    this.w1 = u32(this.address, o + 1);
    this.w2 = u32(this.address, o + 2);
    this.w3 = u32(this.address, o + 3);
  }

  /** Returns the row of the loaded prefix, or 0. */
  find(): number {
    const hash = this.hash();
    const slots = this.slotsOf(hash >>> SEGMENT_SHIFT);
    return i32(slots, this.slotOfLoaded(slots, hash)) & ID_MASK;
  }

  /** Returns the row of the loaded prefix, adding it when it is new. */
  findOrAdd(): number {
    const hash = this.hash();
    const segment = hash >>> SEGMENT_SHIFT;
    let slots = this.slotsOf(segment);
    let slot = this.slotOfLoaded(slots, hash);
    const found = i32(slots, slot) & ID_MASK;
    if (found !== 0) return found;
    const taken = u32(this.slotsTaken, segment) + 1;
    if (taken > slots.length * MAX_LOAD) {
      this.growSegment(segment);
      slots = this.slotsOf(segment);
      slot = this.slotOfLoaded(slots, hash);
    }
    const id = this.addRow();
    slots[slot] = tagOf(hash) | id;
    this.slotsTaken[segment] = taken;
    return id;
  }

  /** Removes a row; its id may be given to another prefix. Changes the registers. */
  remove(id: number): void {
    this.loadRow(id);
    const hash = this.hash();
    const segment = hash >>> SEGMENT_SHIFT;
    const slots = this.slotsOf(segment);
    const mask = slots.length - 1;
    let hole = this.slotOfLoaded(slots, hash);
    let slot = hole;
    for (;;) {
      slot = (slot + 1) & mask;
      const other = i32(slots, slot);
      if (other === 0) break;
      this.loadRow(other & ID_MASK);
      if (((slot - homeOf(this.hash(), mask)) & mask) >= ((slot - hole) & mask)) {
        slots[hole] = other;
        hole = slot;
      }
    }
    slots[hole] = 0;
    this.slotsTaken[segment] = u32(this.slotsTaken, segment) - 1;
    this.length[id] = FREE;
    this.address[id * this.words] = this.firstFree;
    this.firstFree = id;
    this.alive--;
  }

  /** Writes the whole address of a row (4 or 16 octets). */
  writeAddress(id: number, out: Uint8Array, o: number): void {
    for (let i = 0; i < this.words; i++) {
      writeUint32(out, o + i * 4, u32(this.address, id * this.words + i));
    }
  }

  /** Writes length and octets as on the wire; returns the end. */
  writeNlri(id: number, out: Uint8Array, o: number): number {
    const bits = u8(this.length, id);
    const count = (bits + 7) >>> 3;
    let w = o;
    out[w++] = bits;
    let row = id * this.words;
    for (let i = 0; i < count; i += 4, row++) {
      const word = u32(this.address, row);
      const left = count - i;
      out[w++] = word >>> 24;
      if (left > 1) out[w++] = word >>> 16;
      if (left > 2) out[w++] = word >>> 8;
      if (left > 3) out[w++] = word;
    }
    return w;
  }

  nlriBytes(id: number): number {
    return 1 + ((u8(this.length, id) + 7) >>> 3);
  }

  prefixOf(id: number): IpPrefix {
    const bytes = new Uint8Array(this.words * 4);
    this.writeAddress(id, bytes, 0);
    return { family: this.family, bytes, length: u8(this.length, id) };
  }

  /** Whether an address of this family, whole, lies inside the loaded prefix. */
  holdsAddress(bytes: Uint8Array): boolean {
    const { bits } = this;
    if (masked(wordAt(bytes, 0, 4), bits) !== this.w0) return false;
    return (
      this.words === 1 ||
      (masked(wordAt(bytes, 4, 4), bits - 32) === this.w1 &&
        masked(wordAt(bytes, 8, 4), bits - 64) === this.w2 &&
        masked(wordAt(bytes, 12, 4), bits - 96) === this.w3)
    );
  }

  /** Whether the row lies inside the loaded prefix, or is it. */
  isInsideLoaded(id: number): boolean {
    if (u8(this.length, id) < this.bits) return false;
    const o = id * this.words;
    if (masked(u32(this.address, o), this.bits) !== this.w0) return false;
    return (
      this.words === 1 ||
      (masked(u32(this.address, o + 1), this.bits - 32) === this.w1 &&
        masked(u32(this.address, o + 2), this.bits - 64) === this.w2 &&
        masked(u32(this.address, o + 3), this.bits - 96) === this.w3)
    );
  }

  private isLoaded(id: number): boolean {
    const o = id * this.words;
    if (u32(this.address, o) !== this.w0 || u8(this.length, id) !== this.bits) return false;
    return (
      this.words === 1 ||
      (u32(this.address, o + 1) === this.w1 &&
        u32(this.address, o + 2) === this.w2 &&
        u32(this.address, o + 3) === this.w3)
    );
  }

  private slotsOf(segment: number): Int32Array<ArrayBuffer> {
    return this.segments[segment] as Int32Array<ArrayBuffer>;
  }

  /** Where the loaded prefix is among these slots, or where it would be. */
  private slotOfLoaded(slots: Int32Array, hash: number): number {
    const mask = slots.length - 1;
    const tag = tagOf(hash);
    let slot = homeOf(hash, mask);
    for (;;) {
      const entry = i32(slots, slot);
      if (entry === 0) return slot;
      if ((entry ^ tag) >>> ID_BITS === 0 && this.isLoaded(entry & ID_MASK)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  /** Gives the loaded prefix a row. */
  private addRow(): number {
    let id = this.firstFree;
    if (id === 0) {
      id = this.high++;
      assert(id <= ID_MASK, 'a family has at most 33 million prefixes');
      if (id === this.length.length) this.grow(nextCapacity(id));
    } else {
      this.firstFree = u32(this.address, id * this.words);
    }
    const o = id * this.words;
    this.length[id] = this.bits;
    this.address[o] = this.w0;
    if (this.words === 4) {
      this.address[o + 1] = this.w1;
      this.address[o + 2] = this.w2;
      this.address[o + 3] = this.w3;
    }
    this.alive++;
    return id;
  }

  /** The hash of the loaded prefix, which depends on `seed`. */
  hash(): number {
    let h = Math.imul(this.w0 ^ Math.imul(this.bits, 0x85ebca6b) ^ this.seed, 0x9e3779b1);
    if (this.words === 4) {
      h = Math.imul(h ^ (h >>> 15) ^ this.w1, 0x9e3779b1);
      h = Math.imul(h ^ (h >>> 15) ^ this.w2, 0x9e3779b1);
      h = Math.imul(h ^ (h >>> 15) ^ this.w3, 0x9e3779b1);
    }
    return h;
  }

  private grow(capacity: number): void {
    this.length = grownU8(this.length, capacity);
    this.address = grownU32(this.address, capacity * this.words);
  }

  private growSegment(segment: number): void {
    const { w0, w1, w2, w3, bits } = this;
    const old = this.slotsOf(segment);
    const slots = new Int32Array(Math.max(FIRST_SLOTS, old.length * 2));
    const mask = slots.length - 1;
    for (const entry of old) {
      if (entry === 0) continue;
      this.loadRow(entry & ID_MASK);
      let slot = homeOf(this.hash(), mask);
      while (i32(slots, slot) !== 0) slot = (slot + 1) & mask;
      slots[slot] = entry;
    }
    this.segments[segment] = slots;
    this.loadWords(w0, w1, w2, w3, bits);
  }
}

/** The place among a segment's slots; the upper half is mixed down because only low bits are used. */
const homeOf = (hash: number, mask: number): number => (hash ^ (hash >>> 16)) & mask;

/** The bits of the hash that stand beside the id. */
const tagOf = (hash: number): number => (hash << TAG_SHIFT) & ~ID_MASK;

/** The first `bits` bits of a word, unsigned. */
export const masked = (word: number, bits: number): number =>
  bits >= 32 ? word >>> 0 : bits <= 0 ? 0 : (word & (-1 << (32 - bits))) >>> 0;

function wordAt(b: Uint8Array, o: number, count: number): number {
  if (count >= 4) return readUint32(b, o);
  let word = 0;
  for (let i = 0; i < count; i++) word |= at(b, o + i) << (24 - 8 * i);
  return word;
}
