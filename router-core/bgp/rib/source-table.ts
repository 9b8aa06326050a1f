/**
 * Where paths come from, as the decision sees it: row 0 is this node, every other a neighbor.
 *
 * Not standardized. Columns by source number, because the decision compares paths, not neighbors.
 *
 * @module
 */
import { assert } from '../../base/assert.ts';
import { readUint32 } from '../../base/bytes.ts';
import type { IpAddress } from '../../base/ip-address.ts';
import { NONE } from '../../base/units.ts';
import { grownI32, grownU8, grownU32, u8, u32 } from './columns.ts';
import { SOURCES_MAX } from './limits.ts';

/** The source number of this node's own prefixes. */
export const OWN = 0;
export const NO_SOURCE = 0xffff;
/** In records of the past: a neighbor that was removed since. */
export const FORMER_SOURCE = 0xfffe;

export class SourceTable {
  /** 1: its session is up, its paths take part. */
  isUp: Uint8Array<ArrayBuffer>;
  isExternal: Uint8Array<ArrayBuffer>;
  /** 1: it stands behind other routers; packets go where the next hops of its paths are. */
  isMultihop: Uint8Array<ArrayBuffer>;
  /** 1: what it announces with BLACKHOLE is discarded (RFC 7999). */
  mayBlackhole: Uint8Array<ArrayBuffer>;
  routerId: Uint32Array<ArrayBuffer>;
  /** The interface traffic to this neighbor leaves by. */
  out: Int32Array<ArrayBuffer>;
  private address: Uint32Array<ArrayBuffer>;
  private isUsed: Uint8Array<ArrayBuffer>;

  constructor(capacity = 16) {
    this.isUp = new Uint8Array(capacity);
    this.isExternal = new Uint8Array(capacity);
    this.isMultihop = new Uint8Array(capacity);
    this.mayBlackhole = new Uint8Array(capacity);
    this.routerId = new Uint32Array(capacity);
    this.out = new Int32Array(capacity).fill(NONE);
    this.address = new Uint32Array(capacity * 5);
    this.isUsed = new Uint8Array(capacity);
    this.isUsed[OWN] = 1;
    this.isUp[OWN] = 1;
  }

  add(address: IpAddress, out: number): number {
    let source = 1;
    while (source < this.isUsed.length && u8(this.isUsed, source) === 1) source++;
    assert(source < SOURCES_MAX, 'there are fewer neighbors than source numbers');
    if (source === this.isUsed.length) this.grow(source * 2);
    this.isUsed[source] = 1;
    this.isUp[source] = 0;
    this.isExternal[source] = 1;
    this.isMultihop[source] = 0;
    this.mayBlackhole[source] = 0;
    this.routerId[source] = 0;
    this.out[source] = out;
    this.setAddress(source, address);
    return source;
  }

  remove(source: number): void {
    this.isUsed[source] = 0;
    this.isUp[source] = 0;
  }

  setAddress(source: number, address: IpAddress): void {
    const o = source * 5;
    this.address[o] = address.family;
    for (let i = 0; i < 4; i++) {
      this.address[o + 1 + i] = i * 4 < address.bytes.length ? readUint32(address.bytes, i * 4) : 0;
    }
  }

  /** Negative when the address of `x` is the lower one. */
  compareAddresses(x: number, y: number): number {
    for (let i = 0; i < 5; i++) {
      const a = u32(this.address, x * 5 + i);
      const b = u32(this.address, y * 5 + i);
      if (a !== b) return a < b ? -1 : 1;
    }
    return 0;
  }

  private grow(capacity: number): void {
    this.isUp = grownU8(this.isUp, capacity);
    this.isExternal = grownU8(this.isExternal, capacity);
    this.isMultihop = grownU8(this.isMultihop, capacity);
    this.mayBlackhole = grownU8(this.mayBlackhole, capacity);
    this.routerId = grownU32(this.routerId, capacity);
    this.out = grownI32(this.out, capacity);
    this.address = grownU32(this.address, capacity * 5);
    this.isUsed = grownU8(this.isUsed, capacity);
  }
}
