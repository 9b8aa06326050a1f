/**
 * The source filter of one peer.
 *
 * Standard: WireGuard paper §2 (cryptokey routing), the receiving half only: routes are the
 * netstack's, so two peers may both announce everything (docs/architecture.md §3).
 *
 * DN42 peerings allow everything, which costs two comparisons. A restricted list is walked in order.
 *
 * Invariant: no prefix allows nothing, as in WireGuard.
 *
 * @module
 */
import { readUint32 } from '../base/bytes.ts';
import { RouterError } from '../base/errors.ts';
import type { IpPrefix } from '../base/ip-address.ts';
import { ALLOWED_IPS_PER_PEER } from './limits.ts';

export class AllowedIps {
  readonly allowsAll4: boolean;
  readonly allowsAll6: boolean;
  /** Per prefix: address and mask, one word each. */
  private readonly words4: Uint32Array;
  /** Per prefix: four words of address, four of mask. */
  private readonly words6: Uint32Array;

  /** @throws RouterError `CAPACITY` when the list is longer than ALLOWED_IPS_PER_PEER. */
  constructor(prefixes: readonly IpPrefix[]) {
    if (prefixes.length > ALLOWED_IPS_PER_PEER) {
      throw new RouterError(
        'CAPACITY',
        `A peer has at most ${ALLOWED_IPS_PER_PEER} allowed IPs, not ${prefixes.length}. Use shorter prefixes.`,
      );
    }
    this.allowsAll4 = prefixes.some((p) => p.family === 4 && p.length === 0);
    this.allowsAll6 = prefixes.some((p) => p.family === 6 && p.length === 0);
    this.words4 = wordsOf(prefixes, 4);
    this.words6 = wordsOf(prefixes, 6);
  }

  /** Whether the IPv4 source at `offset` may come from this peer. */
  allows4(b: Uint8Array, offset: number): boolean {
    if (this.allowsAll4) return true;
    const { words4 } = this;
    const source = readUint32(b, offset);
    for (let i = 0; i < words4.length; i += 2) {
      if (((source ^ (words4[i] as number)) & (words4[i + 1] as number)) === 0) return true;
    }
    return false;
  }

  /** Whether the IPv6 source at `offset` may come from this peer. */
  allows6(b: Uint8Array, offset: number): boolean {
    if (this.allowsAll6) return true;
    const { words6 } = this;
    const w0 = readUint32(b, offset);
    const w1 = readUint32(b, offset + 4);
    const w2 = readUint32(b, offset + 8);
    const w3 = readUint32(b, offset + 12);
    for (let i = 0; i < words6.length; i += 8) {
      if (
        ((w0 ^ (words6[i] as number)) & (words6[i + 4] as number)) === 0 &&
        ((w1 ^ (words6[i + 1] as number)) & (words6[i + 5] as number)) === 0 &&
        ((w2 ^ (words6[i + 2] as number)) & (words6[i + 6] as number)) === 0 &&
        ((w3 ^ (words6[i + 3] as number)) & (words6[i + 7] as number)) === 0
      ) {
        return true;
      }
    }
    return false;
  }
}

/** Returns address words, then mask words, of every prefix of the family. */
function wordsOf(prefixes: readonly IpPrefix[], family: 4 | 6): Uint32Array {
  const words: number[] = [];
  for (const prefix of prefixes) {
    if (prefix.family !== family) continue;
    const count = prefix.bytes.length / 4;
    for (let i = 0; i < count; i++) words.push(readUint32(prefix.bytes, 4 * i));
    for (let i = 0; i < count; i++) {
      const bits = Math.min(32, Math.max(0, prefix.length - 32 * i));
      words.push(bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0);
    }
  }
  return Uint32Array.from(words);
}
