/**
 * Whether a receiver index belongs to a key pair of the WireGuard device: asked where a datagram may be read in several ways.
 *
 * Not standardized; the same question as assembly/tables.ts `findKeyPair`.
 *
 * @module
 */
import { NONE } from '../base/units.ts';
import * as L from '../packet/plane-layout.ts';

/** Returns the question over this memory, in the bank of the youngest router worker and the one that routes. */
export function knownIndexIn(buffer: SharedArrayBuffer): (index: number) => boolean {
  const words = new Int32Array(buffer);
  const isIn = (bank: number, index: number): boolean => {
    if (bank === NONE) return false;
    const base = L.BANK + bank * L.BANK_BYTES;
    const row = (index & (words[(base + L.BANK_KEY_PAIR_MASK) >> 2] as number)) >>> 0;
    if (row >= L.KEY_PAIR_ROWS_MAX) return false;
    const pair = base + L.BANK_KEY_PAIRS + row * L.KEY_PAIR_BYTES;
    if (Atomics.load(words, (pair + L.KEY_PAIR_STATE) >> 2) === L.KEY_PAIR_FREE) return false;
    return words[(pair + L.KEY_PAIR_LOCAL_INDEX) >> 2] === (index | 0);
  };
  return (index) =>
    isIn(Atomics.load(words, L.CONTROL_BANK >> 2), index) ||
    isIn(Atomics.load(words, L.CONTROL_FORWARDING >> 2), index);
}
