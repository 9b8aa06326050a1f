/**
 * Tells one neighbor whose paths are chosen for it what became of a batch of prefixes.
 *
 * Standard: RFC 7911 §3 and §5; RFC 4271 §3.1 (without path ids a route takes the place of the one before);
 * BGP specification §6.1, §6.4.
 *
 *   prefix ──► paths it shall have (path-selection.ts) ──┬─ and has not, or with other attributes: announced
 *          ──► paths it has (rib/sent-paths.ts) ─────────┴─ and shall not have: withdrawn, by id
 *
 * What is compared is state, never history: however often a prefix changed meanwhile, whatever was lost
 * with a slow session, the neighbor ends with what it shall have. Unlike the best paths of
 * batch-encoder.ts, messages are not shared between neighbors: those who take several paths, and clients of
 * a route server, are few, and each has another set.
 *
 * Invariants
 * - After a batch the neighbor has exactly those paths of it that it shall have.
 * - `chainOf` is all "none", and `wanted` all 0, between batches.
 *
 * @module
 */
import type { Instant } from '../../base/units.ts';
import { FOR_NEIGHBOR } from '../policy/export-reason.ts';
import { grownI32, grownU32, i32, NumberList, u16, u32 } from '../rib/columns.ts';
import type { Decision } from '../rib/decision.ts';
import type { FamilyRib } from '../rib/family-rib.ts';
import type { SentPaths } from '../rib/sent-paths.ts';
import type { UpdateWriter } from '../update/update-writer.ts';
import type { BatchEncoder } from './batch-encoder.ts';
import { DEFAULT_PATH_ID, DEFAULT_SOURCE } from './default-routes.ts';
import type { Delivery } from './delivery.ts';
import type { RouteNeighbor } from './neighbor.ts';
import { PathSelection } from './path-selection.ts';
import type { UpdateGroup } from './update-group.ts';

const NONE = -1;
/** In columns of numbers that cannot be negative. */
const LAST = 0xffffffff;

export class PathEncoder {
  readonly selection: PathSelection;
  private readonly encoder: BatchEncoder;
  private readonly delivery: Delivery;
  private readonly writer: UpdateWriter;
  /** By sent id, of the prefix at hand: the row the neighbor shall have and was not found to have. */
  private wanted: Uint32Array<ArrayBuffer>;
  private readonly withdrawnPrefix: NumberList;
  private readonly withdrawnId: NumberList;
  /** By attribute id: the chain of announcements with these attributes. */
  private chainOf: Int32Array<ArrayBuffer>;
  private readonly chainAttributes: NumberList;
  /** Whose path it is: what is told of it may depend on that (RFC 4456). */
  private readonly chainSource: NumberList;
  /** Another chain with the same attributes from another source. */
  private readonly chainNext: NumberList;
  private readonly chainFirst: NumberList;
  private readonly chainLast: NumberList;
  private readonly entryPrefix: NumberList;
  private readonly entryId: NumberList;
  private readonly entryNext: NumberList;

  constructor(decision: Decision, delivery: Delivery, encoder: BatchEncoder) {
    this.selection = new PathSelection(decision, encoder);
    this.encoder = encoder;
    this.delivery = delivery;
    this.writer = encoder.writer;
    this.wanted = new Uint32Array(64);
    this.withdrawnPrefix = new NumberList();
    this.withdrawnId = new NumberList();
    this.chainOf = new Int32Array(1024).fill(NONE);
    this.chainAttributes = new NumberList();
    this.chainSource = new NumberList();
    this.chainNext = new NumberList();
    this.chainFirst = new NumberList();
    this.chainLast = new NumberList();
    this.entryPrefix = new NumberList();
    this.entryId = new NumberList();
    this.entryNext = new NumberList();
  }

  /** Brings a neighbor up to date about the first `count` prefixes; `isAll`: what it has is told again. */
  tell(
    group: UpdateGroup,
    rib: FamilyRib,
    batch: Uint32Array,
    count: number,
    member: RouteNeighbor,
    isAll: boolean,
    now: Instant,
  ): void {
    const sent = member.of(rib.family).out.paths;
    if (sent === undefined || count === 0) return;
    for (let i = 0; i < count; i++) {
      const prefix = u32(batch, i);
      if (sent.hasPathIds) this.compare(group, rib, prefix, member, sent, isAll);
      else this.compareOnly(group, rib, prefix, member, sent, isAll);
    }
    this.withdraw(group, rib, member, now);
    for (let chain = 0; chain < this.chainAttributes.count; chain++) {
      this.announce(group, rib, chain, member, now);
    }
    this.clear();
  }

  private compare(
    group: UpdateGroup,
    rib: FamilyRib,
    prefix: number,
    member: RouteNeighbor,
    sent: SentPaths,
    isAll: boolean,
  ): void {
    if (this.encoder.isOriginated(group, rib, prefix)) {
      this.compareOriginated(group, rib, prefix, member, sent, isAll);
      return;
    }
    const { selection } = this;
    const { source, sentId } = rib.paths;
    const chosen = selection.choose(group, rib, prefix, member);
    for (let i = 0; i < chosen; i++) {
      const row = u32(selection.rows, i);
      this.want(sentId.get(row), row);
    }
    for (let entry = sent.first(prefix); entry !== 0; ) {
      const next = sent.after(entry);
      const id = u32(sent.pathId, entry);
      const row = id < this.wanted.length ? u32(this.wanted, id) : 0;
      if (row === 0) this.takeBack(prefix, sent, entry);
      else {
        this.wanted[id] = 0;
        const set = selection.attributesOf(rib, prefix, row);
        this.give(prefix, sent, entry, id, set, u16(source, row), isAll);
      }
      entry = next;
    }
    for (let i = 0; i < chosen; i++) {
      const row = u32(selection.rows, i);
      const id = sentId.get(row);
      if (u32(this.wanted, id) === 0) continue;
      this.wanted[id] = 0;
      const set = selection.attributesOf(rib, prefix, row);
      this.give(prefix, sent, 0, id, set, u16(source, row), isAll);
    }
  }

  /** The default route of our own, and nothing beside it. */
  private compareOriginated(
    group: UpdateGroup,
    rib: FamilyRib,
    prefix: number,
    member: RouteNeighbor,
    sent: SentPaths,
    isAll: boolean,
  ): void {
    const { attributes } = this.encoder.defaults;
    const isTold = this.encoder.refusal(group, rib, prefix, member) === FOR_NEIGHBOR;
    for (let entry = sent.first(prefix); entry !== 0; ) {
      const next = sent.after(entry);
      const isItself = u32(sent.pathId, entry) === DEFAULT_PATH_ID;
      if (!isTold || !isItself) this.takeBack(prefix, sent, entry);
      entry = next;
    }
    if (!isTold) return;
    const entry = sent.find(prefix, DEFAULT_PATH_ID);
    this.give(prefix, sent, entry, DEFAULT_PATH_ID, attributes, DEFAULT_SOURCE, isAll);
  }

  /** The same without path ids: one path at most, and another one takes its place at once. */
  private compareOnly(
    group: UpdateGroup,
    rib: FamilyRib,
    prefix: number,
    member: RouteNeighbor,
    sent: SentPaths,
    isAll: boolean,
  ): void {
    const { selection } = this;
    const entry = sent.first(prefix);
    let id = DEFAULT_PATH_ID;
    let set = 0;
    let source = DEFAULT_SOURCE;
    if (this.encoder.isOriginated(group, rib, prefix)) {
      if (this.encoder.refusal(group, rib, prefix, member) === FOR_NEIGHBOR)
        set = this.encoder.defaults.attributes;
    } else if (selection.choose(group, rib, prefix, member) > 0) {
      const row = u32(selection.rows, 0);
      id = rib.paths.sentId.get(row);
      set = selection.attributesOf(rib, prefix, row);
      source = u16(rib.paths.source, row);
    }
    if (set !== 0) this.give(prefix, sent, entry, id, set, source, isAll);
    else if (entry !== 0) this.takeBack(prefix, sent, entry);
  }

  private takeBack(prefix: number, sent: SentPaths, entry: number): void {
    this.withdrawnPrefix.push(prefix);
    this.withdrawnId.push(u32(sent.pathId, entry));
    sent.remove(prefix, entry);
  }

  /** Tells a path, in place of what the neighbor has by this entry, 0: nothing. What it has already is told for `isAll`. */
  private give(
    prefix: number,
    sent: SentPaths,
    entry: number,
    id: number,
    set: number,
    source: number,
    isAll: boolean,
  ): void {
    if (entry === 0) {
      sent.add(prefix, id, set);
    } else {
      const isSame = u32(sent.pathId, entry) === id && u32(sent.attributes, entry) === set;
      if (isSame && !isAll) return;
      sent.replace(entry, id, set);
    }
    this.chain(prefix, id, set, source);
  }

  private want(id: number, row: number): void {
    if (id >= this.wanted.length) this.wanted = grownU32(this.wanted, id * 2);
    this.wanted[id] = row;
  }

  /** Puts an announcement behind those with the same attributes from the same source. */
  private chain(prefix: number, id: number, attributes: number, source: number): void {
    const entry = this.entryPrefix.count;
    this.entryPrefix.push(prefix);
    this.entryId.push(id);
    this.entryNext.push(LAST);
    if (attributes >= this.chainOf.length) {
      const known = this.chainOf.length;
      this.chainOf = grownI32(this.chainOf, attributes * 2).fill(NONE, known);
    }
    const newest = i32(this.chainOf, attributes);
    let chain = newest;
    while (chain !== NONE && this.chainSource.at(chain) !== source)
      chain = this.chainNext.at(chain) === LAST ? NONE : this.chainNext.at(chain);
    if (chain === NONE) {
      this.chainOf[attributes] = this.chainAttributes.count;
      this.chainAttributes.push(attributes);
      this.chainSource.push(source);
      this.chainNext.push(newest === NONE ? LAST : newest);
      this.chainFirst.push(entry);
      this.chainLast.push(entry);
    } else {
      this.entryNext.items[this.chainLast.at(chain)] = entry;
      this.chainLast.items[chain] = entry;
    }
  }

  private withdraw(group: UpdateGroup, rib: FamilyRib, member: RouteNeighbor, now: Instant): void {
    const { writer, withdrawnPrefix } = this;
    const isMp = rib.family === 6 || group.nextHop[4]?.kind === 'mp';
    for (let i = 0; i < withdrawnPrefix.count; ) {
      writer.beginWithdraw(rib.family, isMp, group.maxMessage);
      while (i < withdrawnPrefix.count && this.addWithdrawn(group, rib, i)) i++;
      writer.finishWithdraw();
      this.deliver(member, now);
    }
  }

  private announce(
    group: UpdateGroup,
    rib: FamilyRib,
    chain: number,
    member: RouteNeighbor,
    now: Instant,
  ): void {
    const { writer } = this;
    const attributes = this.chainAttributes.at(chain);
    const source = this.chainSource.at(chain);
    const nextHop = this.encoder.prepare(group, rib.family, attributes, source);
    // Without a next hop nothing was chosen.
    if (nextHop === undefined) return;
    let entry = this.chainFirst.at(chain);
    while (entry !== LAST) {
      writer.beginAnnounce(rib.family, nextHop, group.maxMessage);
      while (entry !== LAST && this.addAnnounced(group, rib, entry)) {
        entry = this.entryNext.at(entry);
      }
      writer.finishAnnounce();
      this.deliver(member, now);
    }
  }

  private addWithdrawn(group: UpdateGroup, { family, prefixes }: FamilyRib, i: number): boolean {
    const prefix = this.withdrawnPrefix.at(i);
    const pathId = group.hasPathIds[family] ? this.withdrawnId.at(i) : undefined;
    return this.writer.addWithdrawn(prefixes, prefix, pathId);
  }

  private addAnnounced(
    group: UpdateGroup,
    { family, prefixes }: FamilyRib,
    entry: number,
  ): boolean {
    const prefix = this.entryPrefix.at(entry);
    const pathId = group.hasPathIds[family] ? this.entryId.at(entry) : undefined;
    return this.writer.addAnnounced(prefixes, prefix, pathId);
  }

  private deliver(member: RouteNeighbor, now: Instant): void {
    this.delivery.begin();
    this.delivery.deliver(member, this.writer, now);
  }

  private clear(): void {
    for (let chain = 0; chain < this.chainAttributes.count; chain++) {
      this.chainOf[this.chainAttributes.at(chain)] = NONE;
    }
    for (const list of [
      this.withdrawnPrefix,
      this.withdrawnId,
      this.chainAttributes,
      this.chainSource,
      this.chainNext,
      this.chainFirst,
      this.chainLast,
      this.entryPrefix,
      this.entryId,
      this.entryNext,
    ]) {
      list.clear();
    }
  }
}
