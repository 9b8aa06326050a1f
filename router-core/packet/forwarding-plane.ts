/**
 * What the rooms of the router tell a forwarding plane that carries packets beside them.
 *
 * Not standardized; docs/architecture.md §6 "One path that is complete, one that is fast".
 *
 *   wireguard, netstack, mesh ── tables, packets to seal ──► plane
 *                       ◄── punts (by the driver), activity and counters (columns)
 *
 * Without a plane every room works on its own, as in tests and simulations. With one, key pairs send
 * and receive there only: replay windows and send counters have one owner.
 *
 * Invariant: what a method announces is complete before the plane can see it.
 *
 * @module
 */
import type { Instant, InterfaceId, NONE, PacketSlot, PeerId } from '../base/units.ts';
import type { PacketArena } from './arena.ts';
import {
  ATTENTION_ANSWERED,
  ATTENTION_AWAITS,
  ATTENTION_HANDSHAKE,
  ATTENTION_RECEIVING,
  INTERFACE_FLAG_BOGONS,
  INTERFACE_FLAG_LOOSE,
  INTERFACE_FLAG_SECLUDED,
  INTERFACE_FLAG_STRICT,
} from './plane-layout.ts';

export type PlaneKeyPair = {
  readonly peer: PeerId;
  readonly localIndex: number;
  readonly remoteIndex: number;
  readonly isInitiator: boolean;
  readonly created: Instant;
  /** 32 octets each; copied. */
  readonly sendKey: Uint8Array;
  readonly receiveKey: Uint8Array;
};

export type PlanePeer = {
  readonly interface: InterfaceId;
  /** Padding does not go beyond it; 0 is no limit. */
  readonly mtu: number;
  /** Families whose every source is allowed; packets of others are looked at by the router. */
  readonly allowsAll4: boolean;
  readonly allowsAll6: boolean;
  /** Packets per second taken from this peer; 0 is no limit. */
  readonly rateLimit: number;
  readonly publicKey: Uint8Array;
  /** Whether its messages are disguised, and whether the router must pad what is sealed for it. */
  readonly isObfuscated: boolean;
  readonly padsContents: boolean;
};

/** Columns by PeerId that both sides write: wireguard/timers.ts has their meaning. */
export type PlaneActivity = {
  readonly owesAnswerSince: Float64Array;
  readonly awaitsAnswerSince: Float64Array;
  readonly lastTraversal: Float64Array;
  readonly owesAnother: Uint8Array;
};

/** Columns by PeerId that the plane writes. */
export type PlaneTraffic = {
  readonly lastReceived: Float64Array;
  readonly rxBytes: Float64Array;
  readonly rxPackets: Float64Array;
  readonly txBytes: Float64Array;
  readonly txPackets: Float64Array;
};

/** Columns by the index of an interface that the plane writes: inner octets and packets. */
export type PlaneInterfaceTraffic = PlaneTraffic;

/** What the check in front of handshakes needs (wireguard/handshake-gate.ts). */
export type PlaneGate = {
  readonly mac1Key: Uint8Array;
  readonly cookieSecret: Uint8Array | undefined;
  readonly cookieSecretBefore: Uint8Array | undefined;
  /** Spreads sources over the buckets. */
  readonly bucketSecret: number;
};

/** What the plane noticed about a peer since it was asked last; a set of bits. */
export const ATTENTION = {
  /** Data left under an old key pair of ours. */
  agedSending: ATTENTION_HANDSHAKE,
  /** Data came: a keepalive may be owed. */
  answered: ATTENTION_ANSWERED,
  /** Data left: an answer is awaited. */
  awaits: ATTENTION_AWAITS,
  /** Something came under a key pair of ours that will soon be rejected. */
  agedReceiving: ATTENTION_RECEIVING,
} as const;

/** What is asked of packets that come in by an interface (netstack/ingress-check.ts); a set of bits. */
export const INGRESS_CHECKS = {
  /** The route back to the source leads into the same tunnel. */
  strict: INTERFACE_FLAG_STRICT,
  /** There is a route back to the source. */
  loose: INTERFACE_FLAG_LOOSE,
  /** Source and destination are addresses of DN42. */
  bogons: INTERFACE_FLAG_BOGONS,
  /** The plane has not the tables of this interface: nothing passes it, either way. */
  secluded: INTERFACE_FLAG_SECLUDED,
} as const;

/** The half WireGuard speaks to. */
export interface TransportPlane {
  readonly activity: PlaneActivity;
  readonly traffic: PlaneTraffic;
  setGate(gate: PlaneGate): void;
  /** Makes a key pair known; it receives at once and is confirmed by its first message, or here. */
  addKeyPair(row: number, pair: PlaneKeyPair, isConfirmed: boolean): void;
  confirmKeyPair(row: number): void;
  /** Forgets the key pair and overwrites its keys. */
  removeKeyPair(row: number): void;
  /** The key pair to send with; NONE for none. */
  setCurrent(peer: PeerId, row: number): void;
  setPeer(peer: PeerId, config: PlanePeer): void;
  removePeer(peer: PeerId): void;
  /** `family` 0: no endpoint is known. `address` holds 16 octets per peer at `peer * 16`. */
  setEndpoint(
    peer: PeerId,
    socket: number,
    family: number,
    port: number,
    addresses: Uint8Array,
  ): void;
  /**
   * Copies an inner packet to be sealed and sent. `isPadded`: its length is final. False when there is
   * no room.
   */
  sendPacket(
    peer: PeerId,
    arena: PacketArena,
    slot: PacketSlot,
    isData: boolean,
    isPadded: boolean,
  ): boolean;
  /** Takes the ATTENTION bits of a peer. */
  takeAttention(peer: PeerId): number;
}

/** The half the netstack speaks to. */
export interface RoutingPlane {
  readonly interfaceTraffic: PlaneInterfaceTraffic;
  /** `checks` is a set of INGRESS_CHECKS: what fails one is left to the router. */
  setInterface(id: InterfaceId, mtu: number, checks: number): void;
  removeInterface(id: InterfaceId): void;
  /** The words of netstack/local-addresses.ts; `mask` + 1 entries. */
  setLocalAddresses(entries: Int32Array, mask: number): void;
  /** The memory a family's forwarding table is built in; zero at first. */
  routeWords(family: 4 | 6): Int32Array;
  /** Flows to a route of this id are spread over its members by `seed`. */
  setNextHopSet(id: number, members: readonly InterfaceId[], seed: number): void;
  removeNextHopSet(id: number): void;
  /** Whether the router wants to see every packet that comes in, and every one that leaves, by this interface. */
  setPunted(id: InterfaceId, isInbound: boolean, isOutbound: boolean): void;
}

/** Columns by PeerId of the mesh device: frames and octets of contents that the plane passed on by the link for others. */
export type MeshRelayed = { readonly frames: Float64Array; readonly bytes: Float64Array };

/**
 * The part of a mesh: its device and whoever knows its next hops speak to it. Contents come to be sealed and
 * leave opened with usage and TTL where they stand without a plane (wireguard/framing.ts).
 *
 * Relayed are contents with a TTL for ordinary nodes that a hop leads to; whatever else comes is handed over.
 */
export interface MeshPlane extends TransportPlane {
  readonly relayed: MeshRelayed;
  /** The number of our own node; without one nothing is relayed. */
  setMeshNode(own: number | undefined): void;
  /** Contents for this node leave by the link of `peer`; NONE: they are handed over. Removing a peer does the same. */
  setMeshHop(destination: number, peer: PeerId | typeof NONE): void;
  /** Forgets a device that ended without a word: its peers, hops and gate, and all of its keys. Another may begin. */
  reset(): void;
}

export interface ForwardingPlane extends TransportPlane, RoutingPlane {
  readonly mesh: MeshPlane;
}
