/**
 * Marks a path as stale for long: it gets LLGR_STALE, or goes when it carries NO_LLGR.
 *
 * Standard: RFC 9494 §4.2 and §4.7. The mark is part of the attributes, so the decision, the neighbors and
 * people see it without asking anybody.
 *
 * @module
 */
import { type AttributeStore, HAS_LLGR_STALE, HAS_NO_LLGR } from '../attribute/attribute-store.ts';
import { LLGR_STALE } from '../attribute/communities.ts';
import { CommunityMarker } from '../attribute/community-marker.ts';
import { isTreatedAsWithdrawn } from '../policy/reason.ts';
import { u8, u16, u32 } from '../rib/columns.ts';
import type { FamilyRib } from '../rib/family-rib.ts';

export class LongLivedStale {
  private readonly store: AttributeStore;
  private readonly marker: CommunityMarker;

  constructor(store: AttributeStore) {
    this.store = store;
    this.marker = new CommunityMarker(store);
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
      // As received it is marked as well: the policy may be asked again.
      const kept = received === 0 ? 0 : this.marked(received);
      rib.revise(prefix, row, this.marked(attributes), reason, kept);
    }
  }

  /** Returns the set with LLGR_STALE among its communities, where a policy may have put it before. */
  private marked(attributes: number): number {
    const { store } = this;
    if ((u8(store.flags, attributes) & HAS_LLGR_STALE) !== 0) return attributes;
    return this.marker.add(attributes, LLGR_STALE);
  }
}
