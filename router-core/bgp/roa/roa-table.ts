/**
 * Route origin authorizations, and whether one covers a route.
 *
 * Standard: RFC 6811 §2; BGP specification §11. DN42 takes "valid" only (portal specification §2).
 *
 * The table of one registry commit is built once and never changed; a new commit is a new table.
 *
 *   prefix (hash) ──► chain of (AS, maximum length)
 *
 * A route is looked up once per ROA length that occurs and is not longer than the route.
 *
 * @module
 */

import type { IpPrefix } from '../../base/ip-address.ts';
import { grownU8, grownU32, u8, u32 } from '../rib/columns.ts';
import { PrefixTable } from '../rib/prefix-table.ts';

/** One authorization. AS 0 authorizes nobody (RFC 6483 §4). */
export type Roa = { readonly prefix: IpPrefix; readonly maxLength: number; readonly asn: number };

export const ROA_VALIDITIES = ['valid', 'not-found', 'invalid-origin', 'invalid-length'] as const;
export type RoaValidity = (typeof ROA_VALIDITIES)[number];

/** Validity as a number, by position in ROA_VALIDITIES. */
export const VALID = 0;
export const NOT_FOUND = 1;
export const INVALID_ORIGIN = 2;
const INVALID_LENGTH = 3;

export class RoaTable {
  readonly size: number;
  private readonly ipv4: FamilyRoas;
  private readonly ipv6: FamilyRoas;

  constructor(roas: readonly Roa[]) {
    this.ipv4 = new FamilyRoas(4);
    this.ipv6 = new FamilyRoas(6);
    for (const roa of roas) (roa.prefix.family === 4 ? this.ipv4 : this.ipv6).add(roa);
    this.size = roas.length;
  }

  /** Validates the prefix loaded in `route` with the given origin (0: none) in place. */
  validateLoaded(route: PrefixTable, origin: number): number {
    return (route.family === 4 ? this.ipv4 : this.ipv6).validate(route, origin);
  }

  validate(prefix: IpPrefix, origin: number): RoaValidity {
    return ROA_VALIDITIES[this.validateLoaded(loaded(prefix), origin)] as RoaValidity;
  }

  /** Returns the authorizations whose prefix contains the route, shortest first. */
  covering(prefix: IpPrefix): Roa[] {
    return (prefix.family === 4 ? this.ipv4 : this.ipv6).covering(loaded(prefix));
  }
}

function loaded(prefix: IpPrefix): PrefixTable {
  const registers = new PrefixTable(prefix.family, 0, 1);
  registers.loadPrefix(prefix);
  return registers;
}

class FamilyRoas {
  private readonly prefixes: PrefixTable;
  /** By prefix: the newest authorization of the chain, 0: none. */
  private head: Uint32Array<ArrayBuffer>;
  private next: Uint32Array<ArrayBuffer>;
  private asn: Uint32Array<ArrayBuffer>;
  private maxLength: Uint8Array<ArrayBuffer>;
  private count: number;
  /** The lengths that occur, ascending. */
  private readonly lengths: number[];

  constructor(family: 4 | 6) {
    this.prefixes = new PrefixTable(family);
    this.head = new Uint32Array(256);
    this.next = new Uint32Array(256);
    this.asn = new Uint32Array(256);
    this.maxLength = new Uint8Array(256);
    this.count = 1;
    this.lengths = [];
  }

  add(roa: Roa): void {
    this.prefixes.loadPrefix(roa.prefix);
    const prefix = this.prefixes.findOrAdd();
    if (prefix >= this.head.length) this.head = grownU32(this.head, this.prefixes.capacity);
    if (this.count === this.next.length) {
      this.next = grownU32(this.next, this.count * 2);
      this.asn = grownU32(this.asn, this.count * 2);
      this.maxLength = grownU8(this.maxLength, this.count * 2);
    }
    const row = this.count++;
    this.asn[row] = roa.asn;
    this.maxLength[row] = roa.maxLength;
    this.next[row] = u32(this.head, prefix);
    this.head[prefix] = row;
    if (!this.lengths.includes(roa.prefix.length)) {
      this.lengths.push(roa.prefix.length);
      this.lengths.sort((a, b) => a - b);
    }
  }

  validate(route: PrefixTable, origin: number): number {
    const bits = route.bits;
    let result = NOT_FOUND;
    for (let i = 0; i < this.lengths.length; i++) {
      const length = this.lengths[i] as number;
      if (length > bits) break;
      this.prefixes.loadWords(route.w0, route.w1, route.w2, route.w3, length);
      const prefix = this.prefixes.find();
      if (prefix === 0) continue;
      for (let row = u32(this.head, prefix); row !== 0; row = u32(this.next, row)) {
        const isOrigin = origin !== 0 && u32(this.asn, row) === origin;
        if (isOrigin && bits <= u8(this.maxLength, row)) return VALID;
        if (isOrigin) result = INVALID_LENGTH;
        else if (result === NOT_FOUND) result = INVALID_ORIGIN;
      }
    }
    return result;
  }

  covering(route: PrefixTable): Roa[] {
    const found: Roa[] = [];
    for (const length of this.lengths) {
      if (length > route.bits) break;
      this.prefixes.loadWords(route.w0, route.w1, route.w2, route.w3, length);
      const prefix = this.prefixes.find();
      if (prefix === 0) continue;
      const chain: Roa[] = [];
      for (let row = u32(this.head, prefix); row !== 0; row = u32(this.next, row)) {
        chain.push({
          prefix: this.prefixes.prefixOf(prefix),
          maxLength: u8(this.maxLength, row),
          asn: u32(this.asn, row),
        });
      }
      found.push(...chain.reverse());
    }
    return found;
  }
}
