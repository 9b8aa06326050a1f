/**
 * The interfaces of the netstack: tunnels, Ethernet ports and next hops on these, as columns.
 *
 * Not standardized; docs/architecture.md §3 "A tunnel is an interface" and §4 "What a packet is".
 *
 * Rows are numbered by interface-numbers.ts, which several netstacks may share: each uses its own rows.
 *
 * Invariants
 * - Counters are plain numbers: 2^53 octets are two years of 1 Gbit/s without a pause; we count no
 *   further exactly.
 * - An interface has at most one link-local address of ours and one of the peer that count: the first.
 *
 * @module
 */
import { assert } from '../base/assert.ts';
import { type IpAddress, isLinkLocal } from '../base/ip-address.ts';
import { type Instant, type InterfaceId, NONE } from '../base/units.ts';
import { INGRESS_CHECKS, IPV6_MTU_MIN, type RoutingPlane } from '../packet/index.ts';
import { INTERFACE_INDEX_BITS } from './constants.ts';
import { type IngressRules, ingressBits } from './ingress-rules.ts';
import { InterfaceNumbers } from './interface-numbers.ts';
import { ADDRESSES_MAX, ICMP_ERRORS_BURST, INTERFACES_MAX } from './limits.ts';

export type InterfaceConfig = {
  readonly mtu: number;
  /** Ours on this link; the first link-local is the one we speak from. */
  readonly addresses: readonly IpAddress[];
  /** The peer's on this link. */
  readonly peerAddresses: readonly IpAddress[];
  /** What it may bring in; absent: anything. */
  readonly ingress?: IngressRules | undefined;
};

export type InterfaceView = {
  readonly rxPackets: number;
  readonly rxBytes: number;
  readonly txPackets: number;
  readonly txBytes: number;
  readonly lastReceived?: Instant;
  /** Packets that the rules for what comes in refused. */
  readonly refusedReversePath: number;
  readonly refusedBogons: number;
};

const INDEX_MASK = (1 << INTERFACE_INDEX_BITS) - 1;

export class Interfaces {
  readonly isUsed = new Uint8Array(INTERFACES_MAX);
  readonly mtu = new Int32Array(INTERFACES_MAX);
  readonly rxPackets = new Float64Array(INTERFACES_MAX);
  readonly rxBytes = new Float64Array(INTERFACES_MAX);
  readonly txPackets = new Float64Array(INTERFACES_MAX);
  readonly txBytes = new Float64Array(INTERFACES_MAX);
  readonly lastReceived = new Float64Array(INTERFACES_MAX);
  /** Tokens for ICMP errors, and when they were counted. */
  readonly errorTokens = new Float64Array(INTERFACES_MAX);
  readonly errorTokensAt = new Float64Array(INTERFACES_MAX);
  /** Ours; all zero when there is none. */
  readonly linkLocal = new Uint8Array(INTERFACES_MAX * 16);
  readonly hasLinkLocal = new Uint8Array(INTERFACES_MAX);
  readonly peerLinkLocal = new Uint8Array(INTERFACES_MAX * 16);
  readonly hasPeerLinkLocal = new Uint8Array(INTERFACES_MAX);
  /** The last source that was not the peer's link-local, and when it was told. */
  readonly mismatch = new Uint8Array(INTERFACES_MAX * 16);
  readonly mismatchAt = new Float64Array(INTERFACES_MAX);
  /** INGRESS_CHECKS, and how many packets failed them. */
  readonly ingress = new Uint8Array(INTERFACES_MAX);
  readonly refusedReversePath = new Float64Array(INTERFACES_MAX);
  readonly refusedBogons = new Float64Array(INTERFACES_MAX);
  /** The row of the Ethernet port it leaves by, which is its own for a port; NONE for a tunnel. */
  readonly port = new Int32Array(INTERFACES_MAX);
  private readonly configs = new Map<number, InterfaceConfig>();
  private readonly plane: RoutingPlane | undefined;
  private readonly numbers: InterfaceNumbers;
  /** What the plane is told beside the interface's own rules. */
  private readonly planeChecks: number;

  /** `isSecluded`: the plane forwards nothing from or to these interfaces, it has not their tables. */
  constructor(plane?: RoutingPlane, numbers = new InterfaceNumbers(), isSecluded = false) {
    this.plane = plane;
    this.numbers = numbers;
    this.planeChecks = isSecluded ? INGRESS_CHECKS.secluded : 0;
  }

  /** Whether an id is in use: its row, or NONE. */
  find(id: number): number {
    const index = id & INDEX_MASK;
    if (id < 0 || this.isUsed[index] === 0) return NONE;
    return this.numbers.generation[index] === id >>> INTERFACE_INDEX_BITS ? index : NONE;
  }

  /** Returns the id of a row in use. */
  idOf(index: number): InterfaceId {
    return this.numbers.idOf(index);
  }

  add(config: InterfaceConfig): InterfaceId {
    const index = this.numbers.take();
    this.isUsed[index] = 1;
    this.rxPackets[index] = 0;
    this.rxBytes[index] = 0;
    this.txPackets[index] = 0;
    this.txBytes[index] = 0;
    this.lastReceived[index] = Number.NaN;
    this.refusedReversePath[index] = 0;
    this.refusedBogons[index] = 0;
    this.errorTokens[index] = ICMP_ERRORS_BURST;
    this.errorTokensAt[index] = Number.NEGATIVE_INFINITY;
    this.port[index] = NONE;
    this.put(index, config);
    return this.idOf(index);
  }

  update(index: number, change: Partial<InterfaceConfig>): void {
    this.put(index, { ...this.config(index), ...change });
  }

  remove(index: number): void {
    this.plane?.removeInterface(this.idOf(index));
    this.isUsed[index] = 0;
    this.configs.delete(index);
    this.numbers.release(index);
  }

  config(index: number): InterfaceConfig {
    const config = this.configs.get(index);
    assert(config !== undefined, 'an interface in use has a configuration');
    return config;
  }

  /** Rows in use with their configuration. */
  entries(): IterableIterator<[number, InterfaceConfig]> {
    return this.configs.entries();
  }

  view(index: number): InterfaceView {
    const carried = this.plane?.interfaceTraffic;
    const own = this.lastReceived[index] as number;
    // The plane's zero is "never": a packet has passed here before it carries any.
    const lastReceived = Math.max(own, carried?.lastReceived[index] ?? own) as Instant;
    return {
      rxPackets: (this.rxPackets[index] as number) + (carried?.rxPackets[index] ?? 0),
      rxBytes: (this.rxBytes[index] as number) + (carried?.rxBytes[index] ?? 0),
      txPackets: (this.txPackets[index] as number) + (carried?.txPackets[index] ?? 0),
      txBytes: (this.txBytes[index] as number) + (carried?.txBytes[index] ?? 0),
      ...(Number.isNaN(lastReceived) ? {} : { lastReceived }),
      refusedReversePath: this.refusedReversePath[index] as number,
      refusedBogons: this.refusedBogons[index] as number,
    };
  }

  private put(index: number, config: InterfaceConfig): void {
    assert(config.mtu >= IPV6_MTU_MIN, 'an interface carries at least 1,280 octets');
    assert(config.addresses.length <= ADDRESSES_MAX, 'an interface has a bounded set of addresses');
    this.configs.set(index, config);
    this.mtu[index] = config.mtu;
    this.hasLinkLocal[index] = putLinkLocal(this.linkLocal, index, config.addresses);
    this.hasPeerLinkLocal[index] = putLinkLocal(this.peerLinkLocal, index, config.peerAddresses);
    this.mismatch.fill(0, index * 16, index * 16 + 16);
    this.mismatchAt[index] = Number.NEGATIVE_INFINITY;
    const checks = config.ingress === undefined ? 0 : ingressBits(config.ingress);
    this.ingress[index] = checks;
    this.plane?.setInterface(this.idOf(index), config.mtu, checks | this.planeChecks);
  }
}

function putLinkLocal(column: Uint8Array, index: number, addresses: readonly IpAddress[]): 0 | 1 {
  const address = addresses.find(isLinkLocal);
  if (address === undefined) {
    column.fill(0, index * 16, index * 16 + 16);
    return 0;
  }
  column.set(address.bytes, index * 16);
  return 1;
}
