/**
 * The tables of one device in a bank of the shared memory: its gate, its peers, its key pairs.
 *
 * Not standardized; packet/plane-layout.ts says what stands where and who may write it.
 *
 *   peers, columns   │ WireGuard device 0 … 1023 │ mesh device 0 … 1023 │
 *   key pairs        │ its rows 0 … 5119         │ its rows 0 … 5119    │
 *
 * Each device counts from 0, so two share a bank without knowing of each other.
 *
 * Invariant: keys are overwritten when their pair goes.
 *
 * @module
 */
import { readInt32 } from '../base/bytes.ts';
import { type Instant, NONE, type PacketSlot, type PeerId } from '../base/units.ts';
import type { PacketArena } from '../packet/arena.ts';
import type {
  PlaneActivity,
  PlaneGate,
  PlaneKeyPair,
  PlanePeer,
  PlaneTraffic,
  TransportPlane,
} from '../packet/forwarding-plane.ts';
import * as L from '../packet/plane-layout.ts';
import { forgetKeysOf } from './empty-bank.ts';
import { writeSockaddr } from './sockaddr.ts';
import { TransmitRing } from './transmit-ring.ts';

/** REJECT_AFTER_TIME of WireGuard: nobody sends with an older key pair. */
const KEY_PAIR_LASTS_MS = 180_000;

/** Told where the peer of a tag is now; nowhere when it is gone or unknown. */
export type EndpointListener = (
  tag: number,
  socket: number,
  sockaddr: Uint8Array | undefined,
) => void;

/** Of nobody: handshakes that pass it reach no device. */
const NO_GATE: PlaneGate = {
  mac1Key: new Uint8Array(32),
  cookieSecret: undefined,
  cookieSecretBefore: undefined,
  bucketSecret: 0,
};

/** Where the part of one device begins, and how many peers it has. */
type Part = {
  readonly gate: number;
  readonly firstPeer: number;
  readonly peers: number;
  readonly firstRow: number;
};
export const TUNNEL_PART: Part = {
  gate: L.BANK_GATE,
  firstPeer: 0,
  peers: L.TUNNELS,
  firstRow: 0,
};
export const MESH_PART: Part = {
  gate: L.BANK_MESH_GATE,
  firstPeer: L.FIRST_MESH_LINK,
  peers: L.MESH_LINKS,
  firstRow: L.FIRST_MESH_KEY_PAIR,
};

export abstract class TransportTables implements TransportPlane {
  readonly activity: PlaneActivity;
  readonly traffic: PlaneTraffic;
  readonly transmits: TransmitRing;
  /** Of the bank: 0 or 1. */
  readonly number: number;
  protected readonly buffer: SharedArrayBuffer;
  protected readonly base: number;
  protected readonly words: Int32Array;
  private readonly bytes: Uint8Array;
  private readonly doubles: Float64Array;
  private readonly part: Part;
  private readonly endpointChanged: EndpointListener;

  /** Writes nothing yet; parts of one bank share `transmits`, which has one writer. */
  constructor(
    buffer: SharedArrayBuffer,
    number: number,
    part: Part,
    endpointChanged: EndpointListener,
    transmits = new TransmitRing(buffer, number),
  ) {
    this.buffer = buffer;
    this.number = number;
    this.part = part;
    this.endpointChanged = endpointChanged;
    this.transmits = transmits;
    this.base = L.BANK + number * L.BANK_BYTES;
    this.bytes = new Uint8Array(buffer);
    this.words = new Int32Array(buffer);
    this.doubles = new Float64Array(buffer);
    const { firstPeer, peers } = part;
    this.activity = {
      owesAnswerSince: this.peerColumn(L.BANK_OWES_ANSWER_SINCE),
      awaitsAnswerSince: this.peerColumn(L.BANK_AWAITS_ANSWER_SINCE),
      lastTraversal: this.peerColumn(L.BANK_LAST_TRAVERSAL),
      owesAnother: new Uint8Array(buffer, this.base + L.BANK_OWES_ANOTHER + firstPeer, peers),
    };
    this.traffic = {
      lastReceived: this.peerColumn(L.BANK_LAST_RECEIVED),
      rxBytes: this.peerColumn(L.BANK_RX_BYTES),
      rxPackets: this.peerColumn(L.BANK_RX_PACKETS),
      txBytes: this.peerColumn(L.BANK_TX_BYTES),
      txPackets: this.peerColumn(L.BANK_TX_PACKETS),
    };
  }

  abstract setPeer(peer: PeerId, config: PlanePeer): void;

  setGate({ mac1Key, cookieSecret, cookieSecretBefore, bucketSecret }: PlaneGate): void {
    const gate = this.base + this.part.gate;
    this.step(gate + L.GATE_SEQUENCE);
    this.bytes.set(mac1Key, gate + L.GATE_MAC1_KEY);
    this.setWord(gate + L.GATE_BUCKET_SECRET, bucketSecret);
    // What expired is overwritten here as well.
    this.bytes.fill(0, gate + L.GATE_COOKIE_SECRET, gate + L.GATE_BYTES);
    if (cookieSecret !== undefined) this.bytes.set(cookieSecret, gate + L.GATE_COOKIE_SECRET);
    if (cookieSecretBefore !== undefined)
      this.bytes.set(cookieSecretBefore, gate + L.GATE_COOKIE_SECRET_BEFORE);
    const flags = (cookieSecret === undefined ? 0 : 1) | (cookieSecretBefore === undefined ? 0 : 2);
    this.setWord(gate + L.GATE_COOKIE_FLAGS, flags);
    this.step(gate + L.GATE_SEQUENCE);
  }

  addKeyPair(row: number, pair: PlaneKeyPair, isConfirmed: boolean): void {
    const at = this.keyPairAt(row);
    this.setWord(at + L.KEY_PAIR_LOCAL_INDEX, pair.localIndex);
    this.setWord(at + L.KEY_PAIR_REMOTE_INDEX, pair.remoteIndex);
    this.setWord(at + L.KEY_PAIR_PEER, this.part.firstPeer + pair.peer);
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
    const current = row === NONE ? NONE : this.part.firstRow + row;
    this.publish(this.peerAt(peer) + L.PEER_CURRENT, current);
  }

  removePeer(peer: PeerId): void {
    this.clearPeer(peer);
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
    return this.transmits.pushPacket(this.part.firstPeer + peer, arena, slot, flags);
  }

  takeAttention(peer: PeerId): number {
    const at = (this.peerAt(peer) + L.PEER_ATTENTION) >> 2;
    return this.words[at] === 0 ? 0 : Atomics.exchange(this.words, at, 0);
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

  /** What marks datagrams to this peer for the underlay (DESCRIPTOR_TAG). */
  tagOf(peer: number): number {
    return this.part.firstPeer + peer + this.number * L.PEERS;
  }

  /** Writes what every peer has; true when it is new. Its flags are the caller's to publish. */
  protected writePeer(peer: PeerId, { mtu, publicKey, rateLimit }: PlanePeer): boolean {
    const at = this.peerAt(peer);
    const isNew = (this.word(at + L.PEER_FLAGS) & L.PEER_FLAG_USED) === 0;
    if (isNew) {
      this.setWord(at + L.PEER_CURRENT, NONE);
      for (const column of Object.values(this.traffic)) column[peer] = 0;
      this.traffic.lastReceived[peer] = Number.NEGATIVE_INFINITY;
    }
    this.setWord(at + L.PEER_MTU, mtu);
    this.setWord(at + L.PEER_IDENTITY, readInt32(publicKey, 0));
    this.setWord(at + L.PEER_RATE, rateLimit);
    return isNew;
  }

  /** Whether a device ever began with this part since the bank was emptied. */
  protected hasGate(): boolean {
    return this.word(this.base + this.part.gate + L.GATE_SEQUENCE) !== 0;
  }

  /** Overwrites every key, and leaves neither peers nor a way in. */
  protected clearDevice(): void {
    forgetKeysOf(this.buffer, this.base, this.part.firstRow, L.KEY_PAIR_ROWS_MAX);
    for (let peer = 0; peer < this.part.peers; peer++)
      if ((this.word(this.peerAt(peer) + L.PEER_FLAGS) & L.PEER_FLAG_USED) !== 0)
        this.clearPeer(peer);
    this.setGate(NO_GATE);
  }

  /** Addresses of the records in use of this part of a bank. */
  protected *peersOf(base: number): Generator<number> {
    const { firstPeer, peers } = this.part;
    for (let peer = firstPeer; peer < firstPeer + peers; peer++) {
      const at = base + L.BANK_PEERS + peer * L.PEER_BYTES;
      if ((this.word(at + L.PEER_FLAGS) & L.PEER_FLAG_USED) !== 0) yield at;
    }
  }

  protected peerColumn(offset: number): Float64Array {
    const { firstPeer, peers } = this.part;
    return new Float64Array(this.buffer, this.base + offset + firstPeer * 8, peers);
  }

  protected peerAt(peer: number): number {
    return this.base + L.BANK_PEERS + (this.part.firstPeer + peer) * L.PEER_BYTES;
  }

  protected word(at: number): number {
    return this.words[at >> 2] as number;
  }

  protected setWord(at: number, value: number): void {
    this.words[at >> 2] = value;
  }

  protected publish(at: number, value: number): void {
    Atomics.store(this.words, at >> 2, value);
  }

  private clearPeer(peer: number): void {
    const at = this.peerAt(peer);
    this.publish(at + L.PEER_FLAGS, 0);
    this.publish(at + L.PEER_CURRENT, NONE);
    this.endpointChanged(this.tagOf(peer), NONE, undefined);
  }

  private isFresh(base: number, row: number, now: Instant): boolean {
    if (row === NONE) return false;
    const created = base + L.BANK_KEY_PAIRS + row * L.KEY_PAIR_BYTES + L.KEY_PAIR_CREATED;
    return now - (this.doubles[created >> 3] as number) < KEY_PAIR_LASTS_MS;
  }

  private keyPairAt(row: number): number {
    return this.base + L.BANK_KEY_PAIRS + (this.part.firstRow + row) * L.KEY_PAIR_BYTES;
  }

  /** Makes a sequence odd or even again; what comes after it is not written before it. */
  private step(sequence: number): void {
    Atomics.add(this.words, sequence >> 2, 1);
  }
}
