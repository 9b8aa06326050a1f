/**
 * A set of prefix patterns compiled for the hot path: a search by length instead of a list.
 *
 * Not standardized. For every length a pattern begins with there is one table of hashed prefixes; patterns
 * that also want shorter routes (`P-`) are few and stay a list.
 *
 * @module
 */
import { grownU32, u8, u32 } from '../../rib/columns.ts';
import { PrefixTable } from '../../rib/prefix-table.ts';
import type { PrefixPattern } from './patterns.ts';

export class PrefixMatcher {
  private readonly prefixes: PrefixTable;
  private readonly lengths: number[] = [];
  /** By prefix: its first row of lengths, 0: none; rows are chained. */
  private head: Uint32Array<ArrayBuffer>;
  private readonly next: number[] = [0];
  private readonly min: number[] = [0];
  private readonly max: number[] = [0];
  /** Patterns that take routes shorter than their own prefix, as rows of a table of their own. */
  private readonly upward: PrefixTable;
  private readonly upwardRanges: { row: number; min: number; max: number }[] = [];

  constructor(family: 4 | 6, patterns: readonly PrefixPattern[]) {
    this.prefixes = new PrefixTable(family);
    this.upward = new PrefixTable(family);
    this.head = new Uint32Array(256);
    for (const pattern of patterns) {
      if (pattern.prefix.family !== family) continue;
      if (pattern.max >= pattern.prefix.length) this.addDownward(pattern);
      if (pattern.min < pattern.prefix.length) {
        this.upward.loadPrefix(pattern.prefix);
        const { min, max } = pattern;
        this.upwardRanges.push({ row: this.upward.findOrAdd(), min, max });
      }
    }
    this.lengths.sort((a, b) => a - b);
  }

  /** Whether the prefix loaded in `route` matches a pattern. */
  matchesLoaded(route: PrefixTable): boolean {
    const { bits } = route;
    for (const length of this.lengths) {
      if (length > bits) break;
      this.prefixes.loadWords(route.w0, route.w1, route.w2, route.w3, length);
      const id = this.prefixes.find();
      if (id === 0) continue;
      for (let row = u32(this.head, id); row !== 0; row = this.next[row] as number)
        if (bits >= (this.min[row] as number) && bits <= (this.max[row] as number)) return true;
    }
    for (const { row, min, max } of this.upwardRanges)
      if (
        bits >= min &&
        bits <= max &&
        bits < u8(this.upward.length, row) &&
        this.isAround(route, row)
      )
        return true;
    return false;
  }

  private addDownward({ prefix, min, max }: PrefixPattern): void {
    this.prefixes.loadPrefix(prefix);
    const id = this.prefixes.findOrAdd();
    if (id >= this.head.length) this.head = grownU32(this.head, this.prefixes.capacity);
    this.next.push(u32(this.head, id));
    this.head[id] = this.next.length - 1;
    this.min.push(min);
    this.max.push(max);
    if (!this.lengths.includes(prefix.length)) this.lengths.push(prefix.length);
  }

  private isAround(route: PrefixTable, row: number): boolean {
    this.upward.loadWords(route.w0, route.w1, route.w2, route.w3, route.bits);
    return this.upward.isInsideLoaded(row);
  }
}
