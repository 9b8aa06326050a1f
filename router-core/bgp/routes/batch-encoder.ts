/**
 * Tells neighbors of one group about a batch of prefixes: withdrawals first, then announcements.
 *
 * Standard: RFC 4271 §9.2; BGP specification §6.1, §6.4, §6.5.
 *
 *   batch ──► rules ──► chains of equal (attributes, source) ──► one message per chain, as long as it fits
 *                    │
 *                    └─ who wants it: not the source, nobody whose AS is in the path
 *
 * A message is encoded once and given to every member that wants its chain. A member that has a
 * prefix it no longer wants gets a withdrawal of its own.
 *
 * Invariants
 * - After a batch, a member has exactly those prefixes of it whose chain it wants.
 * - `chainOf` is all "none" between batches.
 * - What `refusal` tells people is asked of the functions that decide.
 *
 * @module
 */
import type { Instant } from '../../base/units.ts';
import { type AttributeStore, HAS_MED } from '../attribute/attribute-store.ts';
import {
  AS_IN_PATH,
  EXPORT_POLICY,
  FOR_NEIGHBOR,
  firstReason,
  MESSAGE_TOO_LONG,
  NO_BEST_PATH,
  NO_NEXT_HOP,
  SPLIT_HORIZON,
} from '../policy/export-reason.ts';
import { ACCEPTED } from '../policy/reason.ts';
import type { PeerFacts } from '../policy/rules/condition.ts';
import { grownI32, grownU8, i32, u8, u16, u32 } from '../rib/columns.ts';
import type { FamilyRib } from '../rib/family-rib.ts';
import { BATCH_PREFIXES } from '../rib/limits.ts';
import { NO_SOURCE } from '../rib/source-table.ts';
import type { OutgoingView } from '../update/outgoing-attributes.ts';
import { type NextHopForm, UpdateWriter } from '../update/update-writer.ts';
import { DEFAULT_SOURCE, type DefaultRoutes } from './default-routes.ts';
import type { Delivery } from './delivery.ts';
import type { RouteNeighbor } from './neighbor.ts';
import { keptNextHop, reflectionOf } from './reflection.ts';
import type { UpdateGroup } from './update-group.ts';

const NONE = -1;
/** Canonical sets up to this size fit every message, whatever is prepended to them. */
const SURELY_FITS_BYTES = 2048;

export class BatchEncoder {
  readonly writer: UpdateWriter;
  readonly defaults: DefaultRoutes;
  private readonly store: AttributeStore;
  private readonly delivery: Delivery;
  private readonly bySource: ReadonlyMap<number, RouteNeighbor>;
  private readonly clusterId: number;
  /** By attribute id: the newest chain with these attributes. */
  private chainOf: Int32Array<ArrayBuffer>;
  private readonly chainAttributes: Uint32Array;
  private readonly chainSource: Uint16Array;
  private readonly chainFirst: Int32Array;
  private readonly chainLast: Int32Array;
  /** Another chain with the same attributes from another source. */
  private readonly chainNext: Int32Array;
  private chainCount: number;
  /** By place in the batch: its chain, and the next place in that chain. */
  private readonly entryChain: Int32Array;
  private readonly entryNext: Int32Array;
  /** By member and chain: 1 when the member wants it. */
  private wants: Uint8Array<ArrayBuffer>;

  constructor(
    store: AttributeStore,
    delivery: Delivery,
    bySource: ReadonlyMap<number, RouteNeighbor>,
    clusterId: number,
    defaults: DefaultRoutes,
  ) {
    this.defaults = defaults;
    this.writer = new UpdateWriter();
    this.store = store;
    this.delivery = delivery;
    this.bySource = bySource;
    this.clusterId = clusterId;
    this.chainOf = new Int32Array(1024).fill(NONE);
    this.chainAttributes = new Uint32Array(BATCH_PREFIXES);
    this.chainSource = new Uint16Array(BATCH_PREFIXES);
    this.chainFirst = new Int32Array(BATCH_PREFIXES);
    this.chainLast = new Int32Array(BATCH_PREFIXES);
    this.chainNext = new Int32Array(BATCH_PREFIXES);
    this.chainCount = 0;
    this.entryChain = new Int32Array(BATCH_PREFIXES);
    this.entryNext = new Int32Array(BATCH_PREFIXES);
    this.wants = new Uint8Array(BATCH_PREFIXES);
  }

  /** Tells `members` of `group` about the first `count` prefixes, at most BATCH_PREFIXES. */
  encode(
    group: UpdateGroup,
    rib: FamilyRib,
    batch: Uint32Array,
    count: number,
    members: readonly RouteNeighbor[],
    now: Instant,
  ): void {
    if (members.length === 0 || count === 0) return;
    this.buildChains(group, rib, batch, count);
    this.askMembers(group, rib, members);
    for (let m = 0; m < members.length; m++) {
      this.withdraw(group, rib, batch, count, members[m] as RouteNeighbor, m, now);
    }
    for (let chain = 0; chain < this.chainCount; chain++) {
      this.announce(group, rib, batch, chain, members, now);
    }
  }

  /** Returns the first rule of BGP specification §6.1 that keeps a prefix from a member, for people. */
  refusal(group: UpdateGroup, rib: FamilyRib, prefix: number, member: RouteNeighbor): number {
    const source = this.sourceFor(group, rib, prefix);
    return this.refusalOf(group, rib, prefix, member, source, u32(rib.bestAttributes, prefix));
  }

  /** The same if a path of this source with these attributes were the best one. */
  refusalOf(
    group: UpdateGroup,
    rib: FamilyRib,
    prefix: number,
    member: RouteNeighbor,
    source: number,
    best: number,
  ): number {
    const ofPrefix = prefixRefusal(group, rib, source);
    if (ofPrefix !== FOR_NEIGHBOR) return ofPrefix;
    const attributes = this.outgoingPath(group, rib, prefix, source, best);
    const isRejected = attributes === 0;
    const judged = isRejected ? best : attributes;
    return this.pathRefusal(group, rib, member, source, judged, isRejected);
  }

  /**
   * Returns the first rule that keeps a path of this source from a member: with the attributes the rules of
   * the group make of it, or as it is, `isRejected`, when they reject it.
   */
  pathRefusal(
    group: UpdateGroup,
    rib: FamilyRib,
    member: RouteNeighbor,
    source: number,
    attributes: number,
    isRejected: boolean,
  ): number {
    return firstReason(
      firstReason(
        this.groupRefusal(group, rib, attributes, source),
        isRejected ? EXPORT_POLICY : FOR_NEIGHBOR,
      ),
      this.memberRefusal(group, rib, member, attributes, source),
    );
  }

  /** Whether no rule keeps such a path, with attributes as the rules of the group make them, from a member. */
  isFor(
    group: UpdateGroup,
    rib: FamilyRib,
    member: RouteNeighbor,
    source: number,
    attributes: number,
  ): boolean {
    return (
      this.memberRefusal(group, rib, member, attributes, source) === FOR_NEIGHBOR &&
      this.groupRefusal(group, rib, attributes, source) === FOR_NEIGHBOR
    );
  }

  /** Where a prefix comes from for this group: its best path, or a default route of our own. */
  sourceFor(group: UpdateGroup, rib: FamilyRib, prefix: number): number {
    return this.isOriginated(group, rib, prefix) ? DEFAULT_SOURCE : u16(rib.best, prefix);
  }

  /** Whether a group is told a default route of our own, whatever the table says of the prefix. */
  isOriginated(group: UpdateGroup, rib: FamilyRib, prefix: number): boolean {
    return (
      group.options[rib.family].defaultOriginate && this.defaults.isDefault(rib.family, prefix)
    );
  }

  /**
   * Returns what a group is offered for a prefix, or 0 when it is not told of it: the set of attributes,
   * negative when the writer leaves out its MED.
   */
  offer(group: UpdateGroup, rib: FamilyRib, prefix: number): number {
    const source = this.sourceFor(group, rib, prefix);
    const from = this.bySource.get(source)?.peerFacts;
    return this.offerOf(group, rib, prefix, source, u32(rib.bestAttributes, prefix), from);
  }

  /** The same if another path were the best one, and its neighbor seen otherwise. */
  offerOf(
    group: UpdateGroup,
    rib: FamilyRib,
    prefix: number,
    source: number,
    best: number,
    from: PeerFacts | undefined,
  ): number {
    if (prefixRefusal(group, rib, source) !== FOR_NEIGHBOR) return 0;
    const attributes = this.outgoingOf(group, rib, prefix, best, from);
    if (attributes === 0) return 0;
    if (this.groupRefusal(group, rib, attributes, source) !== FOR_NEIGHBOR) return 0;
    return this.heardAs(group, attributes);
  }

  /** A set as the members hear it: negative when the writer leaves out its MED. */
  heardAs(group: UpdateGroup, attributes: number): number {
    const { isInternal, isTransparent, hasMedOfOurs } = group.view;
    const hasMed = (u8(this.store.flags, attributes) & HAS_MED) !== 0;
    const isMedTold = isInternal || isTransparent || hasMedOfOurs;
    return hasMed && !isMedTold ? -attributes : attributes;
  }

  /**
   * What the rules of a group make of the best path, or 0 when they reject it. A default route of our own is
   * asked for by the session's options and passes them by.
   */
  outgoing(group: UpdateGroup, rib: FamilyRib, prefix: number, source: number): number {
    return this.outgoingPath(group, rib, prefix, source, u32(rib.bestAttributes, prefix));
  }

  /** The same of any path. */
  outgoingPath(
    group: UpdateGroup,
    rib: FamilyRib,
    prefix: number,
    source: number,
    attributes: number,
  ): number {
    // Nearly always; a neighbor is looked up for those who ask about it.
    if (group.program[rib.family] === undefined && !group.options[rib.family].defaultOriginate)
      return attributes;
    return this.outgoingOf(group, rib, prefix, attributes, this.bySource.get(source)?.peerFacts);
  }

  /** Whether a member is told what its group is offered. */
  isTold(
    group: UpdateGroup,
    rib: FamilyRib,
    member: RouteNeighbor,
    offered: number,
    source: number,
  ): boolean {
    if (offered === 0) return false;
    return this.memberRefusal(group, rib, member, Math.abs(offered), source) === FOR_NEIGHBOR;
  }

  /** The same of a path of a neighbor seen as `from`; undefined: of our own. */
  outgoingOf(
    group: UpdateGroup,
    rib: FamilyRib,
    prefix: number,
    attributes: number,
    from: PeerFacts | undefined,
  ): number {
    if (this.isOriginated(group, rib, prefix)) return this.defaults.attributes;
    const program = group.program[rib.family];
    if (program === undefined) return attributes;
    rib.prefixes.loadRow(prefix);
    const reason = program.evaluate(rib.prefixes, attributes, from);
    return reason === ACCEPTED ? program.attributes : 0;
  }

  /** Returns how a group gets to see a set of this source, and the next hop that is told with it. */
  formOf(
    group: UpdateGroup,
    family: 4 | 6,
    attributes: number,
    source: number,
  ): { readonly view: OutgoingView; readonly nextHop: NextHopForm } | undefined {
    const from = this.bySource.get(source);
    const reflection = reflectionOf(from, group, this.clusterId);
    const isKept = reflection !== undefined || (from !== undefined && group.view.isTransparent);
    const nextHop =
      (isKept ? keptNextHop(this.store, attributes, family, group.keeps) : undefined) ??
      group.nextHopOf(this.store, family, attributes, source, from);
    if (nextHop === undefined) return undefined;
    return { view: reflection === undefined ? group.view : { ...group.view, reflection }, nextHop };
  }

  /** Prepares the writer in that form; returns the next hop. */
  prepare(
    group: UpdateGroup,
    family: 4 | 6,
    attributes: number,
    source: number,
  ): NextHopForm | undefined {
    const form = this.formOf(group, family, attributes, source);
    if (form !== undefined) this.writer.prepare(this.store, attributes, form.view, form.nextHop);
    return form?.nextHop;
  }

  private buildChains(group: UpdateGroup, rib: FamilyRib, batch: Uint32Array, count: number): void {
    this.chainCount = 0;
    for (let i = 0; i < count; i++) {
      const prefix = u32(batch, i);
      const source = this.sourceFor(group, rib, prefix);
      const isKept = prefixRefusal(group, rib, source) !== FOR_NEIGHBOR;
      const attributes = isKept ? 0 : this.outgoing(group, rib, prefix, source);
      this.entryNext[i] = NONE;
      if (attributes === 0) {
        this.entryChain[i] = NONE;
        continue;
      }
      const chain = this.chainFor(attributes, source);
      this.entryChain[i] = chain;
      if (i32(this.chainFirst, chain) === NONE) this.chainFirst[chain] = i;
      else this.entryNext[i32(this.chainLast, chain)] = i;
      this.chainLast[chain] = i;
    }
    for (let chain = 0; chain < this.chainCount; chain++) {
      const attributes = u32(this.chainAttributes, chain);
      this.chainOf[attributes] = NONE;
      const source = u16(this.chainSource, chain);
      // A chain that is for nobody has a source no member is, and no first entry.
      if (this.groupRefusal(group, rib, attributes, source) !== FOR_NEIGHBOR) {
        this.chainFirst[chain] = NONE;
      }
    }
  }

  private groupRefusal(
    group: UpdateGroup,
    rib: FamilyRib,
    attributes: number,
    source: number,
  ): number {
    const refusal = group.refusal(this.store, attributes, source, this.bySource.get(source));
    if (refusal !== FOR_NEIGHBOR) return refusal;
    return this.fits(group, rib, attributes, source) ? FOR_NEIGHBOR : MESSAGE_TOO_LONG;
  }

  private memberRefusal(
    group: UpdateGroup,
    rib: FamilyRib,
    member: RouteNeighbor,
    attributes: number,
    source: number,
  ): number {
    if (source === member.source) return SPLIT_HORIZON;
    const { isInternal, peerAsn } = member.importView;
    if (isInternal || group.options[rib.family].asOverride) return FOR_NEIGHBOR;
    return this.store.pathContains(attributes, peerAsn) ? AS_IN_PATH : FOR_NEIGHBOR;
  }

  private chainFor(attributes: number, source: number): number {
    // Rules may have made the set just now.
    if (attributes >= this.chainOf.length) {
      const known = this.chainOf.length;
      this.chainOf = grownI32(this.chainOf, this.store.idLimit * 2).fill(NONE, known);
    }
    const newest = i32(this.chainOf, attributes);
    for (let chain = newest; chain !== NONE; chain = i32(this.chainNext, chain)) {
      if (u16(this.chainSource, chain) === source) return chain;
    }
    const chain = this.chainCount++;
    this.chainAttributes[chain] = attributes;
    this.chainSource[chain] = source;
    this.chainFirst[chain] = NONE;
    this.chainNext[chain] = newest;
    this.chainOf[attributes] = chain;
    return chain;
  }

  /** BGP specification §6.4: what does not fit a message is withdrawn, never truncated. */
  private fits(group: UpdateGroup, rib: FamilyRib, attributes: number, source: number): boolean {
    if (this.store.end(attributes) - this.store.start(attributes) <= SURELY_FITS_BYTES) return true;
    const nextHop = this.prepare(group, rib.family, attributes, source);
    if (nextHop === undefined) return false;
    return this.writer.fits(rib.family, nextHop, group.maxMessage, group.hasPathIds[rib.family]);
  }

  private askMembers(group: UpdateGroup, rib: FamilyRib, members: readonly RouteNeighbor[]): void {
    const needed = members.length * this.chainCount;
    if (needed > this.wants.length) this.wants = grownU8(this.wants, needed * 2);
    let o = 0;
    for (const member of members) {
      for (let chain = 0; chain < this.chainCount; chain++) {
        const attributes = u32(this.chainAttributes, chain);
        const source = u16(this.chainSource, chain);
        const isWanted =
          i32(this.chainFirst, chain) !== NONE &&
          this.memberRefusal(group, rib, member, attributes, source) === FOR_NEIGHBOR;
        this.wants[o++] = isWanted ? 1 : 0;
      }
    }
  }

  private withdraw(
    group: UpdateGroup,
    rib: FamilyRib,
    batch: Uint32Array,
    count: number,
    member: RouteNeighbor,
    m: number,
    now: Instant,
  ): void {
    const { out } = member.of(rib.family);
    if (out.sentCount === 0) return;
    const { writer, delivery } = this;
    const isMp = rib.family === 6 || group.nextHop[4]?.kind === 'mp';
    let isOpen = false;
    for (let i = 0; i < count; i++) {
      const prefix = u32(batch, i);
      if (!out.sent.has(prefix)) continue;
      const chain = i32(this.entryChain, i);
      if (chain !== NONE && u8(this.wants, m * this.chainCount + chain) === 1) continue;
      if (!isOpen) writer.beginWithdraw(rib.family, isMp, group.maxMessage);
      isOpen = true;
      if (!writer.addWithdrawn(rib.prefixes, prefix)) {
        this.finishWithdraw(member, now);
        writer.beginWithdraw(rib.family, isMp, group.maxMessage);
        writer.addWithdrawn(rib.prefixes, prefix);
      }
      out.markWithdrawn(prefix);
    }
    if (isOpen) this.finishWithdraw(member, now);
    delivery.begin();
  }

  private finishWithdraw(member: RouteNeighbor, now: Instant): void {
    this.writer.finishWithdraw();
    this.delivery.begin();
    this.delivery.deliver(member, this.writer, now);
  }

  private announce(
    group: UpdateGroup,
    rib: FamilyRib,
    batch: Uint32Array,
    chain: number,
    members: readonly RouteNeighbor[],
    now: Instant,
  ): void {
    const first = i32(this.chainFirst, chain);
    if (first === NONE || !this.isWanted(chain, members.length)) return;
    const { writer } = this;
    const attributes = u32(this.chainAttributes, chain);
    const nextHop = this.prepare(group, rib.family, attributes, u16(this.chainSource, chain));
    if (nextHop === undefined) return;
    let from = first;
    while (from !== NONE) {
      writer.beginAnnounce(rib.family, nextHop, group.maxMessage);
      let entry = from;
      while (entry !== NONE && writer.addAnnounced(rib.prefixes, u32(batch, entry))) {
        entry = i32(this.entryNext, entry);
      }
      writer.finishAnnounce();
      this.delivery.begin();
      for (let m = 0; m < members.length; m++) {
        if (u8(this.wants, m * this.chainCount + chain) === 0) continue;
        const member = members[m] as RouteNeighbor;
        this.delivery.deliver(member, writer, now);
        const { out } = member.of(rib.family);
        for (let sent = from; sent !== entry; sent = i32(this.entryNext, sent)) {
          out.markSent(u32(batch, sent));
        }
      }
      from = entry;
    }
  }

  private isWanted(chain: number, members: number): boolean {
    for (let m = 0; m < members; m++) {
      if (u8(this.wants, m * this.chainCount + chain) === 1) return true;
    }
    return false;
  }
}

/** What keeps a prefix from everybody before its path is looked at. */
function prefixRefusal(group: UpdateGroup, rib: FamilyRib, source: number): number {
  if (group.nextHop[rib.family] === undefined) return NO_NEXT_HOP;
  return source === NO_SOURCE ? NO_BEST_PATH : FOR_NEIGHBOR;
}
