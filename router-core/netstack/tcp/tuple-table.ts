/**
 * Finds what belongs to a packet's tuple, without making an object of the tuple.
 *
 * Not standardized. A hash with a secret seed over 32-bit words; the bounds of limits.ts keep chains
 * short even for somebody who guesses it.
 *
 * @module
 */
import { assert } from '../../base/assert.ts';
import { readUint32 } from '../../base/bytes.ts';
import type { TcpTuple } from './contract.ts';

export class TupleTable<Entry extends { readonly tuple: TcpTuple }> {
  private readonly seed: number;
  private readonly buckets = new Map<number, Entry[]>();
  private count = 0;

  constructor(seed: number) {
    this.seed = seed;
  }

  get size(): number {
    return this.count;
  }

  /** Returns the entry of the tuple whose addresses of `length` octets stand in `b`. */
  find(
    inInterface: number,
    b: Uint8Array,
    length: number,
    localAt: number,
    localPort: number,
    remoteAt: number,
    remotePort: number,
  ): Entry | undefined {
    if (this.count === 0) return undefined;
    let hash = this.mix(this.seed, inInterface);
    hash = this.mix(hash, (localPort << 16) | remotePort);
    hash = this.mixAddress(hash, b, localAt, length);
    hash = this.mixAddress(hash, b, remoteAt, length);
    const bucket = this.buckets.get(hash);
    if (bucket === undefined) return undefined;
    for (const entry of bucket) {
      const tuple = entry.tuple;
      if (
        tuple.interface === inInterface &&
        tuple.localPort === localPort &&
        tuple.remotePort === remotePort &&
        equalsAt(tuple.local.bytes, b, localAt, length) &&
        equalsAt(tuple.remote.bytes, b, remoteAt, length)
      )
        return entry;
    }
    return undefined;
  }

  findTuple(tuple: TcpTuple): Entry | undefined {
    const bucket = this.buckets.get(this.hashOf(tuple));
    return bucket?.find((entry) => isSameTuple(entry.tuple, tuple));
  }

  add(entry: Entry): void {
    assert(this.findTuple(entry.tuple) === undefined, 'a tuple has one entry');
    const hash = this.hashOf(entry.tuple);
    const bucket = this.buckets.get(hash);
    if (bucket === undefined) this.buckets.set(hash, [entry]);
    else bucket.push(entry);
    this.count++;
  }

  remove(entry: Entry): void {
    const hash = this.hashOf(entry.tuple);
    const bucket = this.buckets.get(hash) ?? [];
    const i = bucket.indexOf(entry);
    assert(i !== -1, 'an entry is removed once');
    bucket.splice(i, 1);
    if (bucket.length === 0) this.buckets.delete(hash);
    this.count--;
  }

  *entries(): IterableIterator<Entry> {
    for (const bucket of this.buckets.values()) yield* bucket;
  }

  private hashOf(tuple: TcpTuple): number {
    let hash = this.mix(this.seed, tuple.interface);
    hash = this.mix(hash, (tuple.localPort << 16) | tuple.remotePort);
    hash = this.mixAddress(hash, tuple.local.bytes, 0, tuple.local.bytes.length);
    return this.mixAddress(hash, tuple.remote.bytes, 0, tuple.remote.bytes.length);
  }

  private mixAddress(hash: number, b: Uint8Array, at: number, length: number): number {
    for (let i = 0; i < length; i += 4) hash = this.mix(hash, readUint32(b, at + i));
    return hash;
  }

  private mix(hash: number, word: number): number {
    const mixed = Math.imul(hash ^ word, 0x9e3779b1);
    return mixed ^ (mixed >>> 15);
  }
}

function isSameTuple(a: TcpTuple, b: TcpTuple): boolean {
  return (
    a.interface === b.interface &&
    a.localPort === b.localPort &&
    a.remotePort === b.remotePort &&
    a.local.bytes.length === b.local.bytes.length &&
    equalsAt(a.local.bytes, b.local.bytes, 0, b.local.bytes.length) &&
    equalsAt(a.remote.bytes, b.remote.bytes, 0, b.remote.bytes.length)
  );
}

function equalsAt(address: Uint8Array, b: Uint8Array, at: number, length: number): boolean {
  if (address.length !== length) return false;
  for (let i = 0; i < length; i++) if (address[i] !== b[at + i]) return false;
  return true;
}
