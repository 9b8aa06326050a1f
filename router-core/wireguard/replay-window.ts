/**
 * Replay protection for received transport messages.
 *
 * Standard: RFC 6479 (bitmap without shifting); WireGuard paper §5.4.6.
 *
 *   words   │ 0 │ 1 │ … │ 255 │   a ring of 32-bit words; bit c % 32 of word (c / 32) % 256
 *                 ↑ word of `greatest`: words after it are cleared when the window moves over them
 *
 * A window is a row of two columns, so that key pairs can stand in shared memory. The device asks it
 * only after the AEAD has accepted a message, so a forged counter can never move the window.
 *
 * Invariants
 * - `greatest` never decreases.
 * - A counter is accepted at most once.
 * - Counters are plain numbers: the caller drops anything from REJECT_AFTER_MESSAGES on.
 *
 * @module
 */
import { REPLAY_WINDOW_BITS } from './limits.ts';

const WORD_BITS = 32;
export const REPLAY_WORDS = REPLAY_WINDOW_BITS / WORD_BITS;
/** One word is always being refilled, so its counters cannot be told apart (RFC 6479 §2). */
export const REPLAY_WINDOW_SIZE = REPLAY_WINDOW_BITS - WORD_BITS;

/** Accepts a counter once: false when it was seen or is too old to know. */
export function acceptCounter(
  words: Uint32Array,
  greatest: Float64Array,
  row: number,
  counter: number,
): boolean {
  const base = row * REPLAY_WORDS;
  const last = greatest[row] as number;
  const word = Math.floor(counter / WORD_BITS);
  if (counter > last) {
    const lastWord = Math.floor(last / WORD_BITS);
    const steps = Math.min(word - lastWord, REPLAY_WORDS);
    for (let i = 1; i <= steps; i++) words[base + ((lastWord + i) % REPLAY_WORDS)] = 0;
    greatest[row] = counter;
  } else if (last - counter > REPLAY_WINDOW_SIZE) {
    return false;
  }
  const index = base + (word % REPLAY_WORDS);
  const bit = 1 << (counter % WORD_BITS);
  const seen = words[index] as number;
  if ((seen & bit) !== 0) return false;
  words[index] = seen | bit;
  return true;
}

/** Empties the window of a row for a new key pair. */
export function clearWindow(words: Uint32Array, greatest: Float64Array, row: number): void {
  words.fill(0, row * REPLAY_WORDS, (row + 1) * REPLAY_WORDS);
  greatest[row] = 0;
}
