/**
 * A token bucket per source in front of every X25519.
 *
 * Not standardized; the rate is wireguard-go's (limits.ts). A source is an IPv4 address or an IPv6
 * /64, hashed with a secret of this device into a table of fixed size.
 *
 * Invariants
 * - Memory does not depend on the number of sources.
 * - Sources that meet in a row share its bucket: nobody gets a fresh one by evicting others.
 *
 * @module
 */
import { at } from '../base/bytes.ts';
import type { Random } from '../base/random.ts';
import type { Instant } from '../base/units.ts';
import { HANDSHAKES_BURST, HANDSHAKES_PER_SECOND, SOURCE_BUCKETS } from './limits.ts';

export class SourceLimiter {
  private readonly secret: number;
  private readonly tokens = new Float64Array(SOURCE_BUCKETS).fill(HANDSHAKES_BURST);
  private readonly refilled = new Float64Array(SOURCE_BUCKETS);

  constructor(random: Random) {
    this.secret = random.below(0x100000000);
  }

  /** Takes a token of the source at `offset` (4 or 16 octets by family); false when it has none. */
  admit(family: number, addresses: Uint8Array, offset: number, now: Instant): boolean {
    const row = this.hash(family, addresses, offset) % SOURCE_BUCKETS;
    const since = now - (this.refilled[row] as number);
    const gained = (Math.max(0, since) * HANDSHAKES_PER_SECOND) / 1000;
    const tokens = Math.min(HANDSHAKES_BURST, (this.tokens[row] as number) + gained);
    this.refilled[row] = now;
    const isAdmitted = tokens >= 1;
    this.tokens[row] = isAdmitted ? tokens - 1 : tokens;
    return isAdmitted;
  }

  /** FNV-1a with a final mix; the secret keeps rows from being aimed at. */
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
