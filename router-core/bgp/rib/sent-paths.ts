/**
 * Which paths one neighbor was told of each prefix, and with which attributes.
 *
 * Standard: RFC 7911 §3 (a path is known by prefix and path id), RFC 4271 §3.2 (Adj-RIB-Out). For
 * neighbors whose paths are chosen for them: those that take several, and clients of a route server
 * (RFC 7947 §2.3). Of the others a bit per prefix tells all (routes/adj-rib-out.ts).
 *
 *   prefix ──► entry ──► entry ──► none       entry: path id 4 | attributes 4 | next 4
 *
 * Entries that are not used form a list threaded through `next`.
 *
 * Invariants
 * - An entry holds one reference to its attribute set, so that its number means the same as long as the
 *   neighbor has the path.
 * - Attributes 0 stand for "the neighbor may have it, with whatever attributes".
 * - No prefix has one path id twice, and without path ids in messages none has two paths.
 *
 * @module
 */
import type { AttributeStore } from '../attribute/attribute-store.ts';
import { grownU32, u32 } from './columns.ts';

const NONE = 0;

export class SentPaths {
  /** Messages carry the ids; else they only tell us which path it was. */
  readonly hasPathIds: boolean;
  /** By entry. */
  pathId: Uint32Array<ArrayBuffer>;
  attributes: Uint32Array<ArrayBuffer>;
  /** Paths told. */
  size: number;
  private next: Uint32Array<ArrayBuffer>;
  /** By prefix. */
  private head: Uint32Array<ArrayBuffer>;
  private high: number;
  private firstFree: number;
  private readonly store: AttributeStore;

  constructor(store: AttributeStore, hasPathIds: boolean) {
    this.hasPathIds = hasPathIds;
    this.pathId = new Uint32Array(64);
    this.attributes = new Uint32Array(64);
    this.next = new Uint32Array(64);
    this.head = new Uint32Array(64);
    this.size = 0;
    this.high = 1;
    this.firstFree = NONE;
    this.store = store;
  }

  /** The first entry of a prefix, or 0. */
  first(prefix: number): number {
    return prefix < this.head.length ? u32(this.head, prefix) : NONE;
  }

  after(entry: number): number {
    return u32(this.next, entry);
  }

  /** Returns the entry of a path, or 0. */
  find(prefix: number, pathId: number): number {
    let entry = this.first(prefix);
    while (entry !== NONE && u32(this.pathId, entry) !== pathId) entry = this.after(entry);
    return entry;
  }

  /** With which attributes a path was told; 0: it was not, or nobody knows (a message was lost). */
  attributesOf(prefix: number, pathId: number): number {
    const entry = pathId === 0 ? NONE : this.find(prefix, pathId);
    return entry === NONE ? 0 : u32(this.attributes, entry);
  }

  /** Adds a path that is not there. */
  add(prefix: number, pathId: number, attributes: number): void {
    if (prefix >= this.head.length) {
      this.head = grownU32(this.head, Math.max(prefix + 1, this.head.length * 2));
    }
    const entry = this.takeEntry();
    this.pathId[entry] = pathId;
    this.attributes[entry] = attributes;
    this.next[entry] = u32(this.head, prefix);
    this.head[prefix] = entry;
    if (attributes !== 0) this.store.retain(attributes);
    this.size++;
  }

  /** What is told in place of what the neighbor has; without path ids that may be another path. */
  replace(entry: number, pathId: number, attributes: number): void {
    this.pathId[entry] = pathId;
    this.setAttributes(entry, attributes);
  }

  private setAttributes(entry: number, attributes: number): void {
    const old = u32(this.attributes, entry);
    if (attributes !== 0) this.store.retain(attributes);
    if (old !== 0) this.store.release(old);
    this.attributes[entry] = attributes;
  }

  /** The neighbor may or may not have the path (one of the prefix, 0): whatever is told next is news to it. */
  doubt(prefix: number, pathId: number): void {
    const entry = this.hasPathIds ? this.find(prefix, pathId) : this.first(prefix);
    if (entry === NONE) this.add(prefix, pathId, 0);
    else this.setAttributes(entry, 0);
  }

  remove(prefix: number, entry: number): void {
    let before = NONE;
    for (let at = this.first(prefix); at !== entry; at = this.after(at)) before = at;
    if (before === NONE) this.head[prefix] = this.after(entry);
    else this.next[before] = this.after(entry);
    this.setAttributes(entry, 0);
    this.next[entry] = this.firstFree;
    this.firstFree = entry;
    this.size--;
  }

  /** Forgets everything, and the references with it. */
  clear(): void {
    for (let prefix = 0; prefix < this.head.length && this.size > 0; prefix++) {
      for (let entry = this.first(prefix); entry !== NONE; entry = this.first(prefix)) {
        this.remove(prefix, entry);
      }
    }
  }

  private takeEntry(): number {
    const entry = this.firstFree;
    if (entry !== NONE) {
      this.firstFree = this.after(entry);
      return entry;
    }
    if (this.high === this.next.length) {
      const capacity = this.high * 2;
      this.pathId = grownU32(this.pathId, capacity);
      this.attributes = grownU32(this.attributes, capacity);
      this.next = grownU32(this.next, capacity);
    }
    return this.high++;
  }
}
