/**
 * Paths: for every prefix a block of consecutive rows, in ascending order of source, and of path id
 * where a source has several.
 *
 * Standard: RFC 7911 §3 (a path is known by prefix and path id); BGP specification §14.2.
 *
 *   prefix ──► block (1, 2, 4 … rows) ──► source 2 | attributes 4 | since 8 | reason 2 | epoch 1 | received 4
 *                                         path id 4 | sent id 4: only where they are not 0
 *
 * The decision reads consecutive memory; finding a source is a short binary search. `received` is there
 * once a policy changed the attributes of a path: without such a policy it costs nothing.
 *
 * Invariants
 * - Every row of a block's first `count` holds one reference to its attribute set, and one to the set
 *   as received when that is another one.
 * - A prefix without paths has no block.
 * - No two rows of a prefix have one source and one path id. A source that sends no path ids has one
 *   row, with id 0.
 * - A sent id other than 0 stands in one row of a prefix; it stays while the row does.
 *
 * @module
 */
import {
  BitSet,
  grownF64,
  grownU8,
  grownU16,
  grownU32,
  nextCapacity,
  SparseColumn,
  u8,
  u16,
  u32,
} from './columns.ts';
import { PathBlocks, type PathRows } from './path-blocks.ts';

const NO_BLOCK = -1;

export class PathTable implements PathRows {
  source: Uint16Array<ArrayBuffer>;
  attributes: Uint32Array<ArrayBuffer>;
  /** When the path last changed, an Instant. */
  since: Float64Array<ArrayBuffer>;
  /** Why the path is not used (policy/reason.ts), 0: accepted. */
  reason: Uint16Array<ArrayBuffer>;
  /** The round of refresh or restart of its neighbor in which it was last heard (RFC 7313, 4724). */
  epoch: Uint8Array<ArrayBuffer>;
  /** The attributes before the policy, 0: it changed nothing. Empty until one did. */
  private received: Uint32Array<ArrayBuffer>;
  /** The id its neighbor gave the path; 0 where it gives none. */
  readonly pathId: SparseColumn;
  /** The id under which the path is told, or remembered as told, where paths are chosen; 0 until then. */
  readonly sentId: SparseColumn;

  /** By prefix. */
  count: Uint16Array<ArrayBuffer>;
  private block: Uint32Array<ArrayBuffer>;
  /** Size class and one, 0: no block. */
  private sizeClass: Uint8Array<ArrayBuffer>;

  private readonly usedIds: BitSet;
  private readonly blocks: PathBlocks;
  private rows: number;

  constructor(capacity = 256) {
    this.source = new Uint16Array(capacity);
    this.attributes = new Uint32Array(capacity);
    this.since = new Float64Array(capacity);
    this.reason = new Uint16Array(capacity);
    this.epoch = new Uint8Array(capacity);
    this.received = new Uint32Array(0);
    this.pathId = new SparseColumn();
    this.sentId = new SparseColumn();
    this.count = new Uint16Array(capacity);
    this.block = new Uint32Array(capacity);
    this.sizeClass = new Uint8Array(capacity);
    this.usedIds = new BitSet();
    this.blocks = new PathBlocks(this);
    this.rows = 0;
  }

  /** How many paths there are. */
  get size(): number {
    return this.rows;
  }

  /** Rows are below this; so much memory is in use. */
  get rowLimit(): number {
    return this.blocks.rowLimit;
  }

  /** Makes room for prefixes below `capacity`. */
  reservePrefixes(capacity: number): void {
    if (capacity <= this.count.length) return;
    this.sizeClass = grownU8(this.sizeClass, capacity);
    this.count = grownU16(this.count, capacity);
    this.block = grownU32(this.block, capacity);
  }

  /** Makes room for rows below `limit`. */
  reserveRows(limit: number): void {
    if (limit <= this.source.length) return;
    const capacity = Math.max(limit, nextCapacity(this.source.length));
    this.source = grownU16(this.source, capacity);
    this.attributes = grownU32(this.attributes, capacity);
    this.since = grownF64(this.since, capacity);
    this.reason = grownU16(this.reason, capacity);
    this.epoch = grownU8(this.epoch, capacity);
    if (this.received.length > 0) this.received = grownU32(this.received, capacity);
  }

  /** The first row of the prefix; there are `count` of them. */
  first(prefix: number): number {
    return u32(this.block, prefix);
  }

  /** Returns the row of the source's path with this id, or -1. */
  find(prefix: number, source: number, pathId: number): number {
    const row = this.lowerBound(prefix, source, pathId);
    const end = this.first(prefix) + u16(this.count, prefix);
    if (row >= end || u16(this.source, row) !== source) return -1;
    return this.pathId.get(row) === pathId ? row : -1;
  }

  /** Where the paths of a source begin; those of the next one begin where they end. */
  firstOf(prefix: number, source: number): number {
    return this.lowerBound(prefix, source, 0);
  }

  /** Returns the row of the source's path, of several (RFC 7911) that with the lowest id, or -1. */
  lowestOf(prefix: number, source: number): number {
    const row = this.firstOf(prefix, source);
    return row < this.firstOf(prefix, source + 1) ? row : -1;
  }

  /** Whether the source has a path. */
  has(prefix: number, source: number): boolean {
    return this.lowestOf(prefix, source) !== -1;
  }

  /** Adds a row for a source that has none with this id and returns it; the caller fills it. */
  insert(prefix: number, source: number, pathId: number): number {
    const count = u16(this.count, prefix);
    const sizeClass = this.sizeClassOf(prefix);
    if (sizeClass === NO_BLOCK) this.moveTo(prefix, 0, 0);
    else if (count === 1 << sizeClass) this.moveTo(prefix, sizeClass + 1, count);
    const row = this.lowerBound(prefix, source, pathId);
    const end = this.first(prefix) + count;
    for (let to = end; to > row; to--) this.copyRow(to - 1, to);
    this.source[row] = source;
    this.setReceived(row, 0);
    this.pathId.set(row, pathId);
    this.sentId.set(row, 0);
    this.count[prefix] = count + 1;
    this.rows++;
    return row;
  }

  /** Gives each of these rows of a prefix a sent id, if it has none: the lowest that is free. */
  assignSentIds(prefix: number, rows: Uint32Array, count: number): void {
    let missing = 0;
    for (let i = 0; i < count; i++) if (this.sentId.get(u32(rows, i)) === 0) missing++;
    if (missing === 0) return;
    this.usedIds.clear();
    const first = this.first(prefix);
    const end = first + u16(this.count, prefix);
    for (let row = first; row < end; row++) this.usedIds.add(this.sentId.get(row));
    let id = 1;
    for (let i = 0; i < count; i++) {
      if (this.sentId.get(u32(rows, i)) !== 0) continue;
      while (this.usedIds.has(id)) id++;
      this.sentId.set(u32(rows, i), id++);
    }
  }

  remove(prefix: number, row: number): void {
    const count = u16(this.count, prefix) - 1;
    const end = this.first(prefix) + count;
    for (let to = row; to < end; to++) this.copyRow(to + 1, to);
    this.count[prefix] = count;
    this.rows--;
    if (count === 0) {
      this.blocks.free(u32(this.block, prefix), this.sizeClassOf(prefix));
      this.sizeClass[prefix] = 0;
    }
  }

  /** The attributes a path came with, when the policy changed them, else 0. */
  receivedOf(row: number): number {
    return this.received.length === 0 ? 0 : u32(this.received, row);
  }

  setReceived(row: number, attributes: number): void {
    if (this.received.length === 0) {
      if (attributes === 0) return;
      this.received = new Uint32Array(this.source.length);
    }
    this.received[row] = attributes;
  }

  private lowerBound(prefix: number, source: number, pathId: number): number {
    let low = this.first(prefix);
    let high = low + u16(this.count, prefix);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (u16(this.source, middle) < source) low = middle + 1;
      else high = middle;
    }
    return pathId === 0 ? low : this.lowerBoundOfId(low, prefix, source, pathId);
  }

  /** Goes on among the rows of one source, which begin at `low`; they are few. */
  private lowerBoundOfId(low: number, prefix: number, source: number, pathId: number): number {
    const end = this.first(prefix) + u16(this.count, prefix);
    let row = low;
    while (row < end && u16(this.source, row) === source && this.pathId.get(row) < pathId) row++;
    return row;
  }

  private moveTo(prefix: number, sizeClass: number, count: number): void {
    const to = this.blocks.allocate(sizeClass);
    const from = u32(this.block, prefix);
    for (let i = 0; i < count; i++) this.copyRow(from + i, to + i);
    if (count > 0) this.blocks.free(from, this.sizeClassOf(prefix));
    this.block[prefix] = to;
    this.sizeClass[prefix] = sizeClass + 1;
  }

  private sizeClassOf(prefix: number): number {
    return u8(this.sizeClass, prefix) - 1;
  }

  private copyRow(from: number, to: number): void {
    this.source[to] = u16(this.source, from);
    this.attributes[to] = u32(this.attributes, from);
    this.since[to] = this.since[from] as number;
    this.reason[to] = u16(this.reason, from);
    this.epoch[to] = u8(this.epoch, from);
    if (this.received.length > 0) this.received[to] = u32(this.received, from);
    if (!this.pathId.isEmpty) this.pathId.set(to, this.pathId.get(from));
    if (!this.sentId.isEmpty) this.sentId.set(to, this.sentId.get(from));
  }
}
