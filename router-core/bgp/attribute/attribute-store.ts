/**
 * Attribute sets, each stored once: hash-consed by canonical bytes, counted by reference.
 *
 * Not standardized; BGP specification §5 (keys) and §14.1.
 *
 *   canonical block ──hash──► slots ──id──► columns: offset, length, refs, keys A and B, MED …
 *                                              └────► bytes (one array, 16-octet granules)
 *
 * What the decision and the policy ask of a set is computed once, when it is stored.
 *
 * Invariants
 * - Two different ids never hold the same bytes.
 * - A set without references lives until `collect`, so an id just returned may still be retained.
 * - A freed row keeps its octets and serves the next set of the same size class, until more octets wait
 *   like this than are in use: then the sets move together, and freed rows serve any class. So a neighbor
 *   whose sets grow from hour to hour leaves no more behind than one whose sets stay as they are.
 * - Offsets are valid until `collect`, ids as long as there is a reference.
 * - Id 0 is "none".
 *
 * @module
 */
import { assert } from '../../base/assert.ts';
import { at, readUint16, readUint32 } from '../../base/bytes.ts';
import {
  grownU8,
  grownU16,
  grownU32,
  NumberList,
  nextCapacity,
  u8,
  u16,
  u32,
} from '../rib/columns.ts';
import { AsPathFacts, asPathContains, measureAsPath } from './as-path.ts';
import { CANONICAL_HEADER_BYTES, canonicalEnd, findCanonical } from './canonical-block.ts';
import {
  BLACKHOLE,
  COMMUNITY_BYTES,
  GRACEFUL_SHUTDOWN,
  LLGR_STALE,
  NO_ADVERTISE,
  NO_EXPORT,
  NO_EXPORT_SUBCONFED,
  NO_LLGR,
} from './communities.ts';
import {
  AS_PATH,
  CLUSTER_LIST,
  COMMUNITIES,
  LOCAL_PREF,
  MULTI_EXIT_DISC,
  ONLY_TO_CUSTOMER,
  ORIGIN,
  ORIGINATOR_ID,
} from './table.ts';

/** Bits of `flags`. */
export const HAS_NO_EXPORT = 1;
export const HAS_NO_ADVERTISE = 2;
export const HAS_MED = 4;
export const HAS_OTC = 8;
export const HAS_LLGR_STALE = 16;
export const HAS_NO_LLGR = 32;
export const HAS_BLACKHOLE = 64;
const AWAITS_COLLECTION = 128;

export const LOCAL_PREF_DEFAULT = 100;

const GRANULE_BYTES = 16;
const GRANULE_WORDS = GRANULE_BYTES / 4;
/** Freed octets below this are not worth moving others. */
const IDLE_BYTES_MIN = 1024 * 1024;
const MIN_GRANULES = 1024;
const MAX_LOAD = 0.6;

export class AttributeStore {
  bytes: Uint8Array<ArrayBuffer>;
  /** ~LOCAL_PREF: the lower, the better. */
  keyA: Uint32Array<ArrayBuffer>;
  /** Path length << 8 | ORIGIN << 4: the lower, the better. */
  keyB: Uint32Array<ArrayBuffer>;
  med: Uint32Array<ArrayBuffer>;
  /** The AS the route came through, 0 when the path does not begin with a SEQUENCE. */
  neighborAs: Uint32Array<ArrayBuffer>;
  /** The AS the route comes from, 0 when the path does not end in a SEQUENCE. */
  originAs: Uint32Array<ArrayBuffer>;
  /** The one AS the path consists of, 0 when there are several. */
  onlyAs: Uint32Array<ArrayBuffer>;
  /** Every AS written down, at most 65535. */
  pathCount: Uint16Array<ArrayBuffer>;
  originatorId: Uint32Array<ArrayBuffer>;
  clusterCount: Uint16Array<ArrayBuffer>;
  flags: Uint8Array<ArrayBuffer>;
  refs: Uint32Array<ArrayBuffer>;
  /** Which set of all ever stored a row holds, 0: none; an id is given again, a birth is not. */
  birth: Uint32Array<ArrayBuffer>;

  private offset: Uint32Array<ArrayBuffer>;
  private length: Uint32Array<ArrayBuffer>;
  private hash: Uint32Array<ArrayBuffer>;
  private granules: Uint16Array<ArrayBuffer>;
  private slots: Uint32Array<ArrayBuffer>;
  private slotMask: number;
  private high: number;
  private alive: number;
  private births: number;
  private bytesUsed: number;
  /** Of these, octets of sets that are stored. */
  private bytesAlive: number;
  private readonly idleBytesMin: number;
  /** Freed rows by size class, a list threaded through `hash`; those of class 0 have no octets. */
  private freeOfClass: Uint32Array<ArrayBuffer>;
  private readonly unreferenced: NumberList;
  private readonly facts: AsPathFacts;

  private readonly seed: number;

  /** `seed` keeps strangers from choosing attributes that meet in one slot. */
  constructor(seed = 0, capacity = 1024, idleBytesMin = IDLE_BYTES_MIN) {
    this.seed = seed;
    this.idleBytesMin = idleBytesMin;
    this.bytes = new Uint8Array(capacity * 4 * GRANULE_BYTES);
    this.keyA = new Uint32Array(capacity);
    this.keyB = new Uint32Array(capacity);
    this.med = new Uint32Array(capacity);
    this.neighborAs = new Uint32Array(capacity);
    this.originAs = new Uint32Array(capacity);
    this.onlyAs = new Uint32Array(capacity);
    this.pathCount = new Uint16Array(capacity);
    this.originatorId = new Uint32Array(capacity);
    this.clusterCount = new Uint16Array(capacity);
    this.flags = new Uint8Array(capacity);
    this.refs = new Uint32Array(capacity);
    this.birth = new Uint32Array(capacity);
    this.births = 0;
    this.offset = new Uint32Array(capacity);
    this.length = new Uint32Array(capacity);
    this.hash = new Uint32Array(capacity);
    this.granules = new Uint16Array(capacity);
    this.slots = new Uint32Array(capacity * 2);
    this.slotMask = capacity * 2 - 1;
    this.high = 1;
    this.alive = 0;
    this.bytesUsed = 0;
    this.bytesAlive = 0;
    this.freeOfClass = new Uint32Array(64);
    this.unreferenced = new NumberList();
    this.facts = new AsPathFacts();
  }

  /** How many sets are stored. */
  get size(): number {
    return this.alive;
  }

  /** Ids are below this. */
  get idLimit(): number {
    return this.high;
  }

  /** Octets of the sets that are stored. */
  get bytesStored(): number {
    return this.bytesAlive;
  }

  /** Octets in use, those of freed rows included, are below this. */
  get byteLimit(): number {
    return this.bytesUsed;
  }

  start(id: number): number {
    return u32(this.offset, id);
  }

  end(id: number): number {
    return u32(this.offset, id) + u32(this.length, id);
  }

  /** Octets a set takes, as counted in `bytesStored`. */
  bytesOf(id: number): number {
    return u16(this.granules, id) * GRANULE_BYTES;
  }

  retain(id: number): void {
    this.refs[id] = u32(this.refs, id) + 1;
  }

  release(id: number): void {
    const refs = u32(this.refs, id) - 1;
    assert(refs >= 0, 'an attribute set is released as often as it was retained');
    this.refs[id] = refs;
    if (refs === 0) this.awaitCollection(id);
  }

  /** Frees every set nobody refers to. */
  collect(): void {
    for (let i = 0; i < this.unreferenced.count; i++) {
      const id = this.unreferenced.at(i);
      this.flags[id] = u8(this.flags, id) & ~AWAITS_COLLECTION;
      if (u32(this.refs, id) === 0) this.free(id);
    }
    this.unreferenced.clear();
    const idle = this.bytesUsed - this.bytesAlive;
    if (idle > this.bytesAlive && idle > this.idleBytesMin) this.moveTogether();
  }

  /** Returns the id of the canonical block, storing it when it is new. The caller retains it. */
  intern(b: Uint8Array, start: number, end: number): number {
    const hash = hashOf(b, start, end, this.seed);
    const length = end - start;
    let slot = hash & this.slotMask;
    for (;;) {
      const id = u32(this.slots, slot);
      if (id === 0) break;
      if (
        u32(this.hash, id) === hash &&
        u32(this.length, id) === length &&
        this.equals(id, b, start)
      ) {
        return id;
      }
      slot = (slot + 1) & this.slotMask;
    }
    const id = this.allocate(length);
    const offset = u32(this.offset, id);
    if (length < 128) for (let i = 0; i < length; i++) this.bytes[offset + i] = at(b, start + i);
    else this.bytes.set(b.subarray(start, end), offset);
    this.length[id] = length;
    this.hash[id] = hash;
    this.refs[id] = 0;
    // 0 is nobody's: a router that lives for years begins anew.
    this.births = this.births === 0xffffffff ? 1 : this.births + 1;
    this.birth[id] = this.births;
    this.slots[slot] = id;
    this.measure(id);
    this.awaitCollection(id);
    this.alive++;
    if (this.alive > this.slots.length * MAX_LOAD) this.rehash(this.slots.length * 2);
    return id;
  }

  /** Offset of the attribute's header in `bytes`, or -1. */
  find(id: number, type: number): number {
    return findCanonical(this.bytes, this.start(id), this.end(id), type);
  }

  localPref(id: number): number {
    return ~u32(this.keyA, id) >>> 0;
  }

  pathContains(id: number, asn: number): boolean {
    const o = this.find(id, AS_PATH);
    if (o === -1) return false;
    return asPathContains(this.bytes, o + CANONICAL_HEADER_BYTES, canonicalEnd(this.bytes, o), asn);
  }

  private awaitCollection(id: number): void {
    const flags = u8(this.flags, id);
    if ((flags & AWAITS_COLLECTION) !== 0) return;
    this.flags[id] = flags | AWAITS_COLLECTION;
    this.unreferenced.push(id);
  }

  private equals(id: number, b: Uint8Array, start: number): boolean {
    const offset = u32(this.offset, id);
    const length = u32(this.length, id);
    for (let i = 0; i < length; i++)
      if (at(this.bytes, offset + i) !== at(b, start + i)) return false;
    return true;
  }

  private allocate(length: number): number {
    const granules = Math.ceil(length / GRANULE_BYTES);
    if (granules >= this.freeOfClass.length)
      this.freeOfClass = grownU32(this.freeOfClass, granules + 64);
    this.bytesAlive += granules * GRANULE_BYTES;
    const freed = this.takeFreed(granules);
    if (freed !== 0) return freed;
    const end = this.bytesUsed + granules * GRANULE_BYTES;
    if (end > this.bytes.length)
      this.bytes = grownU8(this.bytes, Math.max(roomFor(this.bytes.length), end));
    const id = this.takeFreed(0) || this.newRow();
    this.offset[id] = this.bytesUsed;
    this.granules[id] = granules;
    this.bytesUsed = end;
    return id;
  }

  /** Returns a freed row of the size class, or 0. */
  private takeFreed(granules: number): number {
    const id = u32(this.freeOfClass, granules);
    if (id !== 0) this.freeOfClass[granules] = u32(this.hash, id);
    return id;
  }

  private newRow(): number {
    if (this.high === this.refs.length) this.growRows(nextCapacity(this.high));
    return this.high++;
  }

  private free(id: number): void {
    this.unslot(id);
    this.birth[id] = 0;
    this.alive--;
    const granules = u16(this.granules, id);
    this.bytesAlive -= granules * GRANULE_BYTES;
    this.offerFreed(id, granules);
  }

  private offerFreed(id: number, granules: number): void {
    this.hash[id] = u32(this.freeOfClass, granules);
    this.freeOfClass[granules] = id;
  }

  /** Gives the octets of freed rows back: what is stored goes to the front of a smaller array. */
  private moveTogether(): void {
    const from = new Uint32Array(this.bytes.buffer);
    const bytes = new Uint8Array(roomFor(this.bytesAlive));
    const to = new Uint32Array(bytes.buffer);
    this.freeOfClass.fill(0);
    let place = 0;
    for (let id = 1; id < this.high; id++) {
      if (u32(this.birth, id) === 0) {
        this.granules[id] = 0;
        this.offerFreed(id, 0);
        continue;
      }
      let word = u32(this.offset, id) / 4;
      this.offset[id] = place * 4;
      for (let left = u16(this.granules, id) * GRANULE_WORDS; left > 0; left--)
        to[place++] = u32(from, word++);
    }
    this.bytes = bytes;
    this.bytesUsed = place * 4;
  }

  /** Linear probing without tombstones: what follows the hole moves into it when it may. */
  private unslot(id: number): void {
    const mask = this.slotMask;
    let hole = u32(this.hash, id) & mask;
    while (u32(this.slots, hole) !== id) hole = (hole + 1) & mask;
    let slot = hole;
    for (;;) {
      slot = (slot + 1) & mask;
      const other = u32(this.slots, slot);
      if (other === 0) break;
      const home = u32(this.hash, other) & mask;
      if (((slot - home) & mask) >= ((slot - hole) & mask)) {
        this.slots[hole] = other;
        hole = slot;
      }
    }
    this.slots[hole] = 0;
  }

  private rehash(count: number): void {
    const old = this.slots;
    const mask = count - 1;
    const slots = new Uint32Array(count);
    for (let i = 0; i < old.length; i++) {
      const id = u32(old, i);
      if (id === 0) continue;
      let slot = u32(this.hash, id) & mask;
      while (u32(slots, slot) !== 0) slot = (slot + 1) & mask;
      slots[slot] = id;
    }
    this.slots = slots;
    this.slotMask = mask;
  }

  /** Computes what the decision and the policy ask of a set. */
  private measure(id: number): void {
    const b = this.bytes;
    const end = this.end(id);
    let origin = 2;
    let localPref = -1;
    let med = 0;
    let flags = 0;
    let originatorId = 0;
    let clusterCount = 0;
    let isShutdown = false;
    const facts = this.facts;
    measureAsPath(b, 0, 0, facts);
    for (let o = this.start(id); o < end; o = canonicalEnd(b, o)) {
      const type = at(b, o + 1);
      const value = o + CANONICAL_HEADER_BYTES;
      const valueEnd = canonicalEnd(b, o);
      if (type === ORIGIN) origin = at(b, value);
      else if (type === AS_PATH) measureAsPath(b, value, valueEnd, facts);
      else if (type === MULTI_EXIT_DISC) {
        med = readUint32(b, value);
        flags |= HAS_MED;
      } else if (type === LOCAL_PREF) localPref = readUint32(b, value);
      else if (type === ORIGINATOR_ID) originatorId = readUint32(b, value);
      else if (type === CLUSTER_LIST) clusterCount = readUint16(b, o + 2) / 4;
      else if (type === ONLY_TO_CUSTOMER) flags |= HAS_OTC;
      else if (type === COMMUNITIES) {
        for (let c = value; c < valueEnd; c += COMMUNITY_BYTES) {
          const community = readUint32(b, c);
          if (community === NO_EXPORT || community === NO_EXPORT_SUBCONFED) flags |= HAS_NO_EXPORT;
          else if (community === NO_ADVERTISE) flags |= HAS_NO_ADVERTISE;
          else if (community === GRACEFUL_SHUTDOWN) isShutdown = true;
          else if (community === LLGR_STALE) flags |= HAS_LLGR_STALE;
          else if (community === NO_LLGR) flags |= HAS_NO_LLGR;
          else if (community === BLACKHOLE) flags |= HAS_BLACKHOLE;
        }
      }
    }
    // RFC 8326 §4.2: a route that is about to go is the last choice. An internal neighbor's own
    // LOCAL_PREF stands; external ones never carry the attribute this far.
    if (localPref === -1) localPref = isShutdown ? 0 : LOCAL_PREF_DEFAULT;
    this.keyA[id] = ~localPref;
    this.keyB[id] = (facts.length << 8) | (origin << 4);
    this.med[id] = med;
    this.neighborAs[id] = facts.first;
    this.originAs[id] = facts.origin;
    this.onlyAs[id] = facts.only;
    this.pathCount[id] = facts.count;
    this.originatorId[id] = originatorId;
    this.clusterCount[id] = clusterCount;
    this.flags[id] = flags;
  }

  private growRows(capacity: number): void {
    this.keyA = grownU32(this.keyA, capacity);
    this.keyB = grownU32(this.keyB, capacity);
    this.med = grownU32(this.med, capacity);
    this.neighborAs = grownU32(this.neighborAs, capacity);
    this.originAs = grownU32(this.originAs, capacity);
    this.onlyAs = grownU32(this.onlyAs, capacity);
    this.pathCount = grownU16(this.pathCount, capacity);
    this.originatorId = grownU32(this.originatorId, capacity);
    this.clusterCount = grownU16(this.clusterCount, capacity);
    this.flags = grownU8(this.flags, capacity);
    this.refs = grownU32(this.refs, capacity);
    this.birth = grownU32(this.birth, capacity);
    this.offset = grownU32(this.offset, capacity);
    this.length = grownU32(this.length, capacity);
    this.hash = grownU32(this.hash, capacity);
    this.granules = grownU16(this.granules, capacity);
  }
}

/** Octets for a store that has so many, and room to grow. */
const roomFor = (bytes: number): number =>
  nextCapacity(Math.max(MIN_GRANULES, bytes / GRANULE_BYTES)) * GRANULE_BYTES;

/** A word at a time; the middle bits are mixed down because the table uses the lowest. */
function hashOf(b: Uint8Array, start: number, end: number, seed: number): number {
  let h = 0x811c9dc5 ^ seed;
  let o = start;
  for (; o + 4 <= end; o += 4) {
    h = Math.imul(
      h ^ (at(b, o) | (at(b, o + 1) << 8) | (at(b, o + 2) << 16) | (at(b, o + 3) << 24)),
      0x9e3779b1,
    );
    h ^= h >>> 15;
  }
  for (; o < end; o++) h = Math.imul(h ^ at(b, o), 0x01000193);
  return (h ^ (h >>> 13)) >>> 0;
}
