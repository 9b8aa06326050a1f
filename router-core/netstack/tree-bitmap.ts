/**
 * The arithmetic of a tree bitmap's nodes: which bits, how many before, where in the block.
 *
 * Not standardized; the picture is in prefix-table.ts.
 *
 *   bitmap │ 0 │ prefixes: 15 bits │ children: 16 bits │
 *
 * @module
 */
import { at } from '../base/bytes.ts';

/** Which prefix bits of a node hold for a nibble: lengths 0, 1, 2 and 3 of it. */
export const PREFIXES_OF_NIBBLE = Int32Array.from(
  { length: 16 },
  (_, n) => 1 | (1 << (1 + (n >>> 3))) | (1 << (3 + (n >>> 2))) | (1 << (7 + (n >>> 1))),
);

/** The number of bits set in the low sixteen; the others must be zero. */
export function bitsSet(bits: number): number {
  let sum = bits - ((bits >>> 1) & 0x5555);
  sum = (sum & 0x3333) + ((sum >>> 2) & 0x3333);
  sum = (sum + (sum >>> 4)) & 0x0f0f;
  return (sum + (sum >>> 8)) & 31;
}

/** The bits of a prefix's word `i` that belong to the first `length` bits. */
export function maskOfWord(length: number, i: number): number {
  const bits = length - 32 * i;
  return bits >= 32 ? -1 : bits <= 0 ? 0 : ~(0xffffffff >>> bits);
}

/** Words of a node's block: two for a child, one for a result. */
export const blockWords = (bitmap: number): number =>
  2 * bitsSet(bitmap & 0xffff) + bitsSet(bitmap >>> 16);

/** Where in its block the result of a prefix bit stands, or would stand. */
export const resultIndex = (bitmap: number, bit: number): number =>
  2 * bitsSet(bitmap & 0xffff) + bitsSet((bitmap >>> 16) & ((1 << bit) - 1));

/** The four bits of an address or prefix from bit `depth` on. */
export const nibbleAt = (b: Uint8Array, offset: number, depth: number): number =>
  (at(b, offset + (depth >>> 3)) >>> (4 - (depth & 4))) & 15;

/** The bit of a node at `depth` for the prefix of `length`, at most three bits longer. */
export function prefixBit(b: Uint8Array, offset: number, depth: number, length: number): number {
  const below = length - depth;
  if (below === 0) return 0;
  return (1 << below) - 1 + (nibbleAt(b, offset, depth) >>> (4 - below));
}

/** Writes the nibble at `depth`; beyond the last octet there is none. */
export function putNibble(bytes: Uint8Array, depth: number, nibble: number): void {
  const i = depth >>> 3;
  if (i >= bytes.length) return;
  const other = (depth & 4) === 0 ? 0x0f : 0xf0;
  bytes[i] = (at(bytes, i) & other) | (nibble << (4 - (depth & 4)));
}
