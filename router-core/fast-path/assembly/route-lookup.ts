/**
 * Longest prefix match in a table that somebody else is writing, with a cache of recent answers.
 *
 * Not standardized; the table is netstack/prefix-table.ts, in its own words: roots, nodes of a tree
 * bitmap, leaves, and short prefixes.
 *
 * The table's first word is odd while its one writer changes it. A reader that met a change reads
 * again; when the writer does not finish (its thread waits for a processor) the answer given a moment
 * ago counts until it does: a route is then STALE_TIME old at most, and no packet waits.
 *
 *   cache entry   │ generation │ answer │ address, 16 octets │ when it was right, f64 │
 *
 * Invariants
 * - Every address read lies in the table, whatever half-written words say.
 * - The walk ends: each step goes four bits deeper.
 *
 * @module
 */
import { FIB_WORDS, ROUTE_CACHE_ENTRIES, ROUTE_CACHE_ENTRY_BYTES } from '../../packet/plane-layout';
import { fence, NONE } from './tables';

/** No answer: the table is being changed and nothing recent is remembered. */
export const BUSY: i32 = -2;

const ATTEMPTS: i32 = 64;
/** How long an answer is taken after it was right, in milliseconds: until the next router worker is there. */
const STALE_TIME: f64 = 3000;

// The same places as in netstack/prefix-table.ts; fast-path/plane.test.ts compares answers.
const ROOT_BITS: i32 = 16;
const ROOT_COUNT: u32 = 1 << 16;
const SHORT_LENGTHS: u32 = 1;
const SHORTS: u32 = 128;
const ROOTS: u32 = SHORTS + ROOT_COUNT;
const LEAF_LENGTH: i32 = 0xff;

/** The table of the words at `table` answers for the address at `address` (4 or 16 octets). */
export function lookup(table: usize, address: usize, octets: u32, cache: usize, now: f64): i32 {
  const entry = cache + cacheIndex(address, octets) * ROUTE_CACHE_ENTRY_BYTES;
  const isRemembered = holds(entry, address, octets);
  let generation = atomic.load<u32>(table);
  if (isRemembered && load<u32>(entry) === generation) {
    store<f64>(entry, now, 24);
    return load<i32>(entry, 4);
  }
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if ((generation & 1) === 0) {
      const answer = walk(table, address, octets);
      fence();
      if (atomic.load<u32>(table) === generation) {
        remember(entry, generation, answer, address, octets);
        store<f64>(entry, now, 24);
        return answer;
      }
    }
    generation = atomic.load<u32>(table);
  }
  return isRemembered && now - load<f64>(entry, 24) < STALE_TIME ? load<i32>(entry, 4) : BUSY;
}

function walk(table: usize, address: usize, octets: u32): i32 {
  const bits: i32 = octets << 3;
  const top: u32 = ((<u32>load<u8>(address)) << 8) | load<u8>(address, 1);
  let node: u32 = ROOTS + 2 * top;
  let best: u32 = 0;
  let bestBits: i32 = 0;
  let depth: i32 = ROOT_BITS;
  for (; depth <= bits; depth += 4) {
    const bitmap = word(table, node);
    if (bitmap < 0) {
      const block = word(table, node + 1);
      if (!leafHolds(table, block, bitmap & LEAF_LENGTH, address, octets)) break;
      return word(table, block + (octets >> 2));
    }
    const nibble: u32 = depth < bits ? nibbleAt(address, depth) : 0;
    const prefixes = (bitmap >>> 16) & prefixesOfNibble(nibble);
    if (prefixes !== 0) {
      best = node;
      bestBits = prefixes;
    }
    if ((bitmap & (1 << nibble)) === 0) break;
    node = word(table, node + 1) + 2 * popcnt<i32>(bitmap & ((1 << nibble) - 1));
  }
  if (best !== 0) {
    const bitmap = word(table, best);
    const bit = 31 - clz<i32>(bestBits);
    const index =
      2 * popcnt<i32>(bitmap & 0xffff) + popcnt<i32>((bitmap >>> 16) & ((1 << bit) - 1));
    return word(table, word(table, best + 1) + index);
  }
  let lengths = word(table, SHORT_LENGTHS) & 0xffff;
  while (lengths !== 0) {
    const length = 31 - clz<i32>(lengths);
    const short = word(table, SHORTS + ((1 << length) | (top >> (ROOT_BITS - length))));
    if (short !== 0) return short - 1;
    lengths ^= 1 << length;
  }
  return NONE;
}

/** A word of the table; garbage of a change under way reads a word of the table, too. */
function word(table: usize, index: u32): i32 {
  return load<i32>(table + ((<usize>(index & (FIB_WORDS - 1))) << 2));
}

function leafHolds(table: usize, block: u32, length: i32, address: usize, octets: u32): bool {
  for (let i = 0; 32 * i < length && i < <i32>(octets >> 2); i++) {
    const rest = length - 32 * i;
    const mask: u32 = rest >= 32 ? 0xffffffff : ~(<u32>0xffffffff >> rest);
    const part = bswap<u32>(load<u32>(address + ((<usize>i) << 2)));
    if (((part ^ <u32>word(table, block + i)) & mask) !== 0) return false;
  }
  return true;
}

function nibbleAt(address: usize, depth: i32): u32 {
  return (load<u8>(address + <usize>(depth >>> 3)) >>> (4 - (depth & 4))) & 15;
}

/** Which prefix bits of a node hold for a nibble: lengths 0, 1, 2 and 3 of it. */
function prefixesOfNibble(n: u32): i32 {
  return 1 | (1 << (1 + (n >>> 3))) | (1 << (3 + (n >>> 2))) | (1 << (7 + (n >>> 1)));
}

function cacheIndex(address: usize, octets: u32): usize {
  let mixed: u32 = load<u32>(address);
  if (octets === 16) {
    mixed = mixed * 0x9e3779b1 + load<u32>(address, 4);
    mixed = mixed * 0x85ebca6b + load<u32>(address, 8);
    mixed = mixed * 0xc2b2ae35 + load<u32>(address, 12);
  }
  mixed *= 0x9e3779b1;
  return (mixed >>> 20) & (ROUTE_CACHE_ENTRIES - 1);
}

/** An entry that was never written has generation 0 and holds nothing. */
function holds(entry: usize, address: usize, octets: u32): bool {
  if (load<u32>(entry) === 0) return false;
  if (octets === 4) return load<u32>(entry, 8) === load<u32>(address);
  return (
    load<u64>(entry, 8) === load<u64>(address) && load<u64>(entry, 16) === load<u64>(address, 8)
  );
}

function remember(entry: usize, generation: u32, answer: i32, address: usize, octets: u32): void {
  store<u32>(entry, generation);
  store<i32>(entry, answer, 4);
  if (octets === 4) {
    store<u32>(entry, load<u32>(address), 8);
  } else {
    store<u64>(entry, load<u64>(address), 8);
    store<u64>(entry, load<u64>(address, 8), 16);
  }
}

/** Forgets every answer: another bank's tables count from now on. */
export function clearCache(cache: usize): void {
  memory.fill(cache, 0, ROUTE_CACHE_ENTRIES * ROUTE_CACHE_ENTRY_BYTES);
}
