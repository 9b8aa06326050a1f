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
import {
  type Instant,
  type InterfaceId,
  NONE,
  type PacketSlot,
  type PeerId,
} from '../base/units.ts';
import type { PacketArena } from '../packet/arena.ts';
import type {
  ForwardingPlane,
  PlaneActivity,
  PlaneGate,
  PlaneInterfaceTraffic,
  PlaneKeyPair,
  PlanePeer,
  PlaneTraffic,
} from '../packet/forwarding-plane.ts';
import * as L from '../packet/plane-layout.ts';
import { emptyBank } from './empty-bank.ts';
import { writeSockaddr } from './sockaddr.ts';
import { TransmitRing } from './transmit-ring.ts';

/** REJECT_AFTER_TIME of WireGuard: nobody sends with an older key pair. */
const KEY_PAIR_LASTS_MS = 180_000;
/** Rows of the key-pair table are found by the lower bits of an index (wireguard/key-pair-table.ts). */
const rowMask = (rows: number): number => 2 ** Math.max(1, Math.ceil(Math.log2(rows))) - 1;

/** Told where the peer of a tag is now; nowhere when it is gone or unknown. */
export type EndpointListener = (
  tag: number,
  socket: number,
  sockaddr: Uint8Array | undefined,
) => void;

export class SharedPlane implements ForwardingPlane {
  readonly activity: PlaneActivity;
  readonly traffic: PlaneTraffic;
  readonly interfaceTraffic: PlaneInterfaceTraffic;
  readonly transmits: TransmitRing;
  /** 0 or 1. */
  readonly number: number;
  private readonly buffer: SharedArrayBuffer;
  private readonly base: number;
  private readonly bytes: Uint8Array;
  private readonly words: Int32Array;
  private readonly doubles: Float64Array;
  private readonly endpointChanged: EndpointListener;

  /** Takes a bank, empties it and makes it the youngest; `keyPairRows` as in the key-pair table. */
  constructor(
    buffer: SharedArrayBuffer,
    number: number,
    keyPairRows: number,
    endpointChanged: EndpointListener = () => undefined,
  ) {
    assert(keyPairRows <= L.KEY_PAIRS, 'the shared table has a record for every key pair');
    this.buffer = buffer;
    this.number = number;
    this.endpointChanged = endpointChanged;
    this.base = L.BANK + number * L.BANK_BYTES;
    this.bytes = new Uint8Array(buffer);
    this.words = new Int32Array(buffer);
    this.doubles = new Float64Array(buffer);
    emptyBank(buffer, number);
    this.activity = {
      owesAnswerSince: this.peerColumn(L.BANK_OWES_ANSWER_SINCE),
      awaitsAnswerSince: this.peerColumn(L.BANK_AWAITS_ANSWER_SINCE),
      lastTraversal: this.peerColumn(L.BANK_LAST_TRAVERSAL),
      owesAnother: new Uint8Array(buffer, this.base + L.BANK_OWES_ANOTHER, L.PEERS),
    };
    this.traffic = {
      lastReceived: this.peerColumn(L.BANK_LAST_RECEIVED),
      rxBytes: this.peerColumn(L.BANK_RX_BYTES),
      rxPackets: this.peerColumn(L.BANK_RX_PACKETS),
      txBytes: this.peerColumn(L.BANK_TX_BYTES),
      txPackets: this.peerColumn(L.BANK_TX_PACKETS),
    };
    this.interfaceTraffic = {
      lastReceived: this.interfaceColumn(L.BANK_INTERFACE_LAST_RECEIVED),
      rxBytes: this.interfaceColumn(L.BANK_INTERFACE_RX_BYTES),
      rxPackets: this.interfaceColumn(L.BANK_INTERFACE_RX_PACKETS),
      txBytes: this.interfaceColumn(L.BANK_INTERFACE_TX_BYTES),
      txPackets: this.interfaceColumn(L.BANK_INTERFACE_TX_PACKETS),
    };
    this.transmits = new TransmitRing(buffer, number);
    this.setWord(this.base + L.BANK_KEY_PAIR_MASK, rowMask(keyPairRows));
    // Until the first table is published every destination may be ours.
    this.publish(this.base + L.BANK_LOCAL_COPY, NONE);
    this.publish(L.CONTROL_BANK, number);
  }

  /** From now on packets are routed by this bank. */
  goLive(): void {
    this.publish(L.CONTROL_FORWARDING, this.number);
  }

  setGate({ mac1Key, cookieSecret, cookieSecretBefore, bucketSecret }: PlaneGate): void {
    const sequence = this.base + L.BANK_COOKIE_SEQUENCE;
    this.step(sequence);
    this.bytes.set(mac1Key, this.base + L.BANK_MAC1_KEY);
    this.setWord(this.base + L.BANK_BUCKET_SECRET, bucketSecret);
    // What expired is overwritten here as well.
    this.bytes.fill(0, this.base + L.BANK_COOKIE_SECRET, this.base + L.BANK_COOKIE_FLAGS);
    if (cookieSecret !== undefined) this.bytes.set(cookieSecret, this.base + L.BANK_COOKIE_SECRET);
    if (cookieSecretBefore !== undefined)
      this.bytes.set(cookieSecretBefore, this.base + L.BANK_COOKIE_SECRET_BEFORE);
    const flags = (cookieSecret === undefined ? 0 : 1) | (cookieSecretBefore === undefined ? 0 : 2);
    this.setWord(this.base + L.BANK_COOKIE_FLAGS, flags);
    this.step(sequence);
  }

  addKeyPair(row: number, pair: PlaneKeyPair, isConfirmed: boolean): void {
    const at = this.keyPairAt(row);
    this.setWord(at + L.KEY_PAIR_LOCAL_INDEX, pair.localIndex);
    this.setWord(at + L.KEY_PAIR_REMOTE_INDEX, pair.remoteIndex);
    this.setWord(at + L.KEY_PAIR_PEER, pair.peer);
    this.doubles[(at + L.KEY_PAIR_CREATED) >> 3] = pair.created;
    this.doubles[(at + L.KEY_PAIR_SEND_COUNTER) >> 3] = 0;
    this.doubles[(at + L.KEY_PAIR_GREATEST) >> 3] = 0;
    this.setWord(at + L.KEY_PAIR_IS_INITIATOR, pair.isInitiator ? 1 : 0);
    this.bytes.set(pair.sendKey, at + L.KEY_PAIR_SEND_KEY);
    this.bytes.set(pair.receiveKey, at + L.KEY_PAIR_RECEIVE_KEY);
    const window = at + L.KEY_PAIR_WINDOW;
    this.bytes.fill(0, window, window + L.KEY_PAIR_WINDOW_BYTES);
    this.publish(at + L.KEY_PAIR_STATE, isConfirmed ? L.KEY_PAIR_READY : L.KEY_PAIR_NEXT);
  }

  confirmKeyPair(row: number): void {
    this.publish(this.keyPairAt(row) + L.KEY_PAIR_STATE, L.KEY_PAIR_READY);
  }

  removeKeyPair(row: number): void {
    const at = this.keyPairAt(row);
    this.publish(at + L.KEY_PAIR_STATE, L.KEY_PAIR_FREE);
    this.bytes.fill(0, at + L.KEY_PAIR_SEND_KEY, at + L.KEY_PAIR_WINDOW);
  }

  setCurrent(peer: PeerId, row: number): void {
    this.publish(this.peerAt(peer) + L.PEER_CURRENT, row);
  }

  setPeer(peer: PeerId, config: PlanePeer): void {
    const at = this.peerAt(peer);
    const known = this.word(at + L.PEER_FLAGS);
    const isNew = (known & L.PEER_FLAG_USED) === 0;
    if (isNew) {
      this.setWord(at + L.PEER_CURRENT, NONE);
      for (const column of Object.values(this.traffic)) column[peer] = 0;
      this.traffic.lastReceived[peer] = Number.NEGATIVE_INFINITY;
    }
    this.setWord(at + L.PEER_INTERFACE, config.interface);
    this.setWord(at + L.PEER_MTU, config.mtu);
    this.setWord(at + L.PEER_IDENTITY, readInt32(config.publicKey, 0));
    this.setWord(at + L.PEER_RATE, config.rateLimit);
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

  removePeer(peer: PeerId): void {
    const at = this.peerAt(peer);
    const id = this.word(at + L.PEER_INTERFACE) as InterfaceId;
    this.publish(at + L.PEER_FLAGS, 0);
    this.publish(at + L.PEER_CURRENT, NONE);
    this.tie(id, NONE);
    this.endpointChanged(this.tagOf(peer), NONE, undefined);
  }

  setEndpoint(
    peer: PeerId,
    socket: number,
    family: number,
    port: number,
    addresses: Uint8Array,
  ): void {
    const at = this.peerAt(peer);
    const sequence = at + L.PEER_SEQUENCE;
    this.step(sequence);
    this.setWord(at + L.PEER_SOCKET, socket);
    writeSockaddr(this.bytes, at + L.PEER_ADDRESS, family, port, addresses, peer * 16);
    const flags = this.word(at + L.PEER_FLAGS) & ~L.PEER_FLAG_ENDPOINT;
    this.setWord(at + L.PEER_FLAGS, family === 0 ? flags : flags | L.PEER_FLAG_ENDPOINT);
    this.step(sequence);
    const sockaddr = this.bytes.slice(at + L.PEER_ADDRESS, at + L.PEER_ADDRESS + L.ADDRESS_BYTES);
    this.endpointChanged(this.tagOf(peer), socket, family === 0 ? undefined : sockaddr);
  }

  sendPacket(
    peer: PeerId,
    arena: PacketArena,
    slot: PacketSlot,
    isData: boolean,
    isPadded: boolean,
  ): boolean {
    const flags = (isData ? L.TRANSMIT_FLAG_DATA : 0) | (isPadded ? L.TRANSMIT_FLAG_PADDED : 0);
    return this.transmits.pushPacket(peer, arena, slot, flags);
  }

  takeAttention(peer: PeerId): number {
    const at = (this.peerAt(peer) + L.PEER_ATTENTION) >> 2;
    return this.words[at] === 0 ? 0 : Atomics.exchange(this.words, at, 0);
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

  /** Whether every peer that can send by the other bank can by this one. */
  hasCaughtUp(now: Instant): boolean {
    const other = L.BANK + (1 - this.number) * L.BANK_BYTES;
    const own = new Set<number>();
    for (const at of this.peersOf(this.base))
      if (this.word(at + L.PEER_CURRENT) !== NONE) own.add(this.word(at + L.PEER_IDENTITY));
    for (const at of this.peersOf(other)) {
      if (!this.isFresh(other, this.word(at + L.PEER_CURRENT), now)) continue;
      if (!own.has(this.word(at + L.PEER_IDENTITY))) return false;
    }
    return true;
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

  private isFresh(base: number, row: number, now: Instant): boolean {
    if (row === NONE) return false;
    const created = base + L.BANK_KEY_PAIRS + row * L.KEY_PAIR_BYTES + L.KEY_PAIR_CREATED;
    return now - (this.doubles[created >> 3] as number) < KEY_PAIR_LASTS_MS;
  }

  /** What marks datagrams to this peer for the underlay (DESCRIPTOR_TAG). */
  tagOf(peer: PeerId): number {
    return peer + this.number * L.PEERS;
  }

  private *peersOf(base: number): Generator<number> {
    for (let peer = 0; peer < L.PEERS; peer++) {
      const at = base + L.BANK_PEERS + peer * L.PEER_BYTES;
      if ((this.word(at + L.PEER_FLAGS) & L.PEER_FLAG_USED) !== 0) yield at;
    }
  }

  /** A tunnel is an interface: each names the other. */
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

  private tie(id: InterfaceId, peer: number): void {
    const at = this.interfaceAt(id);
    if (this.word(at + L.INTERFACE_ID) === id) this.publish(at + L.INTERFACE_PEER, peer);
  }

  private peerColumn(offset: number): Float64Array {
    return new Float64Array(this.buffer, this.base + offset, L.PEERS);
  }

  private interfaceColumn(offset: number): Float64Array {
    return new Float64Array(this.buffer, this.base + offset, L.INTERFACES);
  }

  private keyPairAt(row: number): number {
    return this.base + L.BANK_KEY_PAIRS + row * L.KEY_PAIR_BYTES;
  }

  private peerAt(peer: number): number {
    return this.base + L.BANK_PEERS + peer * L.PEER_BYTES;
  }

  private interfaceAt(id: InterfaceId): number {
    return this.base + L.BANK_INTERFACES + (id & L.INTERFACE_INDEX_MASK) * L.INTERFACE_BYTES;
  }

  private nextHopSetAt(id: number): number {
    const index = id & L.NEXT_HOP_SET_INDEX_MASK;
    return this.base + L.BANK_NEXT_HOP_SETS + index * L.NEXT_HOP_SET_BYTES;
  }

  private word(at: number): number {
    return this.words[at >> 2] as number;
  }

  private setWord(at: number, value: number): void {
    this.words[at >> 2] = value;
  }

  /** Makes a sequence odd or even again; what comes after it is not written before it. */
  private step(sequence: number): void {
    Atomics.add(this.words, sequence >> 2, 1);
  }

  private publish(at: number, value: number): void {
    Atomics.store(this.words, at >> 2, value);
  }
}
