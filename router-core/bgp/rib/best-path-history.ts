/**
 * The last changes of best paths in one family: when, which prefix, from whom to whom, and why.
 *
 * Not standardized; BGP specification §17 ("what happened to this prefix last night?").
 *
 *   decide ──► one row of numbers in a ring ──► the oldest row is written over
 *
 * A prefix is kept by its address, because a row number of the prefix table is used again. A session
 * that comes up with a large table fills the ring; what is recent is what it holds.
 *
 * Invariants
 * - Its size never changes, and writing a change makes no object, save when path ids are first used.
 * - A source number in it is that of the neighbor that had it then: a source that is given back is
 *   forgotten first.
 *
 * @module
 */
import type { IpPrefix } from '../../base/ip-address.ts';
import { f64, SparseColumn, u8, u16, u32 } from './columns.ts';
import { HISTORY_CHANGES } from './limits.ts';
import type { PrefixTable } from './prefix-table.ts';
import { FORMER_SOURCE } from './source-table.ts';

/** Why the best path changed: stable tokens, by number. */
export const CHANGE_CAUSES = [
  /** There was none before. */
  'first-path',
  /** The same neighbor told other attributes. */
  'attributes-changed',
  /** Both are there; `detail` is the step of the decision at which the new one won. */
  'decision',
  'withdrawn',
  'session-down',
  /** The old one is rejected; `detail` is the reason (policy/reason.ts). */
  'rejected',
] as const;
export type ChangeCause = (typeof CHANGE_CAUSES)[number];
export const FIRST_PATH = 0;
export const ATTRIBUTES_CHANGED = 1;
export const DECISION = 2;
export const WITHDRAWN = 3;
export const SESSION_DOWN = 4;
export const REJECTED = 5;

/** One change, read for people; sources as in source-table.ts. */
export type RecordedChange = {
  readonly at: number;
  readonly prefix: IpPrefix;
  readonly from: number;
  readonly to: number;
  readonly cause: number;
  readonly detail: number;
  /** Of the new best path; 0 when there is none. */
  readonly originAs: number;
  /** The ids their neighbors gave the paths, or 0 (RFC 7911). */
  readonly fromPathId: number;
  readonly toPathId: number;
};

export class BestPathHistory {
  private readonly prefixes: PrefixTable;
  private readonly at: Float64Array;
  private readonly address: Uint8Array;
  private readonly length: Uint8Array;
  private readonly from: Uint16Array;
  private readonly to: Uint16Array;
  private readonly cause: Uint8Array;
  private readonly detail: Uint16Array;
  private readonly originAs: Uint32Array;
  private readonly fromPathId: SparseColumn;
  private readonly toPathId: SparseColumn;
  /** Changes ever written. */
  private written: number;

  /** `prefixes` is the table whose rows `record` is told. */
  constructor(prefixes: PrefixTable) {
    this.prefixes = prefixes;
    this.at = new Float64Array(HISTORY_CHANGES);
    this.address = new Uint8Array(HISTORY_CHANGES * prefixes.words * 4);
    this.length = new Uint8Array(HISTORY_CHANGES);
    this.from = new Uint16Array(HISTORY_CHANGES);
    this.to = new Uint16Array(HISTORY_CHANGES);
    this.cause = new Uint8Array(HISTORY_CHANGES);
    this.detail = new Uint16Array(HISTORY_CHANGES);
    this.originAs = new Uint32Array(HISTORY_CHANGES);
    this.fromPathId = new SparseColumn();
    this.toPathId = new SparseColumn();
    this.written = 0;
  }

  record(
    now: number,
    prefix: number,
    from: number,
    to: number,
    cause: number,
    detail: number,
    originAs: number,
    fromPathId: number,
    toPathId: number,
  ): void {
    const row = this.written++ % HISTORY_CHANGES;
    this.at[row] = now;
    this.prefixes.writeAddress(prefix, this.address, row * this.prefixes.words * 4);
    this.length[row] = u8(this.prefixes.length, prefix);
    this.from[row] = from;
    this.to[row] = to;
    this.cause[row] = cause;
    this.detail[row] = detail;
    this.originAs[row] = originAs;
    this.fromPathId.set(row, fromPathId);
    this.toPathId.set(row, toPathId);
  }

  /** A source number is about to be given to somebody else. */
  forgetSource(source: number): void {
    for (let row = 0; row < Math.min(this.written, HISTORY_CHANGES); row++) {
      if (u16(this.from, row) === source) this.from[row] = FORMER_SOURCE;
      if (u16(this.to, row) === source) this.to[row] = FORMER_SOURCE;
    }
  }

  /** Changes of the prefixes that `isWanted` picks, newest first. For people: makes objects. */
  find(isWanted: (prefix: IpPrefix) => boolean, limit: number): RecordedChange[] {
    const found: RecordedChange[] = [];
    const oldest = Math.max(0, this.written - HISTORY_CHANGES);
    for (let n = this.written - 1; n >= oldest && found.length < limit; n--) {
      const row = n % HISTORY_CHANGES;
      const prefix = this.prefixOf(row);
      if (!isWanted(prefix)) continue;
      found.push({
        at: f64(this.at, row),
        prefix,
        from: u16(this.from, row),
        to: u16(this.to, row),
        cause: u8(this.cause, row),
        detail: u16(this.detail, row),
        originAs: u32(this.originAs, row),
        fromPathId: this.fromPathId.get(row),
        toPathId: this.toPathId.get(row),
      });
    }
    return found;
  }

  private prefixOf(row: number): IpPrefix {
    const octets = this.prefixes.words * 4;
    const bytes = this.address.slice(row * octets, (row + 1) * octets);
    return { family: this.prefixes.family, bytes, length: u8(this.length, row) };
  }
}
