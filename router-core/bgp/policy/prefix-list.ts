/**
 * A short list of prefixes of one family, searched in order.
 *
 * Not standardized. For lists of a dozen rows (filter rows, own prefixes, bogons) a scan of words
 * is faster than any tree; long lists belong in a `PrefixTable`.
 *
 * @module
 */
import type { IpPrefix } from '../../base/ip-address.ts';
import { u8, u32 } from '../rib/columns.ts';
import { masked, PrefixTable } from '../rib/prefix-table.ts';

export class PrefixList {
  private readonly words: Uint32Array;
  private readonly lengths: Uint8Array;

  constructor(family: 4 | 6, prefixes: readonly IpPrefix[]) {
    const registers = new PrefixTable(family, 0, 1);
    const own = prefixes.filter((prefix) => prefix.family === family);
    this.words = new Uint32Array(own.length * 4);
    this.lengths = new Uint8Array(own.length);
    for (const [i, prefix] of own.entries()) {
      registers.loadPrefix(prefix);
      this.words.set([registers.w0, registers.w1, registers.w2, registers.w3], i * 4);
      this.lengths[i] = prefix.length;
    }
  }

  /** Returns the position of the first prefix that contains the one loaded in `route`, or -1. */
  firstContaining(route: PrefixTable): number {
    for (let i = 0; i < this.lengths.length; i++) {
      const bits = u8(this.lengths, i);
      if (bits > route.bits) continue;
      const o = i * 4;
      if (masked(route.w0, bits) !== u32(this.words, o)) continue;
      if (
        route.words === 1 ||
        (masked(route.w1, bits - 32) === u32(this.words, o + 1) &&
          masked(route.w2, bits - 64) === u32(this.words, o + 2) &&
          masked(route.w3, bits - 96) === u32(this.words, o + 3))
      ) {
        return i;
      }
    }
    return -1;
  }
}
