/**
 * A token bucket per underlay address, in a table of fixed size.
 *
 * Not standardized. An address is an IPv4 address or an IPv6 /64, hashed with a secret of this device.
 *
 *   │ kept for the proven │ for everybody │      tokens of a row; `reserve` is the length of the first part
 *   0                  reserve          burst
 *
 * What may be forged asks with a reserve, so that it cannot take the last tokens from what is proven.
 *
 * Invariants
 * - Memory does not depend on the number of addresses.
 * - Addresses that meet in a row share its bucket: nobody gets a fresh one by evicting others.
 *
 * @module
 */
import { at } from '../base/bytes.ts';
import type { Random } from '../base/random.ts';
import type { Instant } from '../base/units.ts';

export type AddressLimit = {
  readonly rows: number;
  readonly perSecond: number;
  readonly burst: number;
};

export class AddressLimiter {
  /** What the hash begins with: it keeps rows from being aimed at. */
  readonly secret: number;
  private readonly limit: AddressLimit;
  private readonly tokens: Float64Array;
  private readonly refilled: Float64Array;

  constructor(random: Random, limit: AddressLimit) {
    this.secret = random.below(0x100000000);
    this.limit = limit;
    this.tokens = new Float64Array(limit.rows).fill(limit.burst);
    this.refilled = new Float64Array(limit.rows);
  }

  /**
   * Takes a token of the address at `offset` (4 or 16 octets by family); false when it has no more
   * than `reserve`.
   */
  admit(family: number, addresses: Uint8Array, offset: number, now: Instant, reserve = 0): boolean {
    const { rows, perSecond, burst } = this.limit;
    const row = this.hash(family, addresses, offset) % rows;
    const gained = (Math.max(0, now - (this.refilled[row] as number)) * perSecond) / 1000;
    const tokens = Math.min(burst, (this.tokens[row] as number) + gained);
    this.refilled[row] = now;
    const isAdmitted = tokens >= reserve + 1;
    this.tokens[row] = isAdmitted ? tokens - 1 : tokens;
    return isAdmitted;
  }

  /** FNV-1a with a final mix. */
  private hash(family: number, addresses: Uint8Array, offset: number): number {
    const octets = family === 6 ? 8 : 4;
    let hash = this.secret ^ family;
    for (let i = 0; i < octets; i++) {
      hash = Math.imul(hash ^ at(addresses, offset + i), 0x01000193);
      hash ^= hash >>> 15;
    }
    return (Math.imul(hash, 0x85ebca6b) ^ (hash >>> 13)) >>> 0;
  }
}
