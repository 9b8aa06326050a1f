/**
 * Random octets and numbers without an array per draw: obfuscated packets need a few each.
 *
 * Not standardized. A block is fetched from the injected source and used up; nothing is used twice.
 *
 * Invariant: an octet that was handed out is never handed out again (AmneziaWG's padding is a nonce).
 *
 * @module
 */
import { at } from '../../base/bytes.ts';
import type { Random } from '../../base/random.ts';

/** One array of this size per some three hundred packets with 12 octets of padding. */
const POOL_BYTES = 4096;

export class RandomPool {
  private readonly random: Random;
  private pool: Uint8Array = new Uint8Array(0);
  private next = 0;

  constructor(random: Random) {
    this.random = random;
  }

  fill(b: Uint8Array, start: number, end: number): void {
    for (let i = start; i < end; i++) b[i] = this.octet();
  }

  /** Returns a uniformly distributed integer from `low` to `high`, both included, 32 bits wide. */
  between(low: number, high: number): number {
    if (low === high) return low;
    const word =
      this.octet() * 0x1000000 + this.octet() * 0x10000 + this.octet() * 0x100 + this.octet();
    return low + Math.floor((word / 0x100000000) * (high - low + 1));
  }

  private octet(): number {
    if (this.next === this.pool.length) {
      this.pool = this.random.bytes(POOL_BYTES);
      this.next = 0;
    }
    return at(this.pool, this.next++);
  }
}
