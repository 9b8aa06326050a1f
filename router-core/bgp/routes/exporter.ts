/**
 * Adj-RIB-Out of every neighbor: groups, changes, walks and debts.
 *
 * Standard: RFC 4271 §9.2, RFC 2918, RFC 7313 §4, RFC 4724 §2 (End-of-RIB always), §4.1 (deferral),
 * RFC 7911, RFC 7947 §2.3.
 *
 *   changed prefixes ──► per group: attached members ── one encoding
 *                                 └ others: owed, or met by their walk
 *   decided prefixes ──► those whose paths are chosen: owed
 *   walk / debts     ──► one member, whenever its session takes messages
 *
 * Those who take several paths, and clients of a route server, have their paths chosen one by one and share
 * no message: what changed is owed to each, and paid in slices, because a prefix may have many paths.
 *
 * Invariant: a neighbor that is attached to its group has been told the state of every prefix, save
 * those that are still dirty.
 *
 * @module
 */
import type { Instant } from '../../base/units.ts';
import type { AttributeStore } from '../attribute/attribute-store.ts';
import { FAMILY_NOT_AGREED, NOT_ESTABLISHED } from '../policy/export-reason.ts';
import { type NumberList, u16, u32 } from '../rib/columns.ts';
import type { Decision } from '../rib/decision.ts';
import type { FamilyRib } from '../rib/family-rib.ts';
import { BATCH_PREFIXES } from '../rib/limits.ts';
import { SentPaths } from '../rib/sent-paths.ts';
import type { Family } from '../types.ts';
import { Outbox } from '../update/outbox.ts';
import { BatchEncoder } from './batch-encoder.ts';
import type { DefaultRoutes } from './default-routes.ts';
import { Delivery } from './delivery.ts';
import type { NeighborFamily, RouteNeighbor } from './neighbor.ts';
import { PathEncoder } from './path-encoder.ts';
import type { PolicyPrograms } from './policy-programs.ts';
import type { RouteWatcher } from './route-watcher.ts';
import type { RouteMessages } from './types.ts';
import { groupKey, UpdateGroup } from './update-group.ts';

/** Handing one message to so many neighbors costs as much as deciding and encoding its prefixes. */
const MEMBERS_PER_PREFIX = 8;
const REFRESH_BEGINS = 1;
const REFRESH_ENDS = 2;

export class Exporter {
  readonly encoder: BatchEncoder;
  readonly pathEncoder: PathEncoder;
  private readonly store: AttributeStore;
  private readonly groups: Map<string, { group: UpdateGroup; members: RouteNeighbor[] }>;
  private readonly delivery: Delivery;
  private readonly messages: RouteMessages;
  private readonly neighbors: ReadonlyMap<number, RouteNeighbor>;
  private readonly batch: Uint32Array;
  /** By place in a batch of decided prefixes: markStaying. */
  private readonly staying: Uint32Array;
  private readonly attached: RouteNeighbor[];
  watcher: Pick<RouteWatcher, 'told'> | undefined;
  /** Walks wait, and with them all that follows: nobody is told anything. */
  isDeferred: boolean;

  private readonly programs: PolicyPrograms;

  constructor(parts: {
    store: AttributeStore;
    decision: Decision;
    messages: RouteMessages;
    /** By source. */
    neighbors: ReadonlyMap<number, RouteNeighbor>;
    programs: PolicyPrograms;
    clusterId: number;
    defaults: DefaultRoutes;
    outboxBytesMax: number | undefined;
  }) {
    const { store, decision, messages, neighbors, programs, clusterId, defaults } = parts;
    this.store = store;
    this.programs = programs;
    this.groups = new Map();
    this.messages = messages;
    this.neighbors = neighbors;
    this.delivery = new Delivery(messages, neighbors, new Outbox(parts.outboxBytesMax));
    this.encoder = new BatchEncoder(store, this.delivery, neighbors, clusterId, defaults);
    this.pathEncoder = new PathEncoder(decision, this.delivery, this.encoder);
    this.batch = new Uint32Array(BATCH_PREFIXES);
    this.staying = new Uint32Array(BATCH_PREFIXES);
    this.attached = [];
    this.isDeferred = false;
    this.watcher = undefined;
  }

  /** A session is up: its neighbor gets everything, then End-of-RIB. */
  join(neighbor: RouteNeighbor): void {
    this.enterGroup(neighbor);
    for (const family of neighbor.session?.families ?? []) {
      const { out } = neighbor[family];
      out.isActive = true;
      const { group } = neighbor;
      const of = out.rib.family;
      const isOfAll = group?.pathsMax[of] === undefined;
      out.paths = isOfAll ? undefined : new SentPaths(this.store, group.hasPathIds[of]);
      out.owesEndOfRib = true;
      out.startWalk();
    }
  }

  leave(neighbor: RouteNeighbor): void {
    this.leaveGroup(neighbor);
    this.delivery.drop(neighbor);
    neighbor.isBlocked = false;
    neighbor.ipv4.out.clear();
    neighbor.ipv6.out.clear();
  }

  /** Configuration changed: another view means another group and a walk. */
  regroup(neighbor: RouteNeighbor): void {
    const { session, group } = neighbor;
    if (session === undefined || group?.key === groupKey(session, neighbor.config)) return;
    this.leaveGroup(neighbor);
    this.enterGroup(neighbor);
    // Only the rules differ: what both make alike need not be said again.
    const former = group?.formKey === neighbor.group?.formKey ? group : undefined;
    for (const family of session.families) neighbor[family].out.startWalk(former);
  }

  /** The registry or our own prefixes changed: rules that ask about them may answer otherwise. */
  factsChanged(): void {
    for (const { group, members } of this.groups.values()) {
      if (group.program[4]?.asksFacts !== true && group.program[6]?.asksFacts !== true) continue;
      for (const member of members)
        for (const family of member.session?.families ?? []) member[family].out.startWalk();
    }
  }

  /** RFC 7313 §4.1: everything again, between two markers when the neighbor knows them. */
  refresh(neighbor: RouteNeighbor, family: Family): void {
    const { out } = neighbor[family];
    if (!out.isActive) return;
    const isEnhanced = neighbor.session?.enhancedRouteRefresh === true;
    out.owesBeginOfRefresh = isEnhanced;
    out.owesEndOfRefresh = isEnhanced;
    out.startWalk();
  }

  /**
   * Tells those who take the best path about changed prefixes, at most BATCH_PREFIXES.
   *
   * Returns how much work that was, in prefixes.
   */
  tell(rib: FamilyRib, changed: Uint32Array, count: number, now: Instant): number {
    if (count === 0) return 0;
    let told = 0;
    for (const { group, members } of this.groups.values()) {
      if (group.pathsMax[rib.family] !== undefined) continue;
      this.attached.length = 0;
      for (const member of members) {
        const { out } = member.of(rib.family);
        if (!out.isActive) continue;
        if (out.isAttached) this.attached.push(member);
        else this.owe(member.of(rib.family), changed, count);
      }
      this.encode(group, rib, changed, count, this.attached, now);
      told += this.attached.length;
    }
    return Math.ceil((count * told) / MEMBERS_PER_PREFIX);
  }

  /**
   * Owes prefixes of which a path may have changed to those whose paths are chosen. `changed` are those of
   * them, in order, of which the best path did.
   */
  owePaths(rib: FamilyRib, decided: NumberList, changed: NumberList): void {
    let isMarked = false;
    for (const { group, members } of this.groups.values()) {
      if (group.pathsMax[rib.family] === undefined) continue;
      if (!group.hasPathIds[rib.family] && !isMarked) {
        this.markStaying(rib, decided, changed);
        isMarked = true;
      }
      for (const member of members) {
        const of = member.of(rib.family);
        if (!of.out.isActive) continue;
        if (group.hasPathIds[rib.family]) this.owe(of, decided.items, decided.count);
        else this.oweChosen(of, decided);
      }
    }
  }

  /** Notes under which id the best path of each decided prefix is known, if whoever has it keeps it. */
  private markStaying(rib: FamilyRib, decided: NumberList, changed: NumberList): void {
    let next = 0;
    for (let i = 0; i < decided.count; i++) {
      const prefix = decided.at(i);
      const isChanged = next < changed.count && changed.at(next) === prefix;
      if (isChanged) next++;
      this.staying[i] = isChanged ? 0 : this.pathEncoder.selection.idOfBest(rib, prefix);
    }
  }

  private oweChosen(of: NeighborFamily, decided: NumberList): void {
    const { paths } = of.out;
    for (let i = 0; i < decided.count; i++) {
      const prefix = decided.at(i);
      const id = u32(this.staying, i);
      if (id === 0 || paths?.find(prefix, id) === 0) this.oweOne(of, prefix);
    }
  }

  /**
   * Returns the first rule of BGP specification §6.1 that keeps a path from a neighbor: the path in
   * `row`, or the best one for a neighbor that is told no other.
   */
  refusal(neighbor: RouteNeighbor, rib: FamilyRib, prefix: number, row: number): number {
    const { group } = neighbor;
    if (group === undefined) return NOT_ESTABLISHED;
    const { out } = neighbor.of(rib.family);
    if (!out.isActive) return FAMILY_NOT_AGREED;
    return out.paths === undefined || this.encoder.isOriginated(group, rib, prefix)
      ? this.encoder.refusal(group, rib, prefix, neighbor)
      : this.pathEncoder.selection.refusal(group, rib, prefix, row, neighbor);
  }

  /** The same of a path with these attributes, if it were the best one; the prefix has a row. */
  refusalOf(
    neighbor: RouteNeighbor,
    rib: FamilyRib,
    prefix: number,
    source: number,
    attributes: number,
  ): number {
    const { group } = neighbor;
    if (group === undefined) return NOT_ESTABLISHED;
    if (!neighbor.of(rib.family).out.isActive) return FAMILY_NOT_AGREED;
    return this.encoder.refusalOf(group, rib, prefix, neighbor, source, attributes);
  }

  /** The session takes messages again. */
  writable(neighbor: RouteNeighbor, now: Instant): void {
    neighbor.isBlocked = false;
    this.delivery.drain(neighbor, now);
  }

  /** Whether somebody could be told something that the groups did not. */
  hasWork(): boolean {
    for (const neighbor of this.neighbors.values()) if (this.canGoOn(neighbor)) return true;
    return false;
  }

  /** Goes on with walks and debts for about `budget` prefixes; returns how many were looked at. */
  catchUp(budget: number, now: Instant): number {
    let done = 0;
    for (const neighbor of this.neighbors.values()) {
      while (done < budget && this.canGoOn(neighbor)) {
        const family = needsWork(neighbor.ipv4) ? neighbor.ipv4 : neighbor.ipv6;
        done += this.catchUpFamily(neighbor, family, now) + 1;
      }
    }
    return done;
  }

  private canGoOn(neighbor: RouteNeighbor): boolean {
    if (this.isDeferred) return false;
    if (neighbor.group === undefined || neighbor.isBlocked || neighbor.queue.length > 0) {
      return false;
    }
    return needsWork(neighbor.ipv4) || needsWork(neighbor.ipv6);
  }

  private catchUpFamily(neighbor: RouteNeighbor, of: NeighborFamily, now: Instant): number {
    const { out } = of;
    if (out.owesBeginOfRefresh) {
      out.owesBeginOfRefresh = !this.sendMarker(neighbor, of.family, REFRESH_BEGINS, now);
      return 0;
    }
    if (out.isWalking) return this.walk(neighbor, of, now);
    if (out.owedCount > 0) return this.payDebts(neighbor, of, now);
    if (out.owesEndOfRib) {
      out.owesEndOfRib = false;
      this.encoder.writer.writeEndOfRib(out.rib.family);
      this.delivery.begin();
      this.delivery.deliver(neighbor, this.encoder.writer, now);
    } else if (out.owesEndOfRefresh) {
      out.owesEndOfRefresh = !this.sendMarker(neighbor, of.family, REFRESH_ENDS, now);
    }
    return 0;
  }

  private sendMarker(
    neighbor: RouteNeighbor,
    family: Family,
    subtype: 1 | 2,
    now: Instant,
  ): boolean {
    const isSent = this.messages.sendRouteRefresh(neighbor.id, family, subtype, now);
    if (!isSent) neighbor.isBlocked = true;
    return isSent;
  }

  private walk(neighbor: RouteNeighbor, of: NeighborFamily, now: Instant): number {
    const { rib } = of.out;
    const end = Math.min(rib.prefixes.idLimit, of.out.cursor + this.batch.length);
    let count = 0;
    const { group } = neighbor;
    const { formerGroup, paths } = of.out;
    let load = 0;
    let prefix = of.out.cursor;
    for (; prefix < end && load < this.batch.length; prefix++) {
      if (!rib.prefixes.isAlive(prefix)) continue;
      // Where paths are chosen it is known what each neighbor was told.
      const isSame =
        formerGroup !== undefined &&
        group !== undefined &&
        paths === undefined &&
        this.encoder.offer(formerGroup, rib, prefix) === this.encoder.offer(group, rib, prefix);
      if (isSame) continue;
      this.batch[count++] = prefix;
      load += loadOf(of, prefix);
    }
    const walked = prefix - of.out.cursor;
    // The cursor moves first: what changes from here on is owed.
    of.out.cursor = prefix;
    this.tellOne(neighbor, of, count, formerGroup === undefined, now);
    if (prefix === rib.prefixes.idLimit) of.out.endWalk();
    return Math.max(walked, load);
  }

  private payDebts(neighbor: RouteNeighbor, of: NeighborFamily, now: Instant): number {
    const { rib } = of.out;
    let count = 0;
    let load = 0;
    while (load < this.batch.length && of.out.owedCount > 0) {
      const prefix = of.out.takeOwed();
      this.batch[count++] = prefix;
      load += loadOf(of, prefix);
    }
    this.tellOne(neighbor, of, count, false, now);
    for (let i = 0; i < count; i++) rib.unhold(u32(this.batch, i));
    return load;
  }

  /** Tells one neighbor about the batch; `isAll`: what it has already too. */
  private tellOne(
    neighbor: RouteNeighbor,
    { out }: NeighborFamily,
    count: number,
    isAll: boolean,
    now: Instant,
  ): void {
    const { group } = neighbor;
    if (group === undefined) return;
    if (out.paths === undefined) {
      this.encode(group, out.rib, this.batch, count, [neighbor], now);
      return;
    }
    this.pathEncoder.tell(group, out.rib, this.batch, count, neighbor, isAll, now);
    this.watcher?.told(neighbor, out.rib, this.batch, count);
  }

  private encode(
    group: UpdateGroup,
    rib: FamilyRib,
    batch: Uint32Array,
    count: number,
    members: readonly RouteNeighbor[],
    now: Instant,
  ): void {
    this.encoder.encode(group, rib, batch, count, members, now);
    if (this.watcher === undefined) return;
    for (const member of members) this.watcher.told(member, rib, batch, count);
  }

  private owe(of: NeighborFamily, changed: Uint32Array, count: number): void {
    for (let i = 0; i < count; i++) this.oweOne(of, u32(changed, i));
  }

  private oweOne({ out }: NeighborFamily, prefix: number): void {
    // A walk will meet what lies ahead of it, unless the row goes before, or it passes by what it
    // believes to be told.
    const isMet = out.isWalking && out.formerGroup === undefined && prefix >= out.cursor;
    if (!isMet || out.has(prefix)) out.owe(prefix);
  }

  private enterGroup(neighbor: RouteNeighbor): void {
    const { session, config } = neighbor;
    if (session === undefined) return;
    const key = groupKey(session, config);
    let entry = this.groups.get(key);
    if (entry === undefined) {
      entry = { group: new UpdateGroup(session, config, this.programs), members: [] };
      this.groups.set(key, entry);
    }
    entry.members.push(neighbor);
    neighbor.group = entry.group;
    for (const { out, options } of [neighbor.ipv4, neighbor.ipv6])
      if (options.defaultOriginate) this.encoder.defaults.want(out.rib);
  }

  private leaveGroup(neighbor: RouteNeighbor): void {
    const entry = neighbor.group === undefined ? undefined : this.groups.get(neighbor.group.key);
    if (entry === undefined) return;
    entry.members.splice(entry.members.indexOf(neighbor), 1);
    if (entry.members.length === 0) this.groups.delete(entry.group.key);
    neighbor.group = undefined;
  }
}

/** What telling a prefix costs: one, or its paths, at least one. */
const loadOf = ({ out }: NeighborFamily, prefix: number): number =>
  out.paths === undefined ? 1 : Math.max(1, u16(out.rib.paths.count, prefix));

const needsWork = (of: NeighborFamily): boolean => of.out.isActive && !of.out.isAttached;
