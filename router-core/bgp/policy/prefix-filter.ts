/**
 * Which prefixes may be in DN42 at all: the rows of the registry's filter.txt and filter6.txt.
 *
 * Not standardized; portal specification §2 step 5 and §11.6. The first row by number whose prefix
 * contains the route's whole prefix decides; no row is a deny.
 *
 * @module
 */
import { type IpPrefix, parseIpPrefix } from '../../base/ip-address.ts';
import type { PrefixTable } from '../rib/prefix-table.ts';
import { PrefixList } from './prefix-list.ts';
import { ACCEPTED, NOT_DN42_SPACE, PREFIX_LENGTH } from './reason.ts';

export type PrefixFilterRow = {
  readonly number: number;
  readonly action: 'permit' | 'deny';
  readonly prefix: IpPrefix;
  readonly minLength: number;
  readonly maxLength: number;
};
export type PrefixFilters = {
  readonly ipv4: readonly PrefixFilterRow[];
  readonly ipv6: readonly PrefixFilterRow[];
};

/** The rows of one family, compiled. */
export class PrefixFilter {
  private readonly rows: readonly PrefixFilterRow[];
  private readonly list: PrefixList;

  constructor(family: 4 | 6, rows: readonly PrefixFilterRow[]) {
    this.rows = rows
      .filter((row) => row.prefix.family === family)
      .toSorted((a, b) => a.number - b.number);
    this.list = new PrefixList(
      family,
      this.rows.map((row) => row.prefix),
    );
  }

  /** Returns why the loaded prefix is not wanted, or ACCEPTED. */
  judgeLoaded(route: PrefixTable): number {
    const i = this.list.firstContaining(route);
    if (i === -1) return NOT_DN42_SPACE;
    const row = this.rows[i] as PrefixFilterRow;
    if (row.action === 'deny') return NOT_DN42_SPACE;
    return route.bits >= row.minLength && route.bits <= row.maxLength ? ACCEPTED : PREFIX_LENGTH;
  }
}

/** What no network may announce, for neighbors that are not held to the filter rows. */
const BOGONS = [
  // RFC 1122 §3.2.1.3, RFC 3927, RFC 5771, RFC 1112 §4; a default route is none of these.
  '0.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/3',
  // RFC 4291 §2.4 and §2.5.2 (`::/8` holds the unspecified, loopback and mapped addresses).
  '::/8',
  'fe80::/10',
  'ff00::/8',
].map((text) => parseIpPrefix(text) as IpPrefix);

export const bogons = (family: 4 | 6): PrefixList => new PrefixList(family, BOGONS);
