/**
 * BLAKE2s in one call: the hash, and keyed for MAC1 and MAC2.
 *
 * Standard: RFC 7693 §3; WireGuard paper §5.4.4 (keyed, 16 octets out).
 *
 * @module
 */
import { compress } from './generated/passes';
import { BLAKE2S_BLOCK, BLAKE2S_STATE, scratch } from './scratch';

const BLOCK_BYTES: u32 = 64;
/** The state: 32 octets. */
const STATE_BYTES: usize = 32;
/** RFC 7693 §2.6. */
const IV0: u32 = 0x6a09e667;
const IV1: u32 = 0xbb67ae85;
const IV2: u32 = 0x3c6ef372;
const IV3: u32 = 0xa54ff53a;
const IV4: u32 = 0x510e527f;
const IV5: u32 = 0x9b05688c;
const IV6: u32 = 0x1f83d9ab;
const IV7: u32 = 0x5be0cd19;

/** Writes `outLength` octets, 1 to 32, of BLAKE2s over `length` octets under a key of 0 to 32. */
export function blake2s(
  out: usize,
  outLength: u32,
  key: usize,
  keyLength: u32,
  text: usize,
  length: u32,
): void {
  const state = scratch + BLAKE2S_STATE;
  const block = scratch + BLAKE2S_BLOCK;
  // RFC 7693 §2.5: the parameter block of sequential hashing.
  v128.store(state, i32x4(IV0 ^ (0x01010000 | (keyLength << 8) | outLength), IV1, IV2, IV3));
  v128.store(state, i32x4(IV4, IV5, IV6, IV7), 16);

  let taken: u64 = 0;
  if (keyLength > 0) {
    memory.fill(block, 0, BLOCK_BYTES);
    memory.copy(block, key, keyLength);
    taken = BLOCK_BYTES;
    compress(state, block, taken, length === 0);
  }
  // The last block, whole or not, is compressed with the final flag.
  for (; length > BLOCK_BYTES; length -= BLOCK_BYTES) {
    taken += BLOCK_BYTES;
    compress(state, text, taken, false);
    text += BLOCK_BYTES;
  }
  if (length > 0 || keyLength === 0) {
    memory.fill(block, 0, BLOCK_BYTES);
    memory.copy(block, text, length);
    compress(state, block, taken + u64(length), true);
  }
  memory.copy(out, state, outLength);
  memory.fill(state, 0, STATE_BYTES + BLOCK_BYTES);
}
