/**
 * By which tunnel a path leaves: where its next hop is for neighbors behind other routers, for internal ones
 * where it is if that is known, for all others where the neighbor is.
 *
 * Standard: RFC 4271 §5.1.3 and §9.1.2.1.
 *
 * An internal neighbor passes on what others told it, with their next hop. Where that is an address of
 * one of our own tunnels or static routes, packets take that way. Every other next hop is looked for
 * behind the neighbor that told it, which has used the path itself; so it is never unresolvable, and step 1
 * of the decision has nothing to do.
 *
 * A neighbor over several hops is no direction to send packets to. Its next hops are looked for among tunnels,
 * static routes and what neighbors at the other end of a tunnel told; the longest match counts. A path without
 * one, or whose own prefix would be that match, is not accepted.
 *
 * @module
 */
import type { IpAddress } from '../../base/ip-address.ts';
import { DISCARD, NONE } from '../../base/units.ts';
import { type AttributeStore, HAS_BLACKHOLE } from '../attribute/attribute-store.ts';
import { CANONICAL_HEADER_BYTES, canonicalEnd } from '../attribute/canonical-block.ts';
import { NEXT_HOP } from '../attribute/table.ts';
import { globalNextHop } from '../policy/next-hop.ts';
import { i32, u8 } from './columns.ts';
import type { PrefixTable } from './prefix-table.ts';
import type { SourceTable } from './source-table.ts';

/** A route that leads to a next hop: the interface, or NONE where packets would end, and the prefix length. */
export type NextHopRoute = { readonly out: number; readonly length: number };

/** Finds the route that leads to an address. */
export type NextHopLookup = (address: IpAddress) => NextHopRoute | undefined;

export class NextHopResolution {
  private readonly store: AttributeStore;
  private readonly sources: SourceTable;
  private readonly fixed: NextHopLookup | undefined;
  private readonly learnt: NextHopLookup;

  /** `fixed`: by configuration; `learnt`: by what neighbors told us. */
  constructor(
    store: AttributeStore,
    sources: SourceTable,
    fixed: NextHopLookup | undefined,
    learnt: NextHopLookup,
  ) {
    this.store = store;
    this.sources = sources;
    this.fixed = fixed;
    this.learnt = learnt;
  }

  /** Whether packets to the prefix are discarded because the neighbor may ask for it, and does (RFC 7999). */
  isBlackhole(source: number, attributes: number): boolean {
    return (
      u8(this.sources.mayBlackhole, source) === 1 &&
      (u8(this.store.flags, attributes) & HAS_BLACKHOLE) !== 0
    );
  }

  /** Returns the interface a path of a neighbor leaves by, DISCARD, or NONE. */
  outOf(source: number, attributes: number): number {
    if (this.isBlackhole(source, attributes)) return DISCARD;
    if (u8(this.sources.isMultihop, source) === 1) {
      const address = this.nextHopOf(attributes);
      return (address === undefined ? undefined : this.routeTo(address)?.out) ?? NONE;
    }
    const link = i32(this.sources.out, source);
    if (this.fixed === undefined || u8(this.sources.isExternal, source) === 1) return link;
    const address = this.nextHopOf(attributes);
    return (address === undefined ? undefined : this.fixed(address)?.out) ?? link;
  }

  /**
   * Whether the loaded prefix of a neighbor over several hops has a next hop that stays reachable when it is
   * used. Loads other prefixes into the tables.
   */
  isResolvable(loaded: PrefixTable, attributes: number): boolean {
    const address = this.nextHopOf(attributes);
    if (address === undefined) return false;
    const { bits } = loaded;
    const isInside = address.family === loaded.family && loaded.holdsAddress(address.bytes);
    const found = this.routeTo(address);
    if (found === undefined || found.out === NONE || found.out === DISCARD) return false;
    return !isInside || found.length > bits;
  }

  private routeTo(address: IpAddress): NextHopRoute | undefined {
    const fixed = this.fixed?.(address);
    const learnt = this.learnt(address);
    if (fixed === undefined || learnt === undefined) return fixed ?? learnt;
    return learnt.length > fixed.length ? learnt : fixed;
  }

  private nextHopOf(attributes: number): IpAddress | undefined {
    const { store } = this;
    const o = store.find(attributes, NEXT_HOP);
    if (o === -1) return undefined;
    const end = canonicalEnd(store.bytes, o);
    return globalNextHop(store.bytes, o + CANONICAL_HEADER_BYTES, end);
  }
}
