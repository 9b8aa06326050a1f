/**
 * Prefixes of one family as rows of numbers, found by hash.
 *
 * Not standardized; BGP specification §14.1 and §14.2.
 *
 *   address words ──hash──► slots ──id──► columns: address (1 or 4 words), length
 *
 * A prefix is loaded into the table's registers (`w0` to `w3`, `bits`) first and then found, so that
 * no call passes an object and a policy reads the same registers. One class serves both families;
 * each instance is of one for its whole life.
 *
 * Invariants
 * - Bits beyond the length are zero in every row and in the registers.
 * - Id 0 is "none". A freed id is used again, the newest first.
 *
 * @module
 */
import { at, readUint32, writeUint32 } from '../../base/bytes.ts';
import type { IpPrefix } from '../../base/ip-address.ts';
import { grownU32, u8, u32 } from './columns.ts';

const FREE = 255;
const MAX_LOAD = 0.6;

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
  private slots: Uint32Array<ArrayBuffer>;
  private slotMask: number;
  private high: number;
  private alive: number;
  private firstFree: number;

  private readonly seed: number;

  /** `seed` keeps strangers from choosing prefixes that meet in one slot. */
  constructor(family: 4 | 6, seed = 0, capacity = 256) {
    this.family = family;
    this.seed = seed;
    this.words = family === 4 ? 1 : 4;
    this.length = new Uint8Array(capacity).fill(FREE);
    this.address = new Uint32Array(capacity * this.words);
    this.slots = new Uint32Array(capacity * 2);
    this.slotMask = capacity * 2 - 1;
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
    let slot = this.home();
    for (;;) {
      const id = u32(this.slots, slot);
      if (id === 0 || this.isLoaded(id)) return id;
      slot = (slot + 1) & this.slotMask;
    }
  }

  /** Returns the row of the loaded prefix, adding it when it is new. */
  findOrAdd(): number {
    let slot = this.home();
    for (;;) {
      const id = u32(this.slots, slot);
      if (id === 0) break;
      if (this.isLoaded(id)) return id;
      slot = (slot + 1) & this.slotMask;
    }
    let id = this.firstFree;
    if (id === 0) {
      id = this.high++;
      if (id === this.length.length) this.grow(id * 2);
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
    this.slots[slot] = id;
    this.alive++;
    if (this.alive > this.slots.length * MAX_LOAD) this.rehash(this.slots.length * 2);
    return id;
  }

  /** Removes a row; its id may be given to another prefix. Changes the registers. */
  remove(id: number): void {
    this.loadRow(id);
    const mask = this.slotMask;
    let hole = this.home();
    while (u32(this.slots, hole) !== id) hole = (hole + 1) & mask;
    let slot = hole;
    for (;;) {
      slot = (slot + 1) & mask;
      const other = u32(this.slots, slot);
      if (other === 0) break;
      this.loadRow(other);
      if (((slot - this.home()) & mask) >= ((slot - hole) & mask)) {
        this.slots[hole] = other;
        hole = slot;
      }
    }
    this.slots[hole] = 0;
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

  private home(): number {
    let h = Math.imul(this.w0 ^ Math.imul(this.bits, 0x85ebca6b) ^ this.seed, 0x9e3779b1);
    if (this.words === 4) {
      h = Math.imul(h ^ (h >>> 15) ^ this.w1, 0x9e3779b1);
      h = Math.imul(h ^ (h >>> 15) ^ this.w2, 0x9e3779b1);
      h = Math.imul(h ^ (h >>> 15) ^ this.w3, 0x9e3779b1);
    }
    return (h ^ (h >>> 16)) & this.slotMask;
  }

  private grow(capacity: number): void {
    const length = new Uint8Array(capacity).fill(FREE);
    length.set(this.length);
    this.length = length;
    this.address = grownU32(this.address, capacity * this.words);
  }

  private rehash(count: number): void {
    const { w0, w1, w2, w3, bits } = this;
    const old = this.slots;
    this.slots = new Uint32Array(count);
    this.slotMask = count - 1;
    for (let i = 0; i < old.length; i++) {
      const id = u32(old, i);
      if (id === 0) continue;
      this.loadRow(id);
      let slot = this.home();
      while (u32(this.slots, slot) !== 0) slot = (slot + 1) & this.slotMask;
      this.slots[slot] = id;
    }
    this.loadWords(w0, w1, w2, w3, bits);
  }
}

/** The first `bits` bits of a word, unsigned. */
export const masked = (word: number, bits: number): number =>
  bits >= 32 ? word >>> 0 : bits <= 0 ? 0 : (word & (-1 << (32 - bits))) >>> 0;

function wordAt(b: Uint8Array, o: number, count: number): number {
  if (count >= 4) return readUint32(b, o);
  let word = 0;
  for (let i = 0; i < count; i++) word |= at(b, o + i) << (24 - 8 * i);
  return word;
}
