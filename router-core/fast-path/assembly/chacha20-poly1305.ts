/**
 * ChaCha20-Poly1305 in place.
 *
 * Standard: RFC 8439 §2.8; for packets WireGuard paper §5.4.6: the nonce is 32 zero bits and the
 * counter in little endian, without additional data.
 *
 * The key stream comes in passes of four blocks. Block 0 of the first is the key of the authenticator,
 * so 192 octets of text need one pass. While a pass runs, the authenticator takes what it can already
 * take: in `seal` the ciphertext of the pass before, in `open` all ciphertext.
 *
 *   seal   pass 0   xor 192   pass 1 + mac 192   xor 256   pass 2 + mac 256   …   mac of the rest, tag
 *   open   pass 0   pass 1 + mac 320   pass 2 + mac 320   …   mac of the rest, tag is right?   xor all
 *
 * `open` keeps the key stream until the tag is known; text that is longer than that room is
 * authenticated and then decrypted pass by pass.
 *
 * Constant time: no branch and no address depends on key, key stream, text or tag; multiplication is
 * constant in time on the machines Node runs on. WebAssembly itself promises nothing.
 *
 * Invariants
 * - `open` writes to the text only after the tag was verified.
 * - Nothing is written outside text and tag: xor goes by 16 octets, and what it writes past the text
 *   is the place of the tag, which `open` has read and `seal` has yet to write.
 *
 * @module
 */
import { chacha20Begin, chacha20SetCounter } from './chacha20';
import { keystream } from './generated/passes';
import { absorbLengths, absorbPadded, poly1305Begin, poly1305Tag } from './poly1305';
import { CHACHA_STATE, KEYSTREAM, KEYSTREAM_BYTES, POLY1305_STATE, scratch } from './scratch';

const TAG_BYTES: u32 = 16;
const BLOCK_BYTES: u32 = 64;
const PASS_BYTES: u32 = 256;
const PASS_BLOCKS: u32 = 4;
/** Pairs of authenticator blocks a pass can take, and their octets. */
const PASS_PAIRS: u32 = 10;
const PAIR_BYTES: u32 = 32;

/** Seals `length` octets at `text`; the tag stands in the 16 octets after them. */
export function aeadSeal(key: usize, counter: u64, text: usize, length: u32): void {
  const state = scratch + CHACHA_STATE;
  chacha20Begin(state, key, 0, u32(counter), u32(counter >> 32));
  v128.store(text + length, seal(0, 0, text, length));
}

/** Opens ciphertext and tag, `length` octets in all; false when the tag is wrong. */
export function aeadOpen(key: usize, counter: u64, text: usize, length: u32): bool {
  const state = scratch + CHACHA_STATE;
  chacha20Begin(state, key, 0, u32(counter), u32(counter >> 32));
  return open(0, 0, text, length);
}

/** Seals with any nonce of 12 octets and additional data. */
export function aeadSealWith(
  key: usize,
  nonce: usize,
  ad: usize,
  adLength: u32,
  text: usize,
  length: u32,
): void {
  beginWithNonce(key, nonce);
  v128.store(text + length, seal(ad, adLength, text, length));
}

/** Opens with any nonce of 12 octets and additional data. */
export function aeadOpenWith(
  key: usize,
  nonce: usize,
  ad: usize,
  adLength: u32,
  text: usize,
  length: u32,
): bool {
  beginWithNonce(key, nonce);
  return open(ad, adLength, text, length);
}

function beginWithNonce(key: usize, nonce: usize): void {
  chacha20Begin(
    scratch + CHACHA_STATE,
    key,
    load<u32>(nonce, 0),
    load<u32>(nonce, 4),
    load<u32>(nonce, 8),
  );
}

/** Encrypts and returns the tag. */
function seal(ad: usize, adLength: u32, text: usize, length: u32): v128 {
  const stream = scratch + KEYSTREAM;
  const state = scratch + CHACHA_STATE;
  const mac = scratch + POLY1305_STATE;
  firstPass(stream, state, mac, ad, adLength);
  let sealed = min(length, PASS_BYTES - BLOCK_BYTES);
  xor(text, stream + BLOCK_BYTES, sealed);

  let absorbed: u32 = 0;
  for (let block = PASS_BLOCKS; sealed < length; block += PASS_BLOCKS) {
    chacha20SetCounter(state, block);
    const pairs = (sealed - absorbed) / PAIR_BYTES;
    keystream(state, stream, mac, text + absorbed, pairs);
    absorbed += pairs * PAIR_BYTES;
    const part = min(length - sealed, PASS_BYTES);
    xor(text + sealed, stream, part);
    sealed += part;
  }
  absorbPadded(mac, text + absorbed, length - absorbed);
  absorbLengths(mac, adLength, length);
  return poly1305Tag(mac);
}

/** Verifies the tag and decrypts, or leaves the text as it is. */
function open(ad: usize, adLength: u32, text: usize, sealedLength: u32): bool {
  if (sealedLength < TAG_BYTES) return false;
  const length = sealedLength - TAG_BYTES;
  const stream = scratch + KEYSTREAM;
  const state = scratch + CHACHA_STATE;
  const mac = scratch + POLY1305_STATE;
  firstPass(stream, state, mac, ad, adLength);

  let absorbed: u32 = 0;
  let made = PASS_BYTES;
  let block = PASS_BLOCKS;
  for (; made < length + BLOCK_BYTES && made < KEYSTREAM_BYTES; made += PASS_BYTES) {
    chacha20SetCounter(state, block);
    const pairs = min((length - absorbed) / PAIR_BYTES, PASS_PAIRS);
    keystream(state, stream + made, mac, text + absorbed, pairs);
    absorbed += pairs * PAIR_BYTES;
    block += PASS_BLOCKS;
  }
  absorbPadded(mac, text + absorbed, length - absorbed);
  absorbLengths(mac, adLength, length);
  if (isDifferent(poly1305Tag(mac), v128.load(text + length))) return false;

  let opened = min(length, made - BLOCK_BYTES);
  xor(text, stream + BLOCK_BYTES, opened);
  for (; opened < length; block += PASS_BLOCKS) {
    chacha20SetCounter(state, block);
    keystream(state, stream, mac, text, 0);
    const part = min(length - opened, PASS_BYTES);
    xor(text + opened, stream, part);
    opened += part;
  }
  return true;
}

/** Makes blocks 0 to 3 and starts the authenticator with the first and the additional data. */
function firstPass(stream: usize, state: usize, mac: usize, ad: usize, adLength: u32): void {
  keystream(state, stream, mac, 0, 0);
  poly1305Begin(mac, stream);
  if (adLength > 0) absorbPadded(mac, ad, adLength);
}

/** By 16 octets: up to 15 past `length` are written. */
function xor(text: usize, stream: usize, length: u32): void {
  for (let i: u32 = 0; i < length; i += 16)
    v128.store(text + i, v128.xor(v128.load(text + i), v128.load(stream + i)));
}

/** Looks at every bit, whatever the first ones are. */
function isDifferent(a: v128, b: v128): bool {
  return v128.any_true(v128.xor(a, b));
}
