/**
 * Which node a MAC address is behind.
 *
 * Standard: EtherGuard, etherguard-go v0.3.5 (`device/receive.go`, the L2 FIB); learning as in IEEE 802.1Q §8.7.
 *
 * Learnt from the source of frames that were delivered here; a later frame from elsewhere moves it. Every
 * `timeout` a sweep takes out what was not heard of for as long, so an entry lives one to two of them.
 *
 * Members of a mesh are not trusted to have few addresses. A node has at most so many, and what it may
 * take from others ends before their reserve (limits.ts). An address that is not learnt is reached by
 * broadcast.
 *
 * Invariants
 * - An address has one row at most; a row in use is in exactly one chain.
 * - A frame of a known address neither allocates nor changes a chain.
 *
 * @module
 */
import { readInt32, readUint16, writeUint16, writeUint32 } from '../../base/bytes.ts';
import { isGroupMacAddress, type MacAddress, readMacAddress } from '../../base/mac-address.ts';
import { type Instant, instant, type Milliseconds, NONE } from '../../base/units.ts';
import { NO_NODE, type NodeNumber } from '../node-number.ts';
import { MAC_ADDRESSES_MAX, MAC_ADDRESSES_PER_NODE_MAX, MAC_ADDRESSES_RESERVED } from './limits.ts';

export type MacEntry = {
  readonly address: MacAddress;
  readonly node: NodeNumber;
  readonly heardAt: Instant;
};

const BUCKETS = 32_768;
const NODE_NUMBERS = 65_536;
const ROW_BYTES = 8;
/** Below this, in milliseconds, entries stay for ever: the original's 0.01 s. */
const LEAST_TIMEOUT_MS = 10;
/** Odd, so that multiplication by it loses nothing. */
const MULTIPLIER = 0x9e3779b1;

export class MacTable {
  private readonly timeout: Milliseconds;
  private readonly salt: number;
  private sweepAt: number;
  /** Six octets each, and two that are not used. */
  private readonly addresses = new Uint8Array(MAC_ADDRESSES_MAX * ROW_BYTES);
  private readonly nodes = new Uint16Array(MAC_ADDRESSES_MAX).fill(NO_NODE);
  private readonly heardAt = new Float64Array(MAC_ADDRESSES_MAX);
  private readonly next = new Int32Array(MAC_ADDRESSES_MAX).fill(NONE);
  private readonly buckets = new Int32Array(BUCKETS).fill(NONE);
  private readonly countOf = new Uint16Array(NODE_NUMBERS);
  private readonly vacant: number[] = [];
  private untouched = 0;
  /** Rows of nodes beyond their reserve. */
  private shared = 0;

  /** `salt` is random: who does not know it cannot choose addresses that share a bucket. */
  constructor(timeout: Milliseconds, salt: number, now: Instant) {
    this.timeout = timeout;
    this.salt = salt;
    this.sweepAt = timeout > LEAST_TIMEOUT_MS ? now + timeout : Number.POSITIVE_INFINITY;
  }

  /** Returns the node behind the address at `i`, NO_NODE when it is a group's or not known. */
  find(b: Uint8Array, i: number): NodeNumber {
    if (isGroupMacAddress(b, i)) return NO_NODE;
    const row = this.rowOf(b, i);
    return (row === NONE ? NO_NODE : this.nodes[row]) as NodeNumber;
  }

  /** Notes that the address at `i` was the source of a frame from `node`. */
  learn(b: Uint8Array, i: number, node: NodeNumber, now: Instant): void {
    if (isGroupMacAddress(b, i)) return;
    const row = this.rowOf(b, i);
    if (row === NONE) this.add(b, i, node, now);
    else if (this.nodes[row] === node) this.heardAt[row] = now;
    else this.move(row, node, now);
  }

  /** When to call `tick`, or undefined when entries stay for ever. */
  nextDeadline(): Instant | undefined {
    return this.sweepAt === Number.POSITIVE_INFINITY ? undefined : instant(this.sweepAt);
  }

  /** Takes out what was not heard of for a timeout, once per timeout. */
  tick(now: Instant): void {
    if (now < this.sweepAt) return;
    this.sweepAt = now + this.timeout;
    for (let row = 0; row < this.untouched; row++)
      if (this.nodes[row] !== NO_NODE && now - (this.heardAt[row] as number) > this.timeout)
        this.remove(row);
  }

  get size(): number {
    return this.untouched - this.vacant.length;
  }

  /** Returns all entries, for people. */
  *entries(): Generator<MacEntry> {
    for (let row = 0; row < this.untouched; row++) {
      const node = this.nodes[row] as NodeNumber;
      if (node === NO_NODE) continue;
      const address = readMacAddress(this.addresses, row * ROW_BYTES);
      yield { address, node, heardAt: instant(this.heardAt[row] as number) };
    }
  }

  private rowOf(b: Uint8Array, i: number): number {
    let row = this.buckets[this.bucketOf(b, i)] as number;
    while (row !== NONE && !this.holds(row, b, i)) row = this.next[row] as number;
    return row;
  }

  private bucketOf(b: Uint8Array, i: number): number {
    let hash = Math.imul(readInt32(b, i) ^ this.salt, MULTIPLIER);
    hash = Math.imul(hash ^ (hash >>> 15) ^ readUint16(b, i + 4), MULTIPLIER);
    return (hash ^ (hash >>> 16)) & (BUCKETS - 1);
  }

  private holds(row: number, b: Uint8Array, i: number): boolean {
    const at = row * ROW_BYTES;
    return (
      readInt32(this.addresses, at) === readInt32(b, i) &&
      readUint16(this.addresses, at + 4) === readUint16(b, i + 4)
    );
  }

  private mayHaveMore(node: NodeNumber): boolean {
    const count = this.countOf[node] as number;
    if (count < MAC_ADDRESSES_RESERVED) return this.size < MAC_ADDRESSES_MAX;
    return count < MAC_ADDRESSES_PER_NODE_MAX && this.shared < MAC_ADDRESSES_MAX / 2;
  }

  private count(node: NodeNumber, by: 1 | -1): void {
    const before = this.countOf[node] as number;
    this.countOf[node] = before + by;
    if (Math.max(before, before + by) > MAC_ADDRESSES_RESERVED) this.shared += by;
  }

  private add(b: Uint8Array, i: number, node: NodeNumber, now: Instant): void {
    if (!this.mayHaveMore(node)) return;
    const row = this.vacant.pop() ?? this.untouched++;
    const at = row * ROW_BYTES;
    writeUint32(this.addresses, at, readInt32(b, i));
    writeUint16(this.addresses, at + 4, readUint16(b, i + 4));
    const bucket = this.bucketOf(b, i);
    this.next[row] = this.buckets[bucket] as number;
    this.buckets[bucket] = row;
    this.nodes[row] = node;
    this.heardAt[row] = now;
    this.count(node, 1);
  }

  /** A node that has too many loses the address to nobody: it is not where it was. */
  private move(row: number, node: NodeNumber, now: Instant): void {
    if (!this.mayHaveMore(node)) {
      this.remove(row);
      return;
    }
    this.count(this.nodes[row] as NodeNumber, -1);
    this.count(node, 1);
    this.nodes[row] = node;
    this.heardAt[row] = now;
  }

  private remove(row: number): void {
    const bucket = this.bucketOf(this.addresses, row * ROW_BYTES);
    if (this.buckets[bucket] === row) this.buckets[bucket] = this.next[row] as number;
    else {
      let before = this.buckets[bucket] as number;
      while (this.next[before] !== row) before = this.next[before] as number;
      this.next[before] = this.next[row] as number;
    }
    this.count(this.nodes[row] as NodeNumber, -1);
    this.nodes[row] = NO_NODE;
    this.vacant.push(row);
  }
}
