/**
 * By which tunnel a path leaves: for internal neighbors where the next hop is, for all others where
 * the neighbor is.
 *
 * Standard: RFC 4271 §5.1.3 and §9.1.2.1.
 *
 * An internal neighbor passes on what others told it, with their next hop. Where that is an address of
 * one of our own tunnels or static routes, packets take that way. Every other next hop is looked for
 * behind the neighbor that told it, which has used the path itself; so a next hop is never unresolvable,
 * and step 1 of the decision has nothing to do.
 *
 * @module
 */
import type { IpAddress } from '../../base/ip-address.ts';
import type { InterfaceId } from '../../base/units.ts';
import type { AttributeStore } from '../attribute/attribute-store.ts';
import { CANONICAL_HEADER_BYTES, canonicalEnd } from '../attribute/canonical-block.ts';
import { NEXT_HOP } from '../attribute/table.ts';
import { globalNextHop } from '../policy/next-hop.ts';
import { i32, u8 } from './columns.ts';
import type { SourceTable } from './source-table.ts';

/** Finds the tunnel that leads to an address by configuration alone; never by routes of BGP. */
export type NextHopLookup = (address: IpAddress) => InterfaceId | undefined;

export class NextHopResolution {
  private readonly store: AttributeStore;
  private readonly sources: SourceTable;
  private readonly lookup: NextHopLookup | undefined;

  constructor(store: AttributeStore, sources: SourceTable, lookup?: NextHopLookup) {
    this.store = store;
    this.sources = sources;
    this.lookup = lookup;
  }

  /** Returns the interface a path of a neighbor leaves by. */
  outOf(source: number, attributes: number): number {
    const link = i32(this.sources.out, source);
    if (this.lookup === undefined || u8(this.sources.isExternal, source) === 1) return link;
    const { store } = this;
    const o = store.find(attributes, NEXT_HOP);
    if (o === -1) return link;
    const end = canonicalEnd(store.bytes, o);
    const address = globalNextHop(store.bytes, o + CANONICAL_HEADER_BYTES, end);
    return (address === undefined ? undefined : this.lookup(address)) ?? link;
  }
}
