/**
 * The router worker's side of the shared memory: it writes the tables of its bank, and nothing else.
 *
 * Not standardized; packet/plane-layout.ts says what stands where and who may write it.
 *
 * A record is made visible by its last store, which is atomic: key pairs by their state, interfaces by
 * their id, endpoints by an even sequence number.
 *
 * Invariants
 * - Keys are overwritten when their pair goes, and when a bank is given up.
 * - A bank is empty when a router worker begins with it.
 *
 * @module
 */
import { assert } from '../base/assert.ts';
import { readInt32 } from '../base/bytes.ts';
import { type Instant, type InterfaceId, NONE, type PeerId } from '../base/units.ts';
import type {
  ForwardingPlane,
  PlaneInterfaceTraffic,
  PlanePeer,
} from '../packet/forwarding-plane.ts';
import * as L from '../packet/plane-layout.ts';
import { emptyBank } from './empty-bank.ts';
import { MeshTables } from './mesh-tables.ts';
import { type EndpointListener, TransportTables, TUNNEL_PART } from './transport-tables.ts';

/** Rows of the key-pair table are found by the lower bits of an index (wireguard/key-pair-table.ts). */
const rowMask = (rows: number): number => 2 ** Math.max(1, Math.ceil(Math.log2(rows))) - 1;

export class SharedPlane extends TransportTables implements ForwardingPlane {
  readonly interfaceTraffic: PlaneInterfaceTraffic;
  /** The part of the node's mesh device. */
  readonly mesh: MeshTables;

  /** Takes a bank, empties it and makes it the youngest; `keyPairRows` as in the key-pair table of either device. */
  constructor(
    buffer: SharedArrayBuffer,
    number: number,
    keyPairRows: number,
    endpointChanged: EndpointListener = () => undefined,
  ) {
    assert(keyPairRows <= L.KEY_PAIR_ROWS_MAX, 'the shared table has a record for every key pair');
    super(buffer, number, TUNNEL_PART, endpointChanged);
    emptyBank(buffer, number);
    this.interfaceTraffic = {
      lastReceived: this.interfaceColumn(L.BANK_INTERFACE_LAST_RECEIVED),
      rxBytes: this.interfaceColumn(L.BANK_INTERFACE_RX_BYTES),
      rxPackets: this.interfaceColumn(L.BANK_INTERFACE_RX_PACKETS),
      txBytes: this.interfaceColumn(L.BANK_INTERFACE_TX_BYTES),
      txPackets: this.interfaceColumn(L.BANK_INTERFACE_TX_PACKETS),
    };
    this.mesh = new MeshTables(buffer, number, endpointChanged, this.transmits);
    this.setWord(this.base + L.BANK_KEY_PAIR_MASK, rowMask(keyPairRows));
    // Until the first table is published every destination may be ours.
    this.publish(this.base + L.BANK_LOCAL_COPY, NONE);
    this.publish(L.CONTROL_BANK, number);
  }

  /** From now on packets are routed by this bank. */
  goLive(): void {
    this.publish(L.CONTROL_FORWARDING, this.number);
  }

  setPeer(peer: PeerId, config: PlanePeer): void {
    const at = this.peerAt(peer);
    const known = this.word(at + L.PEER_FLAGS);
    const isNew = this.writePeer(peer, config);
    this.setWord(at + L.PEER_INTERFACE, config.interface);
    const flags =
      L.PEER_FLAG_USED |
      // The router hears of the first packet of a tunnel.
      (isNew ? L.PEER_FLAG_PUNT : known & L.PEER_FLAG_PUNT) |
      (known & L.PEER_FLAG_ENDPOINT) |
      (config.allowsAll4 ? L.PEER_FLAG_ALLOWS_IPV4 : 0) |
      (config.allowsAll6 ? L.PEER_FLAG_ALLOWS_IPV6 : 0) |
      (config.isObfuscated ? L.PEER_FLAG_OBFUSCATED : 0) |
      (config.padsContents ? L.PEER_FLAG_PADDED : 0) |
      this.checksOf(config.interface);
    this.publish(at + L.PEER_FLAGS, flags);
    this.tie(config.interface, peer);
    if ((flags & L.PEER_FLAG_SECLUDED) !== 0) this.secludeFormer(readInt32(config.publicKey, 0));
  }

  override removePeer(peer: PeerId): void {
    const id = this.word(this.peerAt(peer) + L.PEER_INTERFACE) as InterfaceId;
    super.removePeer(peer);
    this.tie(id, NONE);
  }

  override hasCaughtUp(now: Instant): boolean {
    return super.hasCaughtUp(now) && this.mesh.hasCaughtUp(now);
  }

  setInterface(id: InterfaceId, mtu: number, checks: number): void {
    const at = this.interfaceAt(id);
    const isNew = this.word(at + L.INTERFACE_ID) !== id;
    const others = isNew ? 0 : this.word(at + L.INTERFACE_FLAGS) & ~L.INTERFACE_CHECKS;
    this.setWord(at + L.INTERFACE_MTU, mtu);
    this.setWord(at + L.INTERFACE_FLAGS, others | checks);
    if (!isNew) {
      this.checksChanged(id);
      return;
    }
    this.setWord(at + L.INTERFACE_PEER, NONE);
    const index = id & L.INTERFACE_INDEX_MASK;
    for (const column of Object.values(this.interfaceTraffic)) column[index] = 0;
    this.publish(at + L.INTERFACE_ID, id);
  }

  removeInterface(id: InterfaceId): void {
    this.publish(this.interfaceAt(id) + L.INTERFACE_ID, NONE);
  }

  setNextHopSet(id: number, members: readonly InterfaceId[], seed: number): void {
    const at = this.nextHopSetAt(id);
    this.setWord(at + L.NEXT_HOP_SET_COUNT, members.length);
    this.setWord(at + L.NEXT_HOP_SET_SEED, seed);
    members.forEach((member, i) => {
      this.setWord(at + L.NEXT_HOP_SET_FIRST + i * 4, member);
    });
    this.publish(at + L.NEXT_HOP_SET_ID, id);
  }

  removeNextHopSet(id: number): void {
    this.publish(this.nextHopSetAt(id) + L.NEXT_HOP_SET_ID, 0);
  }

  setLocalAddresses(entries: Int32Array, mask: number): void {
    const copyAt = this.base + L.BANK_LOCAL_COPY;
    if (mask >= L.LOCAL_ENTRIES_MAX) {
      this.publish(copyAt, NONE);
      return;
    }
    const copy = this.word(copyAt) === 0 ? 1 : 0;
    const at = this.base + L.BANK_LOCAL + copy * L.LOCAL_COPY_BYTES;
    this.words.set(entries, at >> 2);
    this.setWord(this.base + L.BANK_LOCAL_MASK + copy * 4, mask);
    this.publish(copyAt, copy);
  }

  routeWords(family: 4 | 6): Int32Array {
    const at = this.base + (family === 4 ? L.BANK_FIB4 : L.BANK_FIB6);
    return new Int32Array(this.buffer, at, L.FIB_WORDS);
  }

  setPunted(id: InterfaceId, isInbound: boolean, isOutbound: boolean): void {
    const at = this.interfaceAt(id);
    if (this.word(at + L.INTERFACE_ID) !== id) return;
    const checks = this.word(at + L.INTERFACE_FLAGS) & L.INTERFACE_CHECKS;
    this.setWord(at + L.INTERFACE_FLAGS, isOutbound ? checks | L.INTERFACE_FLAG_PUNT : checks);
    const peer = this.word(at + L.INTERFACE_PEER);
    if (peer === NONE) return;
    const flags = this.peerAt(peer) + L.PEER_FLAGS;
    const others = this.word(flags) & ~L.PEER_FLAG_PUNT;
    this.publish(flags, isInbound ? others | L.PEER_FLAG_PUNT : others);
  }

  /**
   * A former life whose tables still route may know this peer as one of its own: it was in the default
   * virtual router then. From now on nothing of those tables reaches it, and nothing of it reaches them.
   */
  private secludeFormer(identity: number): void {
    const other = L.BANK + (1 - this.number) * L.BANK_BYTES;
    for (const at of this.peersOf(other)) {
      if (this.word(at + L.PEER_IDENTITY) !== identity) continue;
      Atomics.or(this.words, (at + L.PEER_FLAGS) >> 2, L.PEER_FLAG_SECLUDED);
      const index = this.word(at + L.PEER_INTERFACE) & L.INTERFACE_INDEX_MASK;
      const link = other + L.BANK_INTERFACES + index * L.INTERFACE_BYTES;
      Atomics.or(this.words, (link + L.INTERFACE_FLAGS) >> 2, L.INTERFACE_FLAG_SECLUDED);
    }
  }

  /** The peer's record carries them as well: it is the one a packet has read already. */
  private checksChanged(id: InterfaceId): void {
    const peer = this.word(this.interfaceAt(id) + L.INTERFACE_PEER);
    if (peer === NONE) return;
    const flags = this.peerAt(peer) + L.PEER_FLAGS;
    const others = this.word(flags) & ~(L.INTERFACE_CHECKS << L.PEER_CHECKS_SHIFT);
    this.publish(flags, others | this.checksOf(id));
  }

  private checksOf(id: InterfaceId): number {
    const at = this.interfaceAt(id);
    if (this.word(at + L.INTERFACE_ID) !== id) return 0;
    return (this.word(at + L.INTERFACE_FLAGS) & L.INTERFACE_CHECKS) << L.PEER_CHECKS_SHIFT;
  }

  /** A tunnel is an interface: each names the other. */
  private tie(id: InterfaceId, peer: number): void {
    const at = this.interfaceAt(id);
    if (this.word(at + L.INTERFACE_ID) === id) this.publish(at + L.INTERFACE_PEER, peer);
  }

  private interfaceColumn(offset: number): Float64Array {
    return new Float64Array(this.buffer, this.base + offset, L.INTERFACES);
  }

  private interfaceAt(id: InterfaceId): number {
    return this.base + L.BANK_INTERFACES + (id & L.INTERFACE_INDEX_MASK) * L.INTERFACE_BYTES;
  }

  private nextHopSetAt(id: number): number {
    const index = id & L.NEXT_HOP_SET_INDEX_MASK;
    return this.base + L.BANK_NEXT_HOP_SETS + index * L.NEXT_HOP_SET_BYTES;
  }
}
