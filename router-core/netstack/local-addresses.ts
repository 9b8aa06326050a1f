/**
 * Which destinations are ours: asked once for every packet.
 *
 * Standard: RFC 1122 §3.3.4.2, the weak model: an address of the node or of any interface is ours
 * whichever interface a packet comes in by. Only a link-local address belongs to its link (RFC 4007 §9).
 *
 * A hash table of words with open addressing, made again at the first question after a change.
 *
 *   entry │ scope │ four words of the address │   scope: interface of a link-local, or a family
 *
 * Invariant: at most half of the entries are in use, so every probe ends.
 *
 * @module
 */
import { assert } from '../base/assert.ts';
import { readInt32 } from '../base/bytes.ts';
import type { IpAddress } from '../base/ip-address.ts';
import { isIpv6LinkLocal, type RoutingPlane } from '../packet/index.ts';
import type { Interfaces } from './interfaces.ts';
import { ADDRESSES_MAX } from './limits.ts';

const EMPTY = 0;
const SCOPE_IPV4 = 1;
const SCOPE_IPV6 = 2;
/** A link-local of the interface with index n has scope n plus this. */
const SCOPE_LINK = 3;
const ENTRY_WORDS = 5;

export class LocalAddresses {
  private readonly interfaces: Interfaces;
  private readonly plane: RoutingPlane | undefined;
  private node: readonly IpAddress[] = [];
  private entries = new Int32Array(16 * ENTRY_WORDS);
  private mask = 15;
  private isStale = false;

  constructor(interfaces: Interfaces, plane?: RoutingPlane) {
    this.interfaces = interfaces;
    this.plane = plane;
  }

  /** Makes the table again when it changed, so that the plane has it before anybody asks here. */
  refresh(): void {
    if (this.isStale) this.rebuild();
  }

  /** The node's own addresses, in order of preference. */
  get nodeAddresses(): readonly IpAddress[] {
    return this.node;
  }

  setNodeAddresses(addresses: readonly IpAddress[]): void {
    assert(addresses.length <= ADDRESSES_MAX, 'a node has a bounded set of addresses');
    this.node = addresses;
    this.isStale = true;
  }

  /** An interface came, went or changed. */
  interfacesChanged(): void {
    this.isStale = true;
  }

  isLocal4(b: Uint8Array, offset: number): boolean {
    if (this.isStale) this.rebuild();
    return this.find(SCOPE_IPV4, readInt32(b, offset), 0, 0, 0);
  }

  /** `index` is the interface the packet came in by; it counts for link-local addresses only. */
  isLocal6(b: Uint8Array, offset: number, index: number): boolean {
    if (this.isStale) this.rebuild();
    return this.find(
      isIpv6LinkLocal(b, offset) ? SCOPE_LINK + index : SCOPE_IPV6,
      readInt32(b, offset),
      readInt32(b, offset + 4),
      readInt32(b, offset + 8),
      readInt32(b, offset + 12),
    );
  }

  private find(scope: number, w0: number, w1: number, w2: number, w3: number): boolean {
    const entries = this.entries;
    for (let i = hash(scope, w0, w1, w2, w3) & this.mask; ; i = (i + 1) & this.mask) {
      const entry = i * ENTRY_WORDS;
      const found = entries[entry];
      if (found === EMPTY) return false;
      if (
        found === scope &&
        entries[entry + 4] === w3 &&
        entries[entry + 3] === w2 &&
        entries[entry + 2] === w1 &&
        entries[entry + 1] === w0
      ) {
        return true;
      }
    }
  }

  private rebuild(): void {
    this.isStale = false;
    let count = this.node.length;
    for (const [, config] of this.interfaces.entries()) count += config.addresses.length;
    let capacity = 16;
    while (capacity < 2 * count) capacity *= 2;
    this.entries = new Int32Array(capacity * ENTRY_WORDS);
    this.mask = capacity - 1;
    for (const address of this.node) this.insert(address, 0);
    for (const [index, config] of this.interfaces.entries()) {
      for (const address of config.addresses) this.insert(address, index);
    }
    this.plane?.setLocalAddresses(this.entries, this.mask);
  }

  private insert(address: IpAddress, index: number): void {
    const b = address.bytes;
    const is4 = address.family === 4;
    const w0 = readInt32(b, 0);
    const w1 = is4 ? 0 : readInt32(b, 4);
    const w2 = is4 ? 0 : readInt32(b, 8);
    const w3 = is4 ? 0 : readInt32(b, 12);
    const scope = is4 ? SCOPE_IPV4 : isIpv6LinkLocal(b, 0) ? SCOPE_LINK + index : SCOPE_IPV6;
    if (this.find(scope, w0, w1, w2, w3)) return;
    let i = hash(scope, w0, w1, w2, w3) & this.mask;
    while (this.entries[i * ENTRY_WORDS] !== EMPTY) i = (i + 1) & this.mask;
    this.entries.set([scope, w0, w1, w2, w3], i * ENTRY_WORDS);
  }
}

function hash(scope: number, w0: number, w1: number, w2: number, w3: number): number {
  let mixed = Math.imul(w3 ^ Math.imul(scope, 0x9e3779b1), 0x85ebca6b) ^ w2;
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35) ^ w1;
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0x27d4eb2f) ^ w0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x165667b1);
  return mixed ^ (mixed >>> 15);
}
