/**
 * Where this instance keeps what a computation needs in passing.
 *
 * Not standardized. Several threads run the same module over one memory, and static data would be one
 * for all of them; so each instance is told its own piece.
 *
 *   0     key stream          3,584
 *   3,584 state of ChaCha20      64   constants, key, counter, nonce (RFC 8439 §2.3)
 *   3,648 state of Poly1305     128   h (5 × 8), r (4 × 8), r · 5/4 (4 × 8), pad (16)
 *   3,776 one padded block       16
 *   3,792 nonce                  16
 *   3,808 state of BLAKE2s       32
 *   3,840 block of BLAKE2s       64
 *   3,904 to 4,096 free
 *
 * @module
 */

export const KEYSTREAM: usize = 0;
export const KEYSTREAM_BYTES: u32 = 3584;
export const CHACHA_STATE: usize = 3584;
export const POLY1305_STATE: usize = 3648;
export const PADDED_BLOCK: usize = 3776;
export const NONCE: usize = 3792;
export const BLAKE2S_STATE: usize = 3808;
export const BLAKE2S_BLOCK: usize = 3840;

/** The address of this instance's piece; a global belongs to one instance. */
export let scratch: usize = 0;

/** Gives this instance 4,096 octets at `address`, a multiple of 16, before anything else is called. */
export function setScratch(address: usize): void {
  scratch = address;
}
