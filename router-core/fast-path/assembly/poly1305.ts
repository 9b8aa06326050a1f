/**
 * Poly1305: the authenticator's beginning and end; its inner loop is generated.
 *
 * Standard: RFC 8439 §2.5.
 *
 *   mac +0 h0 … h4   the accumulator in limbs of 32 bits, each in 64 (carries wait: generate-passes.mjs)
 *      +40 r0 … r3   the clamped first half of the key
 *      +72 s0 … s3   (r[i] >> 2) · 5: what r[i] is worth once it has passed 2^130
 *     +104 pad       the second half of the key
 *
 * @module
 */
import { absorb } from './generated/passes';
import { PADDED_BLOCK, scratch } from './scratch';

const H: usize = 0;
const R: usize = 40;
const S: usize = 72;
const PAD: usize = 104;
const BLOCK: u32 = 16;
const WORD: u64 = 0xffffffff;

/** Starts an authenticator with the 32 octets of a one-time key. */
export function poly1305Begin(mac: usize, key: usize): void {
  memory.fill(mac + H, 0, 40);
  // RFC 8439 §2.5: r is clamped.
  const r0 = load<u32>(key, 0) & 0x0fffffff;
  const r1 = load<u32>(key, 4) & 0x0ffffffc;
  const r2 = load<u32>(key, 8) & 0x0ffffffc;
  const r3 = load<u32>(key, 12) & 0x0ffffffc;
  store<u64>(mac + R, u64(r0), 0);
  store<u64>(mac + R, u64(r1), 8);
  store<u64>(mac + R, u64(r2), 16);
  store<u64>(mac + R, u64(r3), 24);
  store<u64>(mac + S, u64((r0 >> 2) * 5), 0);
  store<u64>(mac + S, u64((r1 >> 2) * 5), 8);
  store<u64>(mac + S, u64((r2 >> 2) * 5), 16);
  store<u64>(mac + S, u64((r3 >> 2) * 5), 24);
  v128.store(mac + PAD, v128.load(key, 16));
}

/** Takes text and fills its last block up with zeros, as the AEAD construction does (RFC 8439 §2.8). */
export function absorbPadded(mac: usize, from: usize, length: u32): void {
  absorb(mac, from, length / BLOCK);
  const rest = length % BLOCK;
  if (rest === 0) return;
  const block = scratch + PADDED_BLOCK;
  v128.store(block, i64x2(0, 0));
  memory.copy(block, from + (length - rest), rest);
  absorb(mac, block, 1);
}

/** Takes the end of a text that is not filled up: a one stands after it instead (RFC 8439 §2.5). */
export function absorbLast(mac: usize, from: usize, length: u32): void {
  if (length === 0) return;
  const block = scratch + PADDED_BLOCK;
  v128.store(block, i64x2(0, 0));
  memory.copy(block, from, length);
  store<u8>(block + length, 1);
  // absorb adds the one of a whole block, 2^128.
  store<u64>(mac + H, load<u64>(mac + H, 32) - 1, 32);
  absorb(mac, block, 1);
}

/** Takes the block with both lengths (RFC 8439 §2.8). */
export function absorbLengths(mac: usize, adLength: u32, length: u32): void {
  const block = scratch + PADDED_BLOCK;
  store<u64>(block, u64(adLength), 0);
  store<u64>(block, u64(length), 8);
  absorb(mac, block, 1);
}

/** Returns the tag: (h mod 2^130 - 5) + pad, mod 2^128, without a branch on any of it. */
export function poly1305Tag(mac: usize): v128 {
  // Twice round: the first pass settles the late carries, the second what came back from above.
  let h0 = load<u64>(mac + H, 0);
  let h1 = load<u64>(mac + H, 8);
  let h2 = load<u64>(mac + H, 16);
  let h3 = load<u64>(mac + H, 24);
  let h4 = load<u64>(mac + H, 32);
  for (let i = 0; i < 2; i++) {
    h1 += h0 >> 32;
    h2 += h1 >> 32;
    h3 += h2 >> 32;
    h4 += h3 >> 32;
    h0 = (h0 & WORD) + (h4 >> 2) * 5;
    h1 &= WORD;
    h2 &= WORD;
    h3 &= WORD;
    h4 &= 3;
  }
  h1 += h0 >> 32;
  h2 += h1 >> 32;
  h3 += h2 >> 32;
  h4 += h3 >> 32;

  // h + 5 reaches 2^130 exactly when h is not below the prime; then h + 5 is what counts.
  let carry = ((h0 & WORD) + 5) >> 32;
  carry = ((h1 & WORD) + carry) >> 32;
  carry = ((h2 & WORD) + carry) >> 32;
  carry = ((h3 & WORD) + carry) >> 32;
  const excess = ((h4 + carry) >> 2) * 5;

  let sum = (h0 & WORD) + excess + u64(load<u32>(mac + PAD, 0));
  const low = sum & WORD;
  sum = (sum >> 32) + (h1 & WORD) + u64(load<u32>(mac + PAD, 4));
  const word1 = sum & WORD;
  sum = (sum >> 32) + (h2 & WORD) + u64(load<u32>(mac + PAD, 8));
  const word2 = sum & WORD;
  sum = (sum >> 32) + (h3 & WORD) + u64(load<u32>(mac + PAD, 12));
  const first = low | (word1 << 32);
  const second = word2 | (sum << 32);
  return i64x2.replace_lane(i64x2.splat(first), 1, second);
}
