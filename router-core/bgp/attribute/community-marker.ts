/**
 * Puts a standard community into a set of attributes that is in the store.
 *
 * Standard: RFC 1997 (COMMUNITIES); the order is that of the store: numerical, each once.
 *
 * @module
 */
import { readUint16, writeUint16, writeUint32 } from '../../base/bytes.ts';
import type { AttributeStore } from './attribute-store.ts';
import {
  CANONICAL_HEADER_BYTES,
  canonicalEnd,
  findCanonical,
  insertCanonicalUint32,
} from './canonical-block.ts';
import { COMMUNITY_BYTES, sortUnique } from './communities.ts';
import { COMMUNITIES } from './table.ts';

export class CommunityMarker {
  private readonly store: AttributeStore;
  private block: Uint8Array;

  constructor(store: AttributeStore) {
    this.store = store;
    this.block = new Uint8Array(1024);
  }

  /** Returns the set with a community it does not have. */
  add(attributes: number, community: number): number {
    const { store } = this;
    const from = store.start(attributes);
    let end = store.end(attributes) - from;
    const room = end + CANONICAL_HEADER_BYTES + COMMUNITY_BYTES;
    if (this.block.length < room) this.block = new Uint8Array(room * 2);
    const { block } = this;
    block.set(store.bytes.subarray(from, from + end));
    const o = findCanonical(block, 0, end, COMMUNITIES);
    if (o === -1) end = insertCanonicalUint32(block, 0, end, COMMUNITIES, community);
    else {
      const behind = canonicalEnd(block, o);
      block.copyWithin(behind + COMMUNITY_BYTES, behind, end);
      writeUint32(block, behind, community);
      sortUnique(block, o + CANONICAL_HEADER_BYTES, behind + COMMUNITY_BYTES, COMMUNITY_BYTES);
      writeUint16(block, o + 2, readUint16(block, o + 2) + COMMUNITY_BYTES);
      end += COMMUNITY_BYTES;
    }
    return store.intern(block, 0, end);
  }
}
