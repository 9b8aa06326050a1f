/**
 * Longest prefix match over one array of words: the forwarding table of one address family.
 *
 * Not standardized; a tree bitmap after W. Eatherton, G. Varghese, Z. Dittia, "Tree Bitmap:
 * Hardware/Software IP Lookups with Incremental Updates" (2004), with a direct table in front.
 *
 *   address │ 16 bits │ 4 │ 4 │ 4 │ …
 *                │      └───┴───┴─ one node per nibble, as far down as prefixes differ
 *                └─ one root per value, always there
 *
 *   node    │ 0 │ prefixes: 15 bits │ children: 16 bits │   block: where the rest begins │
 *   block   │ child nodes, two words each │ results, one word each │   as many as bits are set
 *
 *   leaf    │ 1 │ length            │   block: prefix in whole words, result │
 *
 *   prefix bits of a node, by length below the node's depth and value:
 *     0: length 0    1–2: length 1    3–6: length 2    7–14: length 3
 *
 *   shorts  prefixes shorter than 16 bits, as a heap: `1 << length | value`. Asked last, from 15 to 0.
 *
 * Nothing is pushed down to leaves, so removing a prefix uncovers the shorter one by itself, and an
 * update touches one path. Below the last node where prefixes differ stands a leaf with the whole
 * prefix: the scattered /48 of DN42 are found after two or three nodes instead of nine.
 *
 * Sharing. All of it lives in one Int32Array, so it can stand in shared memory; it has one writer. The
 * first word is a generation, odd while a change is under way: a reader of another thread that sees
 * it odd, or different afterwards, asks again or punts. Growth makes a new array (`words()`), which
 * the owner hands to readers as a new generation of the whole table.
 *
 * Invariants
 * - A node other than a root is never empty; what is empty becomes a leaf first.
 * - Every bit set has its word in the block, in order of the bits.
 * - Results are stored plus one in `shorts` (zero is "none") and as they are in blocks.
 *
 * @module
 */
import { assert } from '../base/assert.ts';
import { readInt32, readUint16, writeUint32 } from '../base/bytes.ts';
import { NONE } from '../base/units.ts';
import { BlockMemory } from './block-memory.ts';
import {
  bitsSet,
  blockWords,
  maskOfWord,
  nibbleAt,
  PREFIXES_OF_NIBBLE,
  prefixBit,
  putNibble,
  resultIndex,
} from './tree-bitmap.ts';

/** `bytes` is valid during the call only. */
type Visit = (bytes: Uint8Array, length: number, result: number) => void;

export interface PrefixTable {
  /** How many prefixes there are. */
  size(): number;
  /** The memory: replaced when it grows. */
  words(): Int32Array;
  /** Sets or replaces; false when the table has reached its limit and nothing changed. */
  set(b: Uint8Array, offset: number, length: number, result: number): boolean;
  /** Whether the prefix was there. */
  remove(b: Uint8Array, offset: number, length: number): boolean;
  /** Returns the result of the longest prefix that holds the address, or NONE. */
  lookup(b: Uint8Array, offset: number): number;
  /** Calls for every prefix; the table must not change meanwhile. */
  forEach(visit: Visit): void;
}

const ROOT_BITS = 16;
const ROOT_COUNT = 1 << ROOT_BITS;
/** The sign of a node's first word; its low bits are then the length of the leaf's prefix. */
const LEAF = 0x80000000 | 0;
const LEAF_LENGTH = 0xff;
/** 16 children of two words and 15 results. */
const BLOCK_WORDS_MAX = 47;

// The first words: generation (odd while writing), which short lengths occur and how often, free
// lists by size of block; then the tables.
const GENERATION = 0;
const SHORT_LENGTHS = 1;
const SHORT_COUNTS = 2;
const FREE_LISTS = SHORT_COUNTS + ROOT_BITS;
const SHORTS = 128;
const ROOTS = SHORTS + ROOT_COUNT;
const BLOCKS = ROOTS + 2 * ROOT_COUNT;

/**
 * Creates an empty table for addresses of 4 or 16 octets; `wordsMax` bounds its memory. It is built in
 * the zeros of `given` when there is such memory, shared with readers of other threads.
 */
export function createPrefixTable(
  addressBytes: 4 | 16,
  wordsMax: number,
  given?: Int32Array,
): PrefixTable {
  const addressBits = addressBytes * 8;
  const leafWords = addressBytes / 4 + 1;
  /** The most one `set` can take: two new blocks on every level and a leaf. */
  const wordsPerSet = ((addressBits - ROOT_BITS) / 4 + 1) * 2 * BLOCK_WORDS_MAX + leafWords;
  const path = new Int32Array((addressBits - ROOT_BITS) / 4 + 1);
  const memory = new BlockMemory(FREE_LISTS, BLOCKS, wordsMax, given);
  let count = 0;

  const word = (i: number): number => memory.words[i] as number;
  const put = (i: number, value: number): void => {
    memory.words[i] = value;
  };

  /** Makes the generation odd before a change and even after it, in an order other threads see too. */
  const changes = (): void => {
    Atomics.add(memory.words, GENERATION, 1);
  };

  /** Moves a node's block to one that is larger or smaller by `change` words at `index`. */
  function resizeBlock(node: number, index: number, change: number): number {
    const before = blockWords(word(node));
    const from = word(node + 1);
    const to = before + change === 0 ? 0 : memory.allocate(before + change);
    const kept = change > 0 ? index : index - change;
    memory.words.copyWithin(to, from, from + index);
    memory.words.copyWithin(to + kept + change, from + kept, from + before);
    memory.release(from, before);
    put(node + 1, to);
    return to;
  }

  function childOf(node: number, nibble: number): number {
    const bitmap = word(node);
    if ((bitmap & (1 << nibble)) === 0) return NONE;
    return word(node + 1) + 2 * bitsSet(bitmap & ((1 << nibble) - 1));
  }

  function addChild(node: number, nibble: number): number {
    const index = 2 * bitsSet(word(node) & ((1 << nibble) - 1));
    const block = resizeBlock(node, index, 2);
    put(block + index, 0);
    put(block + index + 1, 0);
    put(node, word(node) | (1 << nibble));
    return block + index;
  }

  function removeChild(node: number, nibble: number): void {
    resizeBlock(node, 2 * bitsSet(word(node) & ((1 << nibble) - 1)), -2);
    put(node, word(node) & ~(1 << nibble));
  }

  function setResult(node: number, bit: number, result: number): void {
    const bitmap = word(node);
    const index = resultIndex(bitmap, bit);
    if ((bitmap & (0x10000 << bit)) !== 0) {
      put(word(node + 1) + index, result);
      return;
    }
    const block = resizeBlock(node, index, 1);
    put(block + index, result);
    put(node, bitmap | (0x10000 << bit));
    count++;
  }

  function makeLeaf(
    node: number,
    b: Uint8Array,
    offset: number,
    length: number,
    result: number,
  ): void {
    const block = memory.allocate(leafWords);
    for (let i = 0; i < leafWords - 1; i++) {
      put(block + i, readInt32(b, offset + 4 * i) & maskOfWord(length, i));
    }
    put(block + leafWords - 1, result);
    put(node, LEAF | length);
    put(node + 1, block);
    count++;
  }

  /** Whether the first `length` bits at `b` are those of a leaf's prefix. */
  function leafHolds(block: number, length: number, b: Uint8Array, offset: number): boolean {
    for (let i = 0; 32 * i < length; i++) {
      const difference = readInt32(b, offset + 4 * i) ^ word(block + i);
      if ((difference & maskOfWord(length, i)) !== 0) return false;
    }
    return true;
  }

  /** Turns the leaf at `node` into a node that holds its prefix, or a child that is the leaf. */
  function pushLeafDown(node: number, depth: number): void {
    const leaf = word(node);
    const block = word(node + 1);
    const length = leaf & LEAF_LENGTH;
    const nibble =
      depth < addressBits ? (word(block + (depth >>> 5)) >>> (28 - (depth & 31))) & 15 : 0;
    put(node, 0);
    put(node + 1, 0);
    if (length - depth >= 4) {
      const child = addChild(node, nibble);
      put(child, leaf);
      put(child + 1, block);
      return;
    }
    const below = length - depth;
    const result = word(block + leafWords - 1);
    memory.release(block, leafWords);
    setResult(node, (1 << below) - 1 + (nibble >>> (4 - below)), result);
    count--;
  }

  /** A node whose only content is a child that is a leaf becomes that leaf. */
  function pullLeafUp(node: number): void {
    const bitmap = word(node);
    if (bitmap <= 0 || bitmap >>> 16 !== 0 || (bitmap & (bitmap - 1)) !== 0) return;
    const child = word(node + 1);
    if (word(child) >= 0) return;
    put(node, word(child));
    put(node + 1, word(child + 1));
    memory.release(child, 2);
  }

  function setLong(b: Uint8Array, offset: number, length: number, result: number): void {
    let node = ROOTS + 2 * readUint16(b, offset);
    for (let depth = ROOT_BITS; ; depth += 4) {
      const bitmap = word(node);
      if (bitmap === 0) return makeLeaf(node, b, offset, length, result);
      if (bitmap < 0) {
        const block = word(node + 1);
        if ((bitmap & LEAF_LENGTH) === length && leafHolds(block, length, b, offset)) {
          put(block + leafWords - 1, result);
          return;
        }
        pushLeafDown(node, depth);
      }
      if (length - depth < 4) return setResult(node, prefixBit(b, offset, depth, length), result);
      const nibble = nibbleAt(b, offset, depth);
      const child = childOf(node, nibble);
      node = child === NONE ? addChild(node, nibble) : child;
    }
  }

  function setShort(top: number, length: number, result: number): void {
    const short = SHORTS + shortIndex(top, length);
    if (word(short) === 0) countShort(length, 1);
    put(short, result + 1);
  }

  function removeShort(top: number, length: number): boolean {
    const short = SHORTS + shortIndex(top, length);
    if (word(short) === 0) return false;
    put(short, 0);
    countShort(length, -1);
    return true;
  }

  function countShort(length: number, change: number): void {
    const left = word(SHORT_COUNTS + length) + change;
    put(SHORT_COUNTS + length, left);
    const others = word(SHORT_LENGTHS) & ~(1 << length);
    put(SHORT_LENGTHS, left === 0 ? others : others | (1 << length));
    count += change;
  }

  function removeLong(b: Uint8Array, offset: number, length: number): boolean {
    let node = ROOTS + 2 * readUint16(b, offset);
    let level = 0;
    let depth = ROOT_BITS;
    for (; word(node) >= 0 && length - depth >= 4; depth += 4) {
      path[level++] = node;
      node = childOf(node, nibbleAt(b, offset, depth));
      if (node === NONE) return false;
    }
    const bitmap = word(node);
    if (bitmap < 0) {
      const block = word(node + 1);
      if ((bitmap & LEAF_LENGTH) !== length || !leafHolds(block, length, b, offset)) return false;
      memory.release(block, leafWords);
      put(node, 0);
      put(node + 1, 0);
    } else {
      const bit = prefixBit(b, offset, depth, length);
      if ((bitmap & (0x10000 << bit)) === 0) return false;
      resizeBlock(node, resultIndex(bitmap, bit), -1);
      put(node, bitmap & ~(0x10000 << bit));
    }
    count--;
    // From the bottom up: a node stands in its parent's block, which moves last.
    pullLeafUp(node);
    while (level > 0) {
      depth -= 4;
      const parent = path[--level] as number;
      if (word(node) === 0) removeChild(parent, nibbleAt(b, offset, depth));
      else if (word(node) > 0) break;
      pullLeafUp(parent);
      node = parent;
    }
    return true;
  }

  function visitLeaf(length: number, block: number, visit: Visit): void {
    const bytes = new Uint8Array(addressBytes);
    for (let i = 0; i < leafWords - 1; i++) writeUint32(bytes, 4 * i, word(block + i));
    visit(bytes, length, word(block + leafWords - 1));
  }

  function visitNode(node: number, depth: number, bytes: Uint8Array, visit: Visit): void {
    const bitmap = word(node);
    const block = word(node + 1);
    if (bitmap < 0) return visitLeaf(bitmap & LEAF_LENGTH, block, visit);
    for (let bit = 0; bit < 15; bit++) {
      if ((bitmap & (0x10000 << bit)) === 0) continue;
      const below = 31 - Math.clz32(bit + 1);
      const value = bit + 1 - (1 << below);
      putNibble(bytes, depth, value << (4 - below));
      visit(bytes, depth + below, word(block + resultIndex(bitmap, bit)));
    }
    for (let nibble = 0; nibble < 16; nibble++) {
      const child = childOf(node, nibble);
      if (child === NONE) continue;
      putNibble(bytes, depth, nibble);
      visitNode(child, depth + 4, bytes, visit);
    }
    putNibble(bytes, depth, 0);
  }

  return {
    size: () => count,
    words: () => memory.words,

    set(b, offset, length, result) {
      assert(length >= 0 && length <= addressBits, 'a prefix is not longer than its address');
      assert(result >= 0, 'a result is an id');
      if (!memory.hasRoom(wordsPerSet)) return false;
      changes();
      if (length < ROOT_BITS) {
        setShort(readUint16(b, offset), length, result);
      } else {
        setLong(b, offset, length, result);
      }
      changes();
      return true;
    },

    remove(b, offset, length) {
      assert(length >= 0 && length <= addressBits, 'a prefix is not longer than its address');
      changes();
      const wasThere =
        length < ROOT_BITS
          ? removeShort(readUint16(b, offset), length)
          : removeLong(b, offset, length);
      changes();
      return wasThere;
    },

    lookup(b, offset) {
      const table = memory.words;
      const top = readUint16(b, offset);
      let node = ROOTS + 2 * top;
      let best = NONE;
      let bestBits = 0;
      for (let depth = ROOT_BITS; ; depth += 4) {
        const bitmap = table[node] as number;
        if (bitmap < 0) {
          const block = table[node + 1] as number;
          if (!leafHolds(block, bitmap & LEAF_LENGTH, b, offset)) break;
          return table[block + leafWords - 1] as number;
        }
        // Beyond the last bit there is no nibble; only length 0 below this depth can be set there.
        const nibble = depth < addressBits ? nibbleAt(b, offset, depth) : 0;
        const bits = (bitmap >>> 16) & (PREFIXES_OF_NIBBLE[nibble] as number);
        if (bits !== 0) {
          best = node;
          bestBits = bits;
        }
        if ((bitmap & (1 << nibble)) === 0) break;
        // Far down a node mostly has one child: asking for that first lets the processor run ahead.
        const before = bitmap & ((1 << nibble) - 1);
        node = (table[node + 1] as number) + (before === 0 ? 0 : 2 * bitsSet(before));
      }
      if (best !== NONE) {
        const bit = 31 - Math.clz32(bestBits);
        return table[
          (table[best + 1] as number) + resultIndex(table[best] as number, bit)
        ] as number;
      }
      let lengths = table[SHORT_LENGTHS] as number;
      while (lengths !== 0) {
        const length = 31 - Math.clz32(lengths);
        const short = table[SHORTS + shortIndex(top, length)] as number;
        if (short !== 0) return short - 1;
        lengths ^= 1 << length;
      }
      return NONE;
    },

    forEach(visit) {
      const bytes = new Uint8Array(addressBytes);
      for (let index = 1; index < ROOT_COUNT; index++) {
        const short = word(SHORTS + index);
        if (short === 0) continue;
        const length = 31 - Math.clz32(index);
        const top = (index - (1 << length)) << (ROOT_BITS - length);
        bytes[0] = top >>> 8;
        bytes[1] = top;
        visit(bytes, length, short - 1);
      }
      for (let top = 0; top < ROOT_COUNT; top++) {
        if (word(ROOTS + 2 * top) === 0) continue;
        bytes[0] = top >>> 8;
        bytes[1] = top;
        visitNode(ROOTS + 2 * top, ROOT_BITS, bytes, visit);
      }
    },
  };
}

const shortIndex = (top: number, length: number): number =>
  (1 << length) | (top >>> (ROOT_BITS - length));
