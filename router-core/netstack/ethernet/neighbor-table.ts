/**
 * The rows of a neighbor cache: who is known, who is asked for, which packets wait. Columns, no behavior in time.
 *
 * Standard: RFC 4861 §5.1 (the conceptual neighbor cache).
 *
 *   address, 16 octets ─► hash ─► row │ state │ link-layer address │ deadlines │ waiting packets │
 *
 * An IPv4 address stands as ::ffff:a.b.c.d (RFC 4291 §2.5.5.2), which no packet carries.
 *
 * Invariants
 * - A row in use is in exactly one chain; `used`, `unresolved` and `waiting` are the sums of the columns.
 * - Only a row in INCOMPLETE has packets that wait.
 *
 * @module
 */
import { assert } from '../../base/assert.ts';
import { readInt32, writeUint32 } from '../../base/bytes.ts';
import type { IpFamily } from '../../base/ip-address.ts';
import { MAC_ADDRESS_BYTES } from '../../base/mac-address.ts';
import { NONE, type PacketSlot } from '../../base/units.ts';
import { NEIGHBORS_PER_PORT, WAITING_PER_NEIGHBOR } from './limits.ts';

/** States of RFC 4861 §7.3.2 in a column; FREE is a row nobody uses. */
export const FREE = 0;
export const INCOMPLETE = 1;
export const REACHABLE = 2;
export const STALE = 3;
export const DELAY = 4;
export const PROBE = 5;

const BUCKETS = 2048;
const IPV4_MAPPED = 0xffff;

export class NeighborTable {
  readonly state = new Uint8Array(NEIGHBORS_PER_PORT);
  /** 16 octets of address per row. */
  readonly address = new Uint8Array(NEIGHBORS_PER_PORT * 16);
  readonly linkAddress = new Uint8Array(NEIGHBORS_PER_PORT * MAC_ADDRESS_BYTES);
  /** Solicitations sent in this state. */
  readonly solicitations = new Uint8Array(NEIGHBORS_PER_PORT);
  /** The interface whose packet asked first; NONE for our own packets. */
  readonly askedBy = new Int32Array(NEIGHBORS_PER_PORT);
  /** When the row was made, last used, last confirmed until, and when its link-layer address changed. */
  readonly createdAt = new Float64Array(NEIGHBORS_PER_PORT);
  readonly usedAt = new Float64Array(NEIGHBORS_PER_PORT);
  readonly reachableUntil = new Float64Array(NEIGHBORS_PER_PORT);
  readonly changedAt = new Float64Array(NEIGHBORS_PER_PORT);
  readonly isRouter = new Uint8Array(NEIGHBORS_PER_PORT);
  readonly waitingCount = new Uint8Array(NEIGHBORS_PER_PORT);
  /** Rows in use, rows in INCOMPLETE, packets that wait. */
  used = 0;
  unresolved = 0;
  waiting = 0;
  private readonly queue = new Int32Array(NEIGHBORS_PER_PORT * WAITING_PER_NEIGHBOR);
  private readonly buckets = new Int32Array(BUCKETS).fill(NONE);
  private readonly next = new Int32Array(NEIGHBORS_PER_PORT).fill(NONE);
  private readonly free: number[] = [];
  private untouched = 0;

  /** Returns the row of an address, or NONE. */
  find(family: IpFamily, b: Uint8Array, i: number): number {
    const isIpv6 = family === 6;
    const w0 = isIpv6 ? readInt32(b, i) : 0;
    const w1 = isIpv6 ? readInt32(b, i + 4) : 0;
    const w2 = isIpv6 ? readInt32(b, i + 8) : IPV4_MAPPED;
    const w3 = isIpv6 ? readInt32(b, i + 12) : readInt32(b, i);
    let row = this.buckets[bucketOf(w0, w1, w2, w3)] as number;
    while (row !== NONE && !this.holds(row, w0, w1, w2, w3)) row = this.next[row] as number;
    return row;
  }

  get isFull(): boolean {
    return this.used === NEIGHBORS_PER_PORT;
  }

  familyOf(row: number): IpFamily {
    const i = row * 16;
    const isMapped =
      readInt32(this.address, i) === 0 &&
      readInt32(this.address, i + 4) === 0 &&
      readInt32(this.address, i + 8) === IPV4_MAPPED;
    return isMapped ? 4 : 6;
  }

  /** Where the octets of the row's address begin in `address`: four or sixteen. */
  addressAt(row: number): number {
    return row * 16 + (this.familyOf(row) === 4 ? 12 : 0);
  }

  /** Makes a row in INCOMPLETE for an address that has none; there is room. */
  add(family: IpFamily, b: Uint8Array, i: number, askedBy: number, now: number): number {
    const row = this.free.pop() ?? this.untouched++;
    assert(row < NEIGHBORS_PER_PORT, 'a neighbor table has room for one more');
    const at = row * 16;
    if (family === 4) {
      this.address.fill(0, at, at + 8);
      writeUint32(this.address, at + 8, IPV4_MAPPED);
      for (let k = 0; k < 4; k++) this.address[at + 12 + k] = b[i + k] as number;
    } else {
      for (let k = 0; k < 16; k++) this.address[at + k] = b[i + k] as number;
    }
    const bucket = this.bucketOfRow(row);
    this.next[row] = this.buckets[bucket] as number;
    this.buckets[bucket] = row;
    this.state[row] = INCOMPLETE;
    this.solicitations[row] = 0;
    this.askedBy[row] = askedBy;
    this.createdAt[row] = now;
    this.usedAt[row] = now;
    this.reachableUntil[row] = Number.NEGATIVE_INFINITY;
    this.changedAt[row] = Number.NEGATIVE_INFINITY;
    this.isRouter[row] = 0;
    this.waitingCount[row] = 0;
    this.used++;
    this.unresolved++;
    return row;
  }

  setState(row: number, state: number): void {
    if (this.state[row] === INCOMPLETE && state !== INCOMPLETE) this.unresolved--;
    this.state[row] = state;
  }

  /** Frees a row whose packets were taken. */
  remove(row: number): void {
    assert(this.waitingCount[row] === 0, 'a row that goes has no packets');
    if (this.state[row] === INCOMPLETE) this.unresolved--;
    this.state[row] = FREE;
    this.used--;
    const bucket = this.bucketOfRow(row);
    if (this.buckets[bucket] === row) this.buckets[bucket] = this.next[row] as number;
    else {
      let before = this.buckets[bucket] as number;
      while (this.next[before] !== row) before = this.next[before] as number;
      this.next[before] = this.next[row] as number;
    }
    this.free.push(row);
  }

  /** Appends a packet; there is room in the row's queue. */
  enqueue(row: number, slot: PacketSlot): void {
    const count = this.waitingCount[row] as number;
    assert(count < WAITING_PER_NEIGHBOR, 'a queue has room for one more');
    this.queue[row * WAITING_PER_NEIGHBOR + count] = slot;
    this.waitingCount[row] = count + 1;
    this.waiting++;
  }

  /** Takes the packet that waits longest, or NONE. */
  dequeue(row: number): PacketSlot {
    const count = this.waitingCount[row] as number;
    if (count === 0) return NONE as PacketSlot;
    const first = row * WAITING_PER_NEIGHBOR;
    const slot = this.queue[first] as PacketSlot;
    this.queue.copyWithin(first, first + 1, first + count);
    this.waitingCount[row] = count - 1;
    this.waiting--;
    return slot;
  }

  /** The row in STALE that was used longest ago, or NONE; `isStale` knows which have become so. */
  oldestStale(isStale: (row: number) => boolean): number {
    let oldest = NONE;
    for (let row = 0; row < this.untouched; row++) {
      if (this.state[row] === FREE || !isStale(row)) continue;
      if (oldest === NONE || (this.usedAt[row] as number) < (this.usedAt[oldest] as number))
        oldest = row;
    }
    return oldest;
  }

  /** The oldest row in INCOMPLETE of those an interface asked for (of all: undefined), and their number. */
  oldestUnresolved(askedBy?: number): { readonly row: number; readonly count: number } {
    let oldest = NONE;
    let count = 0;
    for (let row = 0; row < this.untouched; row++) {
      if (this.state[row] !== INCOMPLETE) continue;
      if (askedBy !== undefined && this.askedBy[row] !== askedBy) continue;
      count++;
      if (oldest === NONE || (this.createdAt[row] as number) < (this.createdAt[oldest] as number))
        oldest = row;
    }
    return { row: oldest, count };
  }

  /** Rows in use. */
  *rows(): IterableIterator<number> {
    for (let row = 0; row < this.untouched; row++) if (this.state[row] !== FREE) yield row;
  }

  private bucketOfRow(row: number): number {
    const i = row * 16;
    const { address } = this;
    return bucketOf(
      readInt32(address, i),
      readInt32(address, i + 4),
      readInt32(address, i + 8),
      readInt32(address, i + 12),
    );
  }

  private holds(row: number, w0: number, w1: number, w2: number, w3: number): boolean {
    const i = row * 16;
    const { address } = this;
    return (
      readInt32(address, i + 12) === w3 &&
      readInt32(address, i + 8) === w2 &&
      readInt32(address, i + 4) === w1 &&
      readInt32(address, i) === w0
    );
  }
}

function bucketOf(w0: number, w1: number, w2: number, w3: number): number {
  let mixed = Math.imul(w3, 0x85ebca6b) ^ w2;
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35) ^ w1;
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0x27d4eb2f) ^ w0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x165667b1);
  return (mixed ^ (mixed >>> 15)) & (BUCKETS - 1);
}
