/**
 * Which flooded packets were here already.
 *
 * Standard: EtherGuard, etherguard-go v0.3.5 (`device/receive.go`, DupData): known by the CRC-32C of what follows
 * the header of node numbers, padding included. Every sighting renews the memory.
 *
 *   oldest ◄─► … ◄─► newest     in order of the last sighting; the hash leads to rows of this list
 *
 * Invariants
 * - A row in use is in exactly one chain and in the list once.
 * - Nothing is allocated after construction; when full the oldest goes.
 *
 * @module
 */
import { type Instant, type Milliseconds, NONE } from '../../base/units.ts';
import { crc32c } from './crc32c.ts';
import { DUPLICATES_MAX } from './limits.ts';

/** Odd, so that multiplication by it loses nothing. */
const MULTIPLIER = 0x9e3779b1;

export class DuplicateCache {
  private readonly timeout: Milliseconds;
  private readonly salt: number;
  private readonly capacity: number;
  private readonly keys: Int32Array;
  private readonly seenAt: Float64Array;
  private readonly nextInBucket: Int32Array;
  private readonly buckets: Int32Array;
  private readonly older: Int32Array;
  private readonly newer: Int32Array;
  private oldest = NONE;
  private newest = NONE;
  private count = 0;

  /**
   * A timeout of 0 or less turns the check off. `salt` is random: a CRC can be chosen, where it is kept cannot.
   * The capacity is a power of two.
   */
  constructor(timeout: Milliseconds, salt: number, capacity = DUPLICATES_MAX) {
    this.timeout = timeout;
    this.salt = salt;
    this.capacity = capacity;
    this.keys = new Int32Array(capacity);
    this.seenAt = new Float64Array(capacity);
    this.nextInBucket = new Int32Array(capacity).fill(NONE);
    this.buckets = new Int32Array(capacity).fill(NONE);
    this.older = new Int32Array(capacity).fill(NONE);
    this.newer = new Int32Array(capacity).fill(NONE);
  }

  /** Whether the octets from `start` to `end` were seen within the timeout; they are now. */
  isDuplicate(b: Uint8Array, start: number, end: number, now: Instant): boolean {
    if (this.timeout <= 0) return false;
    const key = crc32c(b, start, end);
    const row = this.find(key);
    if (row === NONE) {
      this.add(key, now);
      return false;
    }
    const isDuplicate = now - (this.seenAt[row] as number) <= this.timeout;
    this.seenAt[row] = now;
    this.unlink(row);
    this.append(row);
    return isDuplicate;
  }

  private bucketOf(key: number): number {
    const hash = Math.imul(key ^ this.salt, MULTIPLIER);
    return (hash ^ (hash >>> 16)) & (this.capacity - 1);
  }

  private find(key: number): number {
    let row = this.buckets[this.bucketOf(key)] as number;
    while (row !== NONE && this.keys[row] !== key) row = this.nextInBucket[row] as number;
    return row;
  }

  private add(key: number, now: Instant): void {
    const row = this.count < this.capacity ? this.count++ : this.takeOldest();
    const bucket = this.bucketOf(key);
    this.keys[row] = key;
    this.seenAt[row] = now;
    this.nextInBucket[row] = this.buckets[bucket] as number;
    this.buckets[bucket] = row;
    this.append(row);
  }

  private takeOldest(): number {
    const row = this.oldest;
    const bucket = this.bucketOf(this.keys[row] as number);
    if (this.buckets[bucket] === row) this.buckets[bucket] = this.nextInBucket[row] as number;
    else {
      let before = this.buckets[bucket] as number;
      while (this.nextInBucket[before] !== row) before = this.nextInBucket[before] as number;
      this.nextInBucket[before] = this.nextInBucket[row] as number;
    }
    this.unlink(row);
    return row;
  }

  private append(row: number): void {
    this.older[row] = this.newest;
    this.newer[row] = NONE;
    if (this.newest === NONE) this.oldest = row;
    else this.newer[this.newest] = row;
    this.newest = row;
  }

  private unlink(row: number): void {
    const older = this.older[row] as number;
    const newer = this.newer[row] as number;
    if (older === NONE) this.oldest = newer;
    else this.newer[older] = newer;
    if (newer === NONE) this.newest = older;
    else this.older[newer] = older;
  }
}
