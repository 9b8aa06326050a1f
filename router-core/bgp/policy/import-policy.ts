/**
 * May this route of this neighbor be used? One pass in a fixed order, the first reason stays.
 *
 * Standard: RFC 4271 §9.1.2 (loops), RFC 6811, RFC 8212 (without a policy nothing comes in);
 * the order is that of portal specification §11.6:
 *
 *   registry there → own prefix, filter rows, length → own AS, path length, first AS, martian AS,
 *   leak (RFC 9234), next hop → ROA valid → role of the neighbor → (import limit, by the caller)
 *
 * Where the neighbor may ask for a blackhole (RFC 7999 §3.3) and does, lengths are not held against it, neither
 * by filter rows nor by ROAs; all else is: nobody asks for somebody else's space.
 *
 * `accept-all` skips what needs the registry and keeps everything about loops and nonsense.
 *
 * Half of this depends on the attributes only: `judgeAttributes` runs once per message,
 * `judgeLoadedPrefix` once per prefix.
 *
 * @module
 */
import { AS_TRANS } from '../../base/asn.ts';
import { at, readUint32 } from '../../base/bytes.ts';
import type { IpPrefix } from '../../base/ip-address.ts';
import { type AttributeStore, HAS_BLACKHOLE } from '../attribute/attribute-store.ts';
import { CANONICAL_HEADER_BYTES, canonicalEnd } from '../attribute/canonical-block.ts';
import { AS_PATH, CLUSTER_LIST, NEXT_HOP } from '../attribute/table.ts';
import { u8, u16, u32 } from '../rib/columns.ts';
import type { PrefixTable } from '../rib/prefix-table.ts';
import { INVALID_ORIGIN, NOT_FOUND, type Roa, RoaTable, VALID } from '../roa/roa-table.ts';
import type { BgpRole } from '../types.ts';
import { isNextHopUsable } from './next-hop.ts';
import { isLeaked } from './only-to-customer.ts';
import { holdsOnly, judgeAsNumbers, type PathRules } from './path-rules.ts';
import { bogons, PrefixFilter, type PrefixFilters } from './prefix-filter.ts';
import { PrefixList } from './prefix-list.ts';
import {
  ACCEPTED,
  LOOP_CLUSTER,
  MARTIAN_AS,
  NEXT_HOP_UNUSABLE,
  NO_POLICY,
  NOT_DN42_SPACE,
  OTC_LEAK,
  OWN_PREFIX,
  PEER_ONLY,
  PREFIX_LENGTH,
  REGISTRY_MISSING,
  ROA_INVALID_LENGTH,
  ROA_INVALID_ORIGIN,
  ROA_NOT_FOUND,
} from './reason.ts';
import type { FilterVerdict } from './rules/condition.ts';

/** What the policy knows of a neighbor. */
export type ImportView = {
  readonly peerAsn: number;
  /** The AS we speak for on this session. */
  readonly localAsn: number;
  readonly isInternal: boolean;
  /** Nothing is asked of the registry. */
  readonly isUnfiltered: boolean;
  /** Nothing comes in (RFC 8212). */
  readonly isClosed: boolean;
  /** It may ask for packets to be discarded (RFC 7999), for prefixes as long as it likes. */
  readonly mayBlackhole?: boolean;
  /** Only routes the neighbor itself originates. */
  readonly isPeerOnly: boolean;
  /** What we are to the neighbor (RFC 9234); undefined: no role is configured. */
  readonly role: BgpRole | undefined;
  /** Our addresses on this link: no next hop for a route that shall leave us. */
  readonly ownAddresses: readonly Uint8Array[];
};

/** RFC 7300, RFC 6793 §9: never the number of a network. AS 0 is malformed already. */
const LAST_TWO_OCTET_AS = 65535;
const LAST_AS = 0xffffffff;

export class ImportPolicy {
  roas: RoaTable | undefined;
  private filters: { 4: PrefixFilter; 6: PrefixFilter } | undefined;
  private own: { 4: PrefixList; 6: PrefixList };
  private readonly bogons: { 4: PrefixList; 6: PrefixList };
  private readonly store: AttributeStore;
  private readonly asn: number;
  private readonly routerId: number;
  private readonly clusterId: number;
  /** Results of `judgeAttributes`: before and after origin validation. */
  private early: number;
  private late: number;
  private origin: number;
  /** Whether the length of the prefix is left out of it: a permitted wish for a blackhole. */
  private isBlackhole: boolean;

  constructor(store: AttributeStore, asn: number, routerId: number, clusterId = routerId) {
    this.store = store;
    this.asn = asn;
    this.routerId = routerId;
    this.clusterId = clusterId;
    this.roas = undefined;
    this.filters = undefined;
    this.own = { 4: new PrefixList(4, []), 6: new PrefixList(6, []) };
    this.bogons = { 4: bogons(4), 6: bogons(6) };
    this.early = ACCEPTED;
    this.late = ACCEPTED;
    this.origin = 0;
    this.isBlackhole = false;
  }

  setOwnPrefixes(prefixes: readonly IpPrefix[]): void {
    this.own = { 4: new PrefixList(4, prefixes), 6: new PrefixList(6, prefixes) };
  }

  /** Either missing means that the registry is: nothing comes in that needs it. */
  setRegistry(roas: readonly Roa[] | undefined, filters: PrefixFilters | undefined): void {
    this.roas = roas === undefined ? undefined : new RoaTable(roas);
    this.filters =
      filters === undefined
        ? undefined
        : { 4: new PrefixFilter(4, filters.ipv4), 6: new PrefixFilter(6, filters.ipv6) };
  }

  get hasRegistry(): boolean {
    return this.roas !== undefined && this.filters !== undefined;
  }

  isOwnPrefix(route: PrefixTable): boolean {
    return this.own[route.family].firstContaining(route) !== -1;
  }

  isBogon(route: PrefixTable): boolean {
    return this.bogons[route.family].firstContaining(route) !== -1;
  }

  /** What the filter rows say; without a registry nothing is permitted. */
  filterRow(route: PrefixTable): FilterVerdict {
    const reason = this.filters?.[route.family].judgeLoaded(route) ?? NOT_DN42_SPACE;
    return reason === ACCEPTED ? 'permitted' : reason === PREFIX_LENGTH ? 'wrong-length' : 'denied';
  }

  /** By position in ROA_VALIDITIES. */
  validity(route: PrefixTable, origin: number): number {
    return this.roas === undefined ? NOT_FOUND : this.roas.validateLoaded(route, origin);
  }

  isReflected(id: number): boolean {
    return this.judgeReflection(id) !== ACCEPTED;
  }

  /** Whether the neighbor passed on what was not for us (RFC 9234 §5). */
  isLeaked({ role, peerAsn }: Pick<ImportView, 'role' | 'peerAsn'>, id: number): boolean {
    return isLeaked(this.store, id, role, peerAsn);
  }

  /** Judges a set of attributes; the result serves `judgeLoadedPrefix` until the next call. */
  judgeAttributes(view: ImportView, rules: PathRules, id: number): void {
    this.origin = this.originOf(id);
    this.isBlackhole =
      view.mayBlackhole === true && (u8(this.store.flags, id) & HAS_BLACKHOLE) !== 0;
    this.early = this.judgePath(view, rules, id);
    if (this.early === ACCEPTED && view.isInternal) this.early = this.judgeReflection(id);
    if (this.early === ACCEPTED && this.isLeaked(view, id)) this.early = OTC_LEAK;
    if (this.early === ACCEPTED && !this.hasUsableNextHop(view, id)) this.early = NEXT_HOP_UNUSABLE;
    const isPeers = !view.isPeerOnly || holdsOnly(this.store, id, view.peerAsn, rules);
    this.late = isPeers ? ACCEPTED : PEER_ONLY;
  }

  /** RFC 6811 §2: an empty path begins in our own AS. 0: the path names no origin. */
  originOf(id: number): number {
    return u16(this.store.pathCount, id) === 0 ? this.asn : u32(this.store.originAs, id);
  }

  /** Judges the prefix loaded in `route` together with the attributes judged last. */
  judgeLoadedPrefix(view: ImportView, route: PrefixTable): number {
    if (view.isClosed) return NO_POLICY;
    if (!view.isUnfiltered && (this.roas === undefined || this.filters === undefined)) {
      return REGISTRY_MISSING;
    }
    const family = route.family;
    if (!view.isInternal && this.own[family].firstContaining(route) !== -1) return OWN_PREFIX;
    if (view.isUnfiltered || this.filters === undefined) {
      const isDefault = route.bits === 0;
      if (!isDefault && this.bogons[family].firstContaining(route) !== -1) return NOT_DN42_SPACE;
      return this.early !== ACCEPTED ? this.early : this.late;
    }
    const prefix = this.filters[family].judgeLoaded(route);
    if (prefix !== ACCEPTED && !(prefix === PREFIX_LENGTH && this.isBlackhole)) return prefix;
    if (this.early !== ACCEPTED) return this.early;
    const roa = this.judgeOrigin(route);
    return roa !== ACCEPTED ? roa : this.late;
  }

  private judgeOrigin(route: PrefixTable): number {
    const validity = this.validity(route, this.origin);
    if (validity === VALID) return ACCEPTED;
    if (validity === NOT_FOUND) return ROA_NOT_FOUND;
    if (validity === INVALID_ORIGIN) return ROA_INVALID_ORIGIN;
    // RFC 7999 §3.3: the shorter prefix is the origin's, which is enough.
    return this.isBlackhole ? ACCEPTED : ROA_INVALID_LENGTH;
  }

  private judgePath(view: ImportView, rules: PathRules, id: number): number {
    const reason = judgeAsNumbers(this.store, id, this.asn, view, rules);
    if (reason !== ACCEPTED) return reason;
    return !view.isUnfiltered && this.hasMartianAs(id) ? MARTIAN_AS : ACCEPTED;
  }

  private hasMartianAs(id: number): boolean {
    const b = this.store.bytes;
    const path = this.store.find(id, AS_PATH);
    if (path === -1) return false;
    const end = canonicalEnd(b, path);
    for (let o = path + CANONICAL_HEADER_BYTES; o < end; ) {
      const next = o + 2 + at(b, o + 1) * 4;
      for (o += 2; o < next; o += 4) {
        const asn = readUint32(b, o);
        if (asn === AS_TRANS || asn === LAST_TWO_OCTET_AS || asn === LAST_AS) return true;
      }
    }
    return false;
  }

  /** RFC 4456 §8: a route we sent into our AS came back by a reflector. */
  private judgeReflection(id: number): number {
    const store = this.store;
    if (u32(store.originatorId, id) === this.routerId) return LOOP_CLUSTER;
    const clusters = store.find(id, CLUSTER_LIST);
    if (clusters === -1) return ACCEPTED;
    const end = canonicalEnd(store.bytes, clusters);
    for (let o = clusters + CANONICAL_HEADER_BYTES; o < end; o += 4) {
      if (readUint32(store.bytes, o) === this.clusterId) return LOOP_CLUSTER;
    }
    return ACCEPTED;
  }

  hasUsableNextHop(view: Pick<ImportView, 'ownAddresses'>, id: number): boolean {
    const o = this.store.find(id, NEXT_HOP);
    if (o === -1) return false;
    const b = this.store.bytes;
    return isNextHopUsable(b, o + CANONICAL_HEADER_BYTES, canonicalEnd(b, o), view.ownAddresses);
  }
}
