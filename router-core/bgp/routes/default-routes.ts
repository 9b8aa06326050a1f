/**
 * Default routes of our own for neighbors that ask for one, beside the table (default-originate).
 *
 * Not standardized; BGP specification §6.7.
 *
 *   prefix 0/0 in the table   what its row says goes to everybody else, as usual
 *                             those with defaultOriginate are told ours instead, whatever it says; who takes
 *                             several paths (RFC 7911) is told this one alone, under an id of its own
 *
 * Invariant: while somebody wants one, the row of the default prefix is held, so that walks meet it.
 *
 * @module
 */
import type { IpPrefix } from '../../base/ip-address.ts';
import type { FamilyRib } from '../rib/family-rib.ts';
import { OWN } from '../rib/source-table.ts';

const NO_ROW = 0;

export class DefaultRoutes {
  /** The attributes of a route of our own. */
  readonly attributes: number;
  private readonly rows = { 4: NO_ROW, 6: NO_ROW };

  constructor(ownAttributes: number) {
    this.attributes = ownAttributes;
  }

  /** Sees to it that the family's default prefix has a row. Once: a row that was wanted stays. */
  want(rib: FamilyRib): void {
    if (this.rows[rib.family] !== NO_ROW) return;
    rib.prefixes.loadPrefix(defaultPrefix(rib.family));
    const row = rib.addLoadedPrefix();
    rib.hold(row);
    this.rows[rib.family] = row;
  }

  /** Whether this row is told as our own to those who want it. */
  isDefault(family: 4 | 6, prefix: number): boolean {
    return this.rows[family] === prefix;
  }

  /** Rows held for good, for the audit. */
  holds(family: 4 | 6): number {
    return this.rows[family] === NO_ROW ? 0 : 1;
  }
}

/** The source of a default route of our own. */
export const DEFAULT_SOURCE: number = OWN;
/** Its path id: the highest there is, because those of paths in the table are the lowest that are free. */
export const DEFAULT_PATH_ID = 0xffffffff;

const defaultPrefix = (family: 4 | 6): IpPrefix => ({
  family,
  bytes: new Uint8Array(family === 4 ? 4 : 16),
  length: 0,
});
