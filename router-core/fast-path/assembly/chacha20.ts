/**
 * ChaCha20: the state of the block function, and HChaCha20 for the long nonces of cookies.
 *
 * Standard: RFC 8439 §2.3; draft-irtf-cfrg-xchacha-03 §2.2 (HChaCha20).
 *
 * The fast block function, four blocks at once, is generated (generate-passes.mjs). HChaCha20 is
 * written plainly: nothing but the vectors needs it yet, cookies are sealed by the router worker.
 *
 * @module
 */
import { CHACHA_STATE, scratch } from './scratch';

/** "expa" "nd 3" "2-by" "te k". */
const SIGMA0: u32 = 0x61707865;
const SIGMA1: u32 = 0x3320646e;
const SIGMA2: u32 = 0x79622d32;
const SIGMA3: u32 = 0x6b206574;
const COUNTER: usize = 48;

/** Writes the state for block 0: constants, key, counter, and a nonce in three words. */
export function chacha20Begin(
  state: usize,
  key: usize,
  nonce0: u32,
  nonce1: u32,
  nonce2: u32,
): void {
  v128.store(state, i32x4(SIGMA0, SIGMA1, SIGMA2, SIGMA3));
  v128.store(state, v128.load(key), 16);
  v128.store(state, v128.load(key, 16), 32);
  store<u32>(state, 0, 48);
  store<u32>(state, nonce0, 52);
  store<u32>(state, nonce1, 56);
  store<u32>(state, nonce2, 60);
}

export function chacha20SetCounter(state: usize, counter: u32): void {
  store<u32>(state + COUNTER, counter);
}

/** Writes the 32 octets that HChaCha20 makes of a key and 16 octets of nonce. */
export function hchacha20(key: usize, nonce: usize, out: usize): void {
  const state = scratch + CHACHA_STATE;
  v128.store(state, i32x4(SIGMA0, SIGMA1, SIGMA2, SIGMA3));
  v128.store(state, v128.load(key), 16);
  v128.store(state, v128.load(key, 16), 32);
  v128.store(state, v128.load(nonce), 48);
  for (let i = 0; i < 10; i++) {
    quarterRound(state, 0, 4, 8, 12);
    quarterRound(state, 1, 5, 9, 13);
    quarterRound(state, 2, 6, 10, 14);
    quarterRound(state, 3, 7, 11, 15);
    quarterRound(state, 0, 5, 10, 15);
    quarterRound(state, 1, 6, 11, 12);
    quarterRound(state, 2, 7, 8, 13);
    quarterRound(state, 3, 4, 9, 14);
  }
  // The first and the last row; without the addition of the initial state.
  v128.store(out, v128.load(state));
  v128.store(out, v128.load(state, 48), 16);
  memory.fill(state, 0, 64);
}

/** RFC 8439 §2.1, on words of the state by their number. */
function quarterRound(state: usize, a: u32, b: u32, c: u32, d: u32): void {
  step(state, a, b, d, 16);
  step(state, c, d, b, 12);
  step(state, a, b, d, 8);
  step(state, c, d, b, 7);
}

function step(state: usize, sum: u32, addend: u32, into: u32, by: u32): void {
  const total = load<u32>(state + (sum << 2)) + load<u32>(state + (addend << 2));
  store<u32>(state + (sum << 2), total);
  store<u32>(state + (into << 2), rotl(load<u32>(state + (into << 2)) ^ total, by));
}
