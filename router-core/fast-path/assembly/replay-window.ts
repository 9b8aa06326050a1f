/**
 * Replay protection: wireguard/replay-window.ts over the record of a key pair.
 *
 * Standard: RFC 6479 (bitmap without shifting); WireGuard paper §5.4.6.
 *
 * Invariant: asked after the cipher has accepted the message only.
 *
 * @module
 */
import {
  KEY_PAIR_GREATEST,
  KEY_PAIR_WINDOW,
  KEY_PAIR_WINDOW_BYTES,
} from '../../packet/plane-layout';

const WORDS: u64 = KEY_PAIR_WINDOW_BYTES >> 3;
/** One word of 64 is always being refilled (RFC 6479 §2); the TypeScript window counts words of 32. */
const WINDOW_SIZE: u64 = (KEY_PAIR_WINDOW_BYTES << 3) - 64;

/** Accepts a counter once: false when it was seen or is too old to know. */
export function acceptCounter(pair: usize, counter: u64): bool {
  const window = pair + KEY_PAIR_WINDOW;
  const greatest = load<u64>(pair, KEY_PAIR_GREATEST);
  const word = counter >> 6;
  if (counter > greatest) {
    const last = greatest >> 6;
    const steps = min<u64>(word - last, WORDS);
    for (let i: u64 = 1; i <= steps; i++) {
      store<u64>(window + ((<usize>((last + i) & (WORDS - 1))) << 3), 0);
    }
    store<u64>(pair, counter, KEY_PAIR_GREATEST);
  } else if (greatest - counter > WINDOW_SIZE) {
    return false;
  }
  const at = window + ((<usize>(word & (WORDS - 1))) << 3);
  const bit = (<u64>1) << (counter & 63);
  const seen = load<u64>(at);
  if ((seen & bit) !== 0) return false;
  store<u64>(at, seen | bit);
  return true;
}
