/**
 * Blocks of words in one growing array, with a list of free blocks for each size.
 *
 * Not standardized. Serves prefix-table.ts, whose nodes own blocks of 1 to 47 words.
 *
 * A freed block's first word names the next free one of its size; sizes are never split or joined,
 * because a table that changes asks for the same sizes again. The lists stand in the array as well, so
 * that all of it can be shared memory.
 *
 * Invariants
 * - `words` never shrinks and is replaced only by `hasRoom`.
 * - A block begins behind the owner's fixed part, so 0 is "none".
 *
 * @module
 */
import { assert } from '../base/assert.ts';

/** Room for a few thousand prefixes before the first growth; untouched pages cost nothing. */
const WORDS_AT_START = 1 << 18;

/** Between the owner's free lists and its tables: the end of what was ever allocated. */
export const USED_WORD = 127;

export class BlockMemory {
  words: Int32Array;
  private readonly freeLists: number;
  private readonly wordsMax: number;
  private next: number;

  /**
   * The word at `freeLists + size` is the list of that size; blocks begin at `firstBlock`. Memory that
   * is `given` is all zero and does not grow; its word USED_WORD tells how much of it was ever used.
   */
  constructor(freeLists: number, firstBlock: number, wordsMax: number, given?: Int32Array) {
    assert(wordsMax >= firstBlock, 'the limit leaves room for the fixed part');
    this.words = given ?? new Int32Array(Math.min(Math.max(WORDS_AT_START, firstBlock), wordsMax));
    this.freeLists = freeLists;
    this.wordsMax = given === undefined ? wordsMax : Math.min(wordsMax, given.length);
    this.next = firstBlock;
    this.words[USED_WORD] = firstBlock;
  }

  /** Whether blocks of so many words together can be allocated; grows by doubling when they can not. */
  hasRoom(count: number): boolean {
    while (this.next + count > this.words.length) {
      if (this.words.length >= this.wordsMax) return false;
      const grown = new Int32Array(Math.min(this.words.length * 2, this.wordsMax));
      grown.set(this.words);
      this.words = grown;
    }
    return true;
  }

  /** Returns a block whose words are arbitrary; the caller has asked `hasRoom`. */
  allocate(size: number): number {
    const list = this.freeLists + size;
    const free = this.words[list] as number;
    if (free === 0) {
      this.next += size;
      this.words[USED_WORD] = this.next;
      return this.next - size;
    }
    this.words[list] = this.words[free] as number;
    return free;
  }

  release(block: number, size: number): void {
    if (size === 0) return;
    const list = this.freeLists + size;
    this.words[block] = this.words[list] as number;
    this.words[list] = block;
  }
}
