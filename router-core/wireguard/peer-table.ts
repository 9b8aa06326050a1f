/**
 * What is known of each peer: columns for the packet path, an object for handshakes and people.
 *
 * Not standardized.
 *
 *   PeerId ──► columns: interface, key pairs, endpoint, counters   read with every packet
 *          └─► PeerState: keys, cookie, attempts, source filter    read in handshakes and views
 *
 * The endpoint of a peer is five columns. Only configuration and authenticated messages write them:
 * that is all of roaming (WireGuard paper §2.1).
 *
 * Invariants
 * - A PeerId is reused after `remove`; its key pairs, timers and events are gone by then.
 * - `current`, `previous`, `next` are rows of the key-pair table or NONE.
 * - Two peers never have the same public key.
 *
 * @module
 */
import { assert } from '../base/assert.ts';
import { equalBytes, toHex, zero } from '../base/bytes.ts';
import type { UnderlayAddress } from '../base/endpoint.ts';
import { RouterError } from '../base/errors.ts';
import {
  type Instant,
  NONE,
  type PacketSlot,
  type PeerId,
  peerId,
  type SocketId,
  type WallTime,
} from '../base/units.ts';
import type { PacketArena } from '../packet/arena.ts';
import type { TransportPlane } from '../packet/forwarding-plane.ts';
import type { AllowedIps } from './allowed-ips.ts';
import type { MacWriter } from './cookie.ts';
import type { HandshakeAttempts } from './handshake-attempts.ts';
import type { KeyPairId } from './key-pair-table.ts';
import type { InitiatedHandshake, PeerKeys } from './noise.ts';

/** What handshakes and views know of a peer. */
export type PeerState = {
  keys: PeerKeys;
  readonly macs: MacWriter;
  readonly attempts: HandshakeAttempts;
  allowedIps: AllowedIps;
  /** Our initiation under way and the row that holds its index. */
  initiated: { readonly row: KeyPairId; readonly handshake: InitiatedHandshake } | undefined;
  /** The greatest timestamp of this peer's initiations. */
  greatestTimestamp: Uint8Array;
  lastInitiation: Instant | undefined;
  /** WireGuard paper §6.2: the receiver of data rekeys once before the key pair is rejected. */
  hasRekeyedWhileReceiving: boolean;
  /** Responses of ours in a row that only new initiations followed. */
  unconfirmedResponses: number;
  lastHandshake: WallTime | undefined;
  initiationsSent: number;
  initiationsReceived: number;
  responsesSent: number;
  responsesReceived: number;
  handshakesCompleted: number;
};

export class PeerTable {
  readonly capacity: number;
  /** InterfaceId of inner packets. */
  readonly interface: Int32Array;
  /** Largest inner packet, for padding; 0 is unknown. */
  readonly mtu: Uint16Array;
  readonly current: Int32Array;
  readonly previous: Int32Array;
  readonly next: Int32Array;
  /** Whether `current` may be used for sending: between derivation and REJECT_AFTER_TIME. */
  readonly hasKeyPair: Uint8Array;
  /** Families whose every source is allowed: bit 0 IPv4, bit 1 IPv6. */
  readonly allowsAll: Uint8Array;
  /** Whether the peer was heard since the tunnel was stale. */
  readonly isHeard: Uint8Array;

  readonly socket: Int32Array;
  /** 4 or 6; 0 while no endpoint is known. */
  readonly endpointFamily: Uint8Array;
  readonly endpointPort: Uint16Array;
  readonly endpointAddress: Uint8Array;
  /** Whether an authenticated message ever came from this endpoint. */
  readonly hasEndpointAnswered: Uint8Array;
  /** What a reply to our last handshake message names it by where its index is misread; 0 is nothing. */
  readonly misreadIndex: Uint32Array;

  readonly rxBytes: Float64Array;
  readonly txBytes: Float64Array;
  readonly rxPackets: Float64Array;
  readonly txPackets: Float64Array;
  /** Instant of the last authenticated message; negative infinity is never. */
  readonly lastReceived: Float64Array;

  private readonly arena: PacketArena;
  private readonly plane: TransportPlane | undefined;
  private readonly states: (PeerState | undefined)[] = [];
  private readonly byKey = new Map<string, PeerId>();
  private readonly freeIds: PeerId[] = [];

  constructor(capacity: number, arena: PacketArena, plane?: TransportPlane) {
    this.capacity = capacity;
    this.arena = arena;
    this.plane = plane;
    this.interface = new Int32Array(capacity);
    this.mtu = new Uint16Array(capacity);
    this.current = new Int32Array(capacity).fill(NONE);
    this.previous = new Int32Array(capacity).fill(NONE);
    this.next = new Int32Array(capacity).fill(NONE);
    this.hasKeyPair = new Uint8Array(capacity);
    this.allowsAll = new Uint8Array(capacity);
    this.isHeard = new Uint8Array(capacity);
    this.socket = new Int32Array(capacity);
    this.endpointFamily = new Uint8Array(capacity);
    this.endpointPort = new Uint16Array(capacity);
    this.endpointAddress = new Uint8Array(capacity * 16);
    this.hasEndpointAnswered = new Uint8Array(capacity);
    this.misreadIndex = new Uint32Array(capacity);
    this.rxBytes = new Float64Array(capacity);
    this.txBytes = new Float64Array(capacity);
    this.rxPackets = new Float64Array(capacity);
    this.txPackets = new Float64Array(capacity);
    this.lastReceived = new Float64Array(capacity);
  }

  /** @throws RouterError `KEY_IN_USE` or `CAPACITY`. */
  add(state: PeerState): PeerId {
    const key = toHex(state.keys.publicKey.bytes);
    if (this.byKey.has(key)) {
      throw new RouterError(
        'KEY_IN_USE',
        'Another peer of this node has the same public key. A key can be used once per node.',
      );
    }
    const peer = this.freeIds.pop() ?? peerId(this.states.length);
    if (peer >= this.capacity) {
      throw new RouterError(
        'CAPACITY',
        `This node has no room for more than ${this.capacity} peers.`,
      );
    }
    this.states[peer] = state;
    this.byKey.set(key, peer);
    this.mtu[peer] = 0;
    this.hasKeyPair[peer] = 0;
    this.isHeard[peer] = 0;
    this.clearEndpoint(peer);
    this.rxBytes[peer] = 0;
    this.txBytes[peer] = 0;
    this.rxPackets[peer] = 0;
    this.txPackets[peer] = 0;
    this.lastReceived[peer] = Number.NEGATIVE_INFINITY;
    return peer;
  }

  /** Forgets a peer whose key pairs were released before. */
  remove(peer: PeerId): void {
    const { keys } = this.get(peer);
    zero(keys.staticStatic);
    zero(keys.presharedKey);
    this.byKey.delete(toHex(keys.publicKey.bytes));
    this.states[peer] = undefined;
    this.misreadIndex[peer] = 0;
    this.freeIds.push(peer);
  }

  get(peer: PeerId): PeerState {
    const state = this.states[peer];
    assert(state !== undefined, 'the peer exists');
    return state;
  }

  /** Calls for every peer. */
  forEach(visit: (peer: PeerId) => void): void {
    for (const peer of this.byKey.values()) visit(peer);
  }

  /** Returns the peer of a static key, or NONE. */
  find(publicKey: Uint8Array): PeerId {
    return this.byKey.get(toHex(publicKey)) ?? (NONE as PeerId);
  }

  /** Returns the peer whose last handshake message a misread index names, or NONE. */
  findMisread(index: number): PeerId {
    return (index === 0 ? NONE : this.misreadIndex.indexOf(index)) as PeerId;
  }

  setAllowedIps(peer: PeerId, allowedIps: AllowedIps): void {
    this.get(peer).allowedIps = allowedIps;
    this.allowsAll[peer] = (allowedIps.allowsAll4 ? 1 : 0) | (allowedIps.allowsAll6 ? 2 : 0);
  }

  setEndpoint(peer: PeerId, endpoint: UnderlayAddress): void {
    this.endpointFamily[peer] = endpoint.address.family;
    this.endpointPort[peer] = endpoint.port;
    this.endpointAddress.fill(0, peer * 16, peer * 16 + 16);
    this.endpointAddress.set(endpoint.address.bytes, peer * 16);
    this.hasEndpointAnswered[peer] = 0;
    this.endpointChanged(peer);
  }

  /** Tells the plane where the peer is; also after `socket` was written. */
  endpointChanged(peer: PeerId): void {
    this.plane?.setEndpoint(
      peer,
      this.socket[peer] as number,
      this.endpointFamily[peer] as number,
      this.endpointPort[peer] as number,
      this.endpointAddress,
    );
  }

  clearEndpoint(peer: PeerId): void {
    this.endpointFamily[peer] = 0;
    this.hasEndpointAnswered[peer] = 0;
    this.endpointChanged(peer);
  }

  hasEndpoint(peer: PeerId): boolean {
    return this.endpointFamily[peer] !== 0;
  }

  endpoint(peer: PeerId): UnderlayAddress | undefined {
    const family = this.endpointFamily[peer];
    if (family !== 4 && family !== 6) return undefined;
    const start = peer * 16;
    const bytes = this.endpointAddress.slice(start, start + (family === 4 ? 4 : 16));
    return { address: { family, bytes }, port: this.endpointPort[peer] as number };
  }

  /** Whether this is the endpoint the peer is known at. */
  isEndpoint(peer: PeerId, endpoint: UnderlayAddress): boolean {
    const known = this.endpoint(peer);
    return (
      known !== undefined &&
      known.port === endpoint.port &&
      equalBytes(known.address.bytes, endpoint.address.bytes)
    );
  }

  /** Whether the datagram came by the socket and from the address the peer is known at. */
  isAtEndpoint(peer: PeerId, slot: PacketSlot): boolean {
    const { arena } = this;
    const family = this.endpointFamily[peer] as number;
    if (
      family !== arena.remoteFamily[slot] ||
      this.socket[peer] !== arena.socket[slot] ||
      this.endpointPort[peer] !== arena.remotePort[slot]
    ) {
      return false;
    }
    const octets = family === 4 ? 4 : 16;
    for (let i = 0; i < octets; i++) {
      if (this.endpointAddress[peer * 16 + i] !== arena.remoteAddress[slot * 16 + i]) return false;
    }
    return true;
  }

  /** Makes the source of an authenticated datagram the peer's endpoint. */
  roamTo(peer: PeerId, slot: PacketSlot): void {
    const { arena } = this;
    this.socket[peer] = arena.socket[slot] as number;
    this.endpointFamily[peer] = arena.remoteFamily[slot] as number;
    this.endpointPort[peer] = arena.remotePort[slot] as number;
    for (let i = 0; i < 16; i++) {
      this.endpointAddress[peer * 16 + i] = arena.remoteAddress[slot * 16 + i] as number;
    }
    this.endpointChanged(peer);
  }

  /** Addresses a datagram to the peer's endpoint. */
  address(peer: PeerId, slot: PacketSlot): void {
    const { arena } = this;
    arena.socket[slot] = this.socket[peer] as number;
    arena.remoteFamily[slot] = this.endpointFamily[peer] as number;
    arena.remotePort[slot] = this.endpointPort[peer] as number;
    for (let i = 0; i < 16; i++) {
      arena.remoteAddress[slot * 16 + i] = this.endpointAddress[peer * 16 + i] as number;
    }
  }

  socketOf(peer: PeerId): SocketId {
    return this.socket[peer] as SocketId;
  }
}

/** Reads the source of a datagram as a value, for events. */
export function underlaySource(arena: PacketArena, slot: PacketSlot): UnderlayAddress {
  const family = arena.remoteFamily[slot] === 6 ? 6 : 4;
  const start = slot * 16;
  return {
    address: { family, bytes: arena.remoteAddress.slice(start, start + (family === 4 ? 4 : 16)) },
    port: arena.remotePort[slot] as number,
  };
}
