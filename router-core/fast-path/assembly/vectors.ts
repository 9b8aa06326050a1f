/**
 * The parts of the cipher, one by one: what the vectors of the standards speak of.
 *
 * Standard: RFC 8439 §2.3, §2.5. Packets never come here.
 *
 * @module
 */
import { chacha20Begin, chacha20SetCounter } from './chacha20';
import { absorb, keystream } from './generated/passes';
import { absorbLast, poly1305Begin, poly1305Tag } from './poly1305';
import { CHACHA_STATE, POLY1305_STATE, scratch } from './scratch';

/** Writes 256 octets of key stream from block `counter` on. */
export function chacha20KeyStream(key: usize, nonce: usize, counter: u32, out: usize): void {
  const state = scratch + CHACHA_STATE;
  chacha20Begin(state, key, load<u32>(nonce), load<u32>(nonce, 4), load<u32>(nonce, 8));
  chacha20SetCounter(state, counter);
  keystream(state, out, 0, 0, 0);
}

/** Writes the 16 octets of the tag of any text under a one-time key. */
export function poly1305(key: usize, text: usize, length: u32, out: usize): void {
  const mac = scratch + POLY1305_STATE;
  poly1305Begin(mac, key);
  absorb(mac, text, length / 16);
  absorbLast(mac, text + (length & ~15), length % 16);
  v128.store(out, poly1305Tag(mac));
}
