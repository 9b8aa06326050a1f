/**
 * The routes of one family: Adj-RIB-In of every neighbor, and the best path of every prefix.
 *
 * Standard: RFC 4271 §3.2 (Adj-RIBs-In, Loc-RIB), §9.1; BGP specification §14.
 *
 *   put / remove ──► paths ──dirty──► decide ──► best, FIB ──► the caller sends what changed
 *
 * Rejected paths stay with their reason; they never take part. Counters are kept as paths come and
 * go, so reading them costs nothing.
 *
 * Invariants
 * - references to attribute sets = paths + paths a policy changed + prefixes with a best path.
 * - A prefix is in the dirty queue at most once, and every changed prefix is in it.
 * - A prefix row lives while it has a path, a best path, or a hold (a neighbor that must still be
 *   told of its end).
 *
 * @module
 */
import { DISCARD, type InterfaceId, interfaceId, NONE } from '../../base/units.ts';
import type { AttributeStore } from '../attribute/attribute-store.ts';
import {
  ATTRIBUTES_CHANGED,
  BestPathHistory,
  DECISION,
  FIRST_PATH,
  REJECTED,
  SESSION_DOWN,
  WITHDRAWN,
} from './best-path-history.ts';
import {
  grownI32,
  grownU8,
  grownU16,
  grownU32,
  i32,
  NumberQueue,
  SparseColumn,
  u8,
  u16,
  u32,
} from './columns.ts';
import { type Decision, MED_STEP, stepOf } from './decision.ts';
import type { NextHopResolution } from './next-hop-resolution.ts';
import { PathTable } from './path-table.ts';
import { PrefixTable } from './prefix-table.ts';
import { NO_SOURCE, OWN, type SourceTable } from './source-table.ts';

/** Where best paths become forwarding entries; called synchronously, never calls back. */
export interface FibSink {
  set(family: 4 | 6, bytes: Uint8Array, offset: number, length: number, out: InterfaceId): void;
  remove(family: 4 | 6, bytes: Uint8Array, offset: number, length: number): void;
}

/** Sets of next hops that share a route: an id for each, greater than DISCARD, and who uses it counted. */
export interface NextHopSetSink {
  /** Returns the id of the set of these interfaces, in ascending order; NONE when there is no room for one more. */
  take(members: readonly InterfaceId[]): number;
  release(id: number): void;
}

/** Hears of the prefix and source of every path that comes, goes or changes. */
export interface PathWatcher {
  pathChanged(rib: FamilyRib, prefix: number, source: number): void;
}

/** Hears of every path that comes, goes or changes its verdict. */
interface PathCounter {
  pathAdded(source: number, family: 4 | 6, reason: number): void;
  pathRemoved(source: number, family: 4 | 6, reason: number): void;
}

const IS_DIRTY = 1;
/** Neighbors must hear of it although the best path is the same. */
const IS_TOUCHED = 2;

export class FamilyRib {
  readonly family: 4 | 6;
  readonly prefixes: PrefixTable;
  readonly paths: PathTable;
  /** By prefix: source and attributes of the best path, as last decided. */
  best: Uint16Array<ArrayBuffer>;
  bestAttributes: Uint32Array<ArrayBuffer>;
  readonly bestPathId: SparseColumn;
  /** Prefixes with a best path. */
  reachable: number;
  /** Dirty prefixes nobody was told of yet. */
  dirtyNewCount: number;
  readonly history: BestPathHistory;
  watcher: PathWatcher | undefined;
  readonly resolution: NextHopResolution;

  private fibOut: Int32Array<ArrayBuffer>;
  /** Rows below this are made. */
  private rowLimit: number;
  private flags: Uint8Array<ArrayBuffer>;
  private holds: Uint16Array<ArrayBuffer>;
  private readonly dirty: NumberQueue;
  private readonly address: Uint8Array;
  private readonly store: AttributeStore;
  private readonly sources: SourceTable;
  private readonly decision: Decision;
  private readonly fib: FibSink;
  private readonly nextHopSets: NextHopSetSink | undefined;
  private readonly counter: PathCounter;

  constructor(
    family: 4 | 6,
    parts: {
      store: AttributeStore;
      sources: SourceTable;
      decision: Decision;
      resolution: NextHopResolution;
      fib: FibSink;
      /** Absent: the best path carries packets alone. */
      nextHopSets: NextHopSetSink | undefined;
      counter: PathCounter;
      seed: number;
    },
  ) {
    this.family = family;
    this.prefixes = new PrefixTable(family, parts.seed);
    this.paths = new PathTable();
    const capacity = this.prefixes.capacity;
    this.best = new Uint16Array(capacity);
    this.bestAttributes = new Uint32Array(capacity);
    this.bestPathId = new SparseColumn();
    this.reachable = 0;
    this.dirtyNewCount = 0;
    this.history = new BestPathHistory(this.prefixes);
    this.watcher = undefined;
    this.fibOut = new Int32Array(capacity);
    this.rowLimit = 0;
    this.flags = new Uint8Array(capacity);
    this.holds = new Uint16Array(capacity);
    this.dirty = new NumberQueue(256);
    this.address = new Uint8Array(16);
    this.store = parts.store;
    this.sources = parts.sources;
    this.decision = parts.decision;
    this.resolution = parts.resolution;
    this.fib = parts.fib;
    this.nextHopSets = parts.nextHopSets;
    this.counter = parts.counter;
  }

  get dirtyCount(): number {
    return this.dirty.length;
  }

  /** Returns the row of the prefix loaded in `prefixes`, with room in every column. */
  addLoadedPrefix(): number {
    const prefix = this.prefixes.findOrAdd();
    while (this.rowLimit <= prefix) this.makeRow();
    return prefix;
  }

  private makeRow(): void {
    const prefix = this.rowLimit++;
    if (prefix >= this.best.length) this.grow(this.prefixes.capacity);
    this.best[prefix] = NO_SOURCE;
    this.fibOut[prefix] = NONE;
  }

  /**
   * Adds the path of a source with this path id, or replaces it when `row` is not -1. An unchanged
   * path keeps its age.
   * `received`: the attributes before the policy when it changed them, else 0.
   */
  put(
    prefix: number,
    row: number,
    source: number,
    attributes: number,
    reason: number,
    epoch: number,
    now: number,
    received = 0,
    pathId = 0,
  ): void {
    if (row === -1) this.add(prefix, source, pathId, attributes, reason, epoch, now, received);
    else this.replace(prefix, row, attributes, reason, epoch, now, received);
  }

  private add(
    prefix: number,
    source: number,
    pathId: number,
    attributes: number,
    reason: number,
    epoch: number,
    now: number,
    received: number,
  ): void {
    const paths = this.paths;
    const row = paths.insert(prefix, source, pathId);
    this.counter.pathAdded(source, this.family, reason);
    this.store.retain(attributes);
    paths.reason[row] = reason;
    paths.attributes[row] = attributes;
    paths.since[row] = now;
    paths.epoch[row] = epoch;
    this.changeReceived(row, received);
    if (reason === 0) this.markDirty(prefix);
    this.watcher?.pathChanged(this, prefix, source);
  }

  private replace(
    prefix: number,
    row: number,
    attributes: number,
    reason: number,
    epoch: number,
    now: number,
    received: number,
  ): void {
    const paths = this.paths;
    paths.epoch[row] = epoch;
    if (u32(paths.attributes, row) !== attributes) paths.since[row] = now;
    this.revise(prefix, row, attributes, reason, received);
  }

  /** Gives a path another verdict and, by a policy, other attributes; it stays as old as it is. */
  revise(prefix: number, row: number, attributes: number, reason: number, received: number): void {
    const paths = this.paths;
    const isReceivedOtherwise = this.changeReceived(row, received);
    const oldAttributes = u32(paths.attributes, row);
    if (oldAttributes !== attributes) {
      this.store.retain(attributes);
      this.store.release(oldAttributes);
      paths.attributes[row] = attributes;
      if (reason === 0) this.markDirty(prefix);
    }
    if (oldAttributes !== attributes || isReceivedOtherwise)
      this.watcher?.pathChanged(this, prefix, u16(paths.source, row));
    this.changeReason(prefix, row, reason);
  }

  private changeReceived(row: number, received: number): boolean {
    const old = this.paths.receivedOf(row);
    if (old === received) return false;
    if (received !== 0) this.store.retain(received);
    if (old !== 0) this.store.release(old);
    this.paths.setReceived(row, received);
    return true;
  }

  private changeReason(prefix: number, row: number, reason: number): void {
    const paths = this.paths;
    const old = u16(paths.reason, row);
    if (old === reason) return;
    const source = u16(paths.source, row);
    this.counter.pathRemoved(source, this.family, old);
    this.counter.pathAdded(source, this.family, reason);
    paths.reason[row] = reason;
    if (old === 0 || reason === 0) this.markDirty(prefix);
    this.watcher?.pathChanged(this, prefix, source);
  }

  removeRow(prefix: number, row: number): void {
    const paths = this.paths;
    const source = u16(paths.source, row);
    const reason = u16(paths.reason, row);
    this.counter.pathRemoved(source, this.family, reason);
    this.store.release(u32(paths.attributes, row));
    this.changeReceived(row, 0);
    paths.remove(prefix, row);
    // A rejected path leaves nothing to decide, but the last one leaves a row to give back.
    if (reason === 0 || u16(paths.count, prefix) === 0) this.markDirty(prefix);
    this.watcher?.pathChanged(this, prefix, source);
  }

  markDirty(prefix: number): void {
    const flags = u8(this.flags, prefix);
    if ((flags & IS_DIRTY) !== 0) return;
    this.flags[prefix] = flags | IS_DIRTY;
    this.dirty.push(prefix);
    if (u16(this.best, prefix) === NO_SOURCE) this.dirtyNewCount++;
  }

  /** Lets the prefix be told again although its best path may stay. */
  touch(prefix: number): void {
    this.flags[prefix] = u8(this.flags, prefix) | IS_TOUCHED;
    this.markDirty(prefix);
  }

  takeDirty(): number {
    const prefix = this.dirty.shift();
    this.flags[prefix] = u8(this.flags, prefix) & ~IS_DIRTY;
    if (u16(this.best, prefix) === NO_SOURCE) this.dirtyNewCount--;
    return prefix;
  }

  /** Decides a prefix anew and updates the FIB; returns whether neighbors must hear of it. */
  decide(prefix: number, now: number): boolean {
    const paths = this.paths;
    const row = u16(paths.count, prefix) === 0 ? -1 : this.decision.best(paths, prefix);
    const source = row === -1 ? NO_SOURCE : u16(paths.source, row);
    const attributes = row === -1 ? 0 : u32(paths.attributes, row);
    const pathId = row === -1 ? 0 : paths.pathId.get(row);
    const oldSource = u16(this.best, prefix);
    const oldAttributes = u32(this.bestAttributes, prefix);
    this.forwardTo(prefix, row, source, attributes);
    const flags = u8(this.flags, prefix);
    this.flags[prefix] = flags & ~IS_TOUCHED;
    if (source === oldSource && attributes === oldAttributes) {
      this.bestPathId.set(prefix, pathId);
      return (flags & IS_TOUCHED) !== 0;
    }
    this.remember(prefix, oldSource, row, source, attributes, now);
    if (attributes !== 0) this.store.retain(attributes);
    if (oldAttributes !== 0) this.store.release(oldAttributes);
    if (oldSource === NO_SOURCE) this.reachable++;
    else if (source === NO_SOURCE) this.reachable--;
    this.best[prefix] = source;
    this.bestAttributes[prefix] = attributes;
    this.bestPathId.set(prefix, pathId);
    return true;
  }

  /** Returns the row of the best path, as last decided, or -1. */
  bestRow(prefix: number): number {
    const source = u16(this.best, prefix);
    if (source === NO_SOURCE) return -1;
    return this.paths.find(prefix, source, this.bestPathId.get(prefix));
  }

  /** Writes down why the best path is another one. */
  private remember(
    prefix: number,
    from: number,
    row: number,
    to: number,
    attributes: number,
    now: number,
  ): void {
    const { paths, sources } = this;
    const origin = row === -1 ? 0 : u32(this.store.originAs, attributes);
    const fromPathId = this.bestPathId.get(prefix);
    const toPathId = row === -1 ? 0 : paths.pathId.get(row);
    let cause = FIRST_PATH;
    let detail = 0;
    if (from === to && fromPathId === toPathId) cause = ATTRIBUTES_CHANGED;
    else if (from !== NO_SOURCE) {
      const old = this.bestRow(prefix);
      if (u8(sources.isUp, from) === 0) cause = SESSION_DOWN;
      else if (old === -1) cause = WITHDRAWN;
      else if (u16(paths.reason, old) !== 0) {
        cause = REJECTED;
        detail = u16(paths.reason, old);
      } else {
        cause = DECISION;
        const comparison = this.decision.compare(paths, row, old);
        // One that would win against the new best lost before, to another path of its neighbor AS.
        detail = comparison < 0 ? stepOf(comparison) : MED_STEP;
      }
    }
    this.history.record(now, prefix, from, to, cause, detail, origin, fromPathId, toPathId);
  }

  hold(prefix: number): void {
    this.holds[prefix] = u16(this.holds, prefix) + 1;
  }

  /** Ends a hold; the row may go with it. */
  unhold(prefix: number): void {
    this.holds[prefix] = u16(this.holds, prefix) - 1;
    this.releasePrefix(prefix);
  }

  /** Gives the row of a prefix back when nothing is left of it. */
  releasePrefix(prefix: number): void {
    if (this.prefixes.isAlive(prefix) && this.isVacant(prefix)) this.prefixes.remove(prefix);
  }

  /** Whether nothing is left of a prefix: no path, no best path, no hold, nothing to decide. */
  isVacant(prefix: number): boolean {
    return (
      u16(this.paths.count, prefix) === 0 &&
      u16(this.best, prefix) === NO_SOURCE &&
      u16(this.holds, prefix) === 0 &&
      (u8(this.flags, prefix) & IS_DIRTY) === 0
    );
  }

  /** How many neighbors must still be told of the prefix. */
  holdsOf(prefix: number): number {
    return u16(this.holds, prefix);
  }

  /** Looks anew where the next hop of a prefix's best path is. */
  followNextHop(prefix: number): void {
    const row = this.bestRow(prefix);
    this.forwardTo(prefix, row, u16(this.best, prefix), u32(this.bestAttributes, prefix));
  }

  private forwardTo(prefix: number, row: number, source: number, attributes: number): void {
    // Traffic to a prefix of our own ends here: no entry.
    const isForwarded = source !== NO_SOURCE && source !== OWN;
    const alone = isForwarded ? this.resolution.outOf(source, attributes) : NONE;
    const isShared = row !== -1 && this.decision.options.maxPaths > 1;
    const out = isShared ? this.sharedOut(prefix, row, alone) : alone;
    const before = i32(this.fibOut, prefix);
    if (out !== before) this.forward(prefix, out);
    // The route had its old set until now, and the same one was taken once more.
    if (before > DISCARD) this.nextHopSets?.release(before);
  }

  /** The set of next hops that carry packets to a prefix, or the one alone. */
  private sharedOut(prefix: number, best: number, alone: number): number {
    if (alone === NONE || alone === DISCARD) return alone;
    const outs = this.carriers(prefix, best).map((row) => interfaceId(this.outOf(row)));
    if (outs.length === 1) return alone;
    const set = this.nextHopSets?.take(outs.sort((x, y) => x - y)) ?? NONE;
    return set === NONE ? alone : set;
  }

  /** The rows of a prefix that carry packets, the best first: with multipath one for each next hop. */
  carriers(prefix: number, best: number): number[] {
    const { maxPaths } = this.decision.options;
    if (maxPaths === 1 || u16(this.paths.source, best) === OWN) return [best];
    const rows = [best];
    const outs = new Set([this.outOf(best)]);
    if (outs.has(NONE) || outs.has(DISCARD)) return rows;
    for (const row of this.decision.companions(this.paths, prefix, best)) {
      const out = this.outOf(row);
      if (rows.length === maxPaths || out === NONE || out === DISCARD || outs.has(out)) continue;
      outs.add(out);
      rows.push(row);
    }
    return rows;
  }

  private outOf(row: number): number {
    return this.resolution.outOf(u16(this.paths.source, row), u32(this.paths.attributes, row));
  }

  private forward(prefix: number, out: number): void {
    this.prefixes.writeAddress(prefix, this.address, 0);
    const length = u8(this.prefixes.length, prefix);
    this.fibOut[prefix] = out;
    if (out === NONE) this.fib.remove(this.family, this.address, 0, length);
    else this.fib.set(this.family, this.address, 0, length, interfaceId(out));
  }

  private grow(capacity: number): void {
    this.best = grownU16(this.best, capacity);
    this.bestAttributes = grownU32(this.bestAttributes, capacity);
    this.fibOut = grownI32(this.fibOut, capacity);
    this.flags = grownU8(this.flags, capacity);
    this.holds = grownU16(this.holds, capacity);
    this.paths.reservePrefixes(capacity);
  }
}
