/**
 * Marks a path as stale for long: it gets LLGR_STALE, or goes when it carries NO_LLGR.
 *
 * Standard: RFC 9494 §4.2 and §4.7. The mark is part of the attributes, so the decision, the neighbors and
 * people see it without asking anybody.
 *
 * @module
 */
import { readUint16, writeUint16, writeUint32 } from '../../base/bytes.ts';
import { type AttributeStore, HAS_LLGR_STALE, HAS_NO_LLGR } from '../attribute/attribute-store.ts';
import {
  CANONICAL_HEADER_BYTES,
  canonicalEnd,
  findCanonical,
  insertCanonicalUint32,
} from '../attribute/canonical-block.ts';
import { COMMUNITY_BYTES, LLGR_STALE, sortUnique } from '../attribute/communities.ts';
import { COMMUNITIES } from '../attribute/table.ts';
import { isTreatedAsWithdrawn } from '../policy/reason.ts';
import { f64, u8, u16, u32 } from '../rib/columns.ts';
import type { FamilyRib } from '../rib/family-rib.ts';

export class LongLivedStale {
  private readonly store: AttributeStore;
  private block: Uint8Array;

  constructor(store: AttributeStore) {
    this.store = store;
    this.block = new Uint8Array(1024);
  }

  /** Marks the path in a row, which keeps its age, its verdict and its round. */
  age(rib: FamilyRib, prefix: number, row: number): void {
    const { paths } = rib;
    const reason = u16(paths.reason, row);
    // It has no attributes, and nobody uses it.
    if (isTreatedAsWithdrawn(reason)) return;
    const attributes = u32(paths.attributes, row);
    const received = paths.receivedOf(row);
    const flags = u8(this.store.flags, received || attributes);
    if ((flags & HAS_NO_LLGR) !== 0) rib.removeRow(prefix, row);
    else if ((flags & HAS_LLGR_STALE) === 0) {
      const source = u16(paths.source, row);
      const epoch = u8(paths.epoch, row);
      const since = f64(paths.since, row);
      // As received it is marked as well: the policy may be asked again.
      const kept = received === 0 ? 0 : this.marked(received);
      rib.put(prefix, row, source, this.marked(attributes), reason, epoch, since, kept);
    }
  }

  /** Returns the set with LLGR_STALE among its communities, where a policy may have put it before. */
  private marked(attributes: number): number {
    const { store } = this;
    if ((u8(store.flags, attributes) & HAS_LLGR_STALE) !== 0) return attributes;
    const from = store.start(attributes);
    let end = store.end(attributes) - from;
    const room = end + CANONICAL_HEADER_BYTES + COMMUNITY_BYTES;
    if (this.block.length < room) this.block = new Uint8Array(room * 2);
    const { block } = this;
    block.set(store.bytes.subarray(from, from + end));
    const o = findCanonical(block, 0, end, COMMUNITIES);
    if (o === -1) end = insertCanonicalUint32(block, 0, end, COMMUNITIES, LLGR_STALE);
    else {
      const behind = canonicalEnd(block, o);
      block.copyWithin(behind + COMMUNITY_BYTES, behind, end);
      writeUint32(block, behind, LLGR_STALE);
      sortUnique(block, o + CANONICAL_HEADER_BYTES, behind + COMMUNITY_BYTES, COMMUNITY_BYTES);
      writeUint16(block, o + 2, readUint16(block, o + 2) + COMMUNITY_BYTES);
      end += COMMUNITY_BYTES;
    }
    return store.intern(block, 0, end);
  }
}
