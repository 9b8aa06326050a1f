/**
 * What others see of a WireGuard device: options, configuration of a peer, view, methods.
 *
 * Not standardized; the words of configuration are those of wg(8).
 *
 * @module
 */
import type { DropCounters, DropReason } from '../base/drop-reason.ts';
import type { UnderlayAddress } from '../base/endpoint.ts';
import type { IpPrefix } from '../base/ip-address.ts';
import type { Random } from '../base/random.ts';
import type { TimerQueue } from '../base/timer-queue.ts';
import type {
  Instant,
  InterfaceId,
  PacketSlot,
  PeerId,
  SocketId,
  WallClock,
  WallTime,
} from '../base/units.ts';
import type { PacketArena } from '../packet/arena.ts';
import type { TransportPlane } from '../packet/forwarding-plane.ts';
import type { DatagramSink, PacketSink } from '../packet/sinks.ts';
import type { WireguardCrypto } from './crypto.ts';
import type { WireguardEvent } from './events.ts';
import type { Framing } from './framing.ts';
import type { ObfuscationConfig } from './obfuscation/index.ts';
import type { OpenedMessage } from './plane-link.ts';
import type { FormsListener } from './socket-forms.ts';

export type WireguardPeerConfig = {
  readonly publicKey: Uint8Array;
  readonly presharedKey?: Uint8Array;
  /** Absent: the other side connects to us. */
  readonly endpoint?: UnderlayAddress;
  readonly socket: SocketId;
  /** Seconds; 0 is off. */
  readonly persistentKeepalive: number;
  readonly interface: InterfaceId;
  readonly allowedIps: readonly IpPrefix[];
  /** Largest inner packet: padding does not go beyond it. Absent: padding is always to 16. */
  readonly mtu?: number;
  /** Packets per second taken from it; 0 is no limit, the default. */
  readonly rateLimit?: number;
  /** How messages to and from this peer are disguised; absent: not at all. */
  readonly obfuscation?: ObfuscationConfig;
};

/** A field that is present changes the value; `undefined` removes what is optional. */
export type WireguardPeerChange = {
  readonly presharedKey?: Uint8Array | undefined;
  /** Sessions made with another preshared key go on until they are renewed; else they end at once. */
  readonly keepsSessions?: boolean;
  /** `undefined` forgets a configured endpoint; one the peer was heard from stays. */
  readonly endpoint?: UnderlayAddress | undefined;
  readonly socket?: SocketId;
  readonly persistentKeepalive?: number;
  readonly interface?: InterfaceId;
  readonly allowedIps?: readonly IpPrefix[];
  readonly mtu?: number | undefined;
  readonly rateLimit?: number;
};

export type WireguardPeerView = {
  readonly endpoint?: UnderlayAddress;
  readonly socket: SocketId;
  readonly lastHandshake?: WallTime;
  readonly lastReceived?: Instant;
  /** Whether packets can leave without a handshake before them. */
  readonly hasKeyPair: boolean;
  /** Octets and number of datagrams, authenticated ones received. */
  readonly rxBytes: number;
  readonly txBytes: number;
  readonly rxPackets: number;
  readonly txPackets: number;
  readonly initiationsSent: number;
  readonly initiationsReceived: number;
  readonly responsesSent: number;
  readonly responsesReceived: number;
  readonly handshakesCompleted: number;
  readonly stagedPackets: number;
};

export type WireguardDeviceOptions = {
  readonly arena: PacketArena;
  readonly random: Random;
  readonly wallClock: WallClock;
  readonly timerQueue: TimerQueue;
  readonly crypto: WireguardCrypto;
  /** Sealed and handshake datagrams leave here, at once. */
  readonly datagrams: DatagramSink;
  /** Opened inner packets; `arena.ingress` is the peer's interface. */
  readonly packets: PacketSink;
  /** 32 octets; copied into the provider. */
  readonly privateKey: Uint8Array;
  /** 12 octets TAI64N: no smaller one is ever sent. */
  readonly greatestTimestamp?: Uint8Array;
  readonly framing?: Framing;
  /** Carries packets beside the device; key pairs then send and receive there only. */
  readonly plane?: TransportPlane;
  /** Told who has which form, as the plane must know; it may not call the device. */
  readonly formsListener?: FormsListener;
  readonly peersMax?: number;
};

export interface WireguardDevice {
  readonly publicKey: Uint8Array;
  readonly drops: DropCounters;
  /**
   * @throws RouterError `KEY_ENCODING`, `KEY_IS_OURS`, `KEY_LOW_ORDER`, `KEY_IN_USE`, `PSK_ENCODING`,
   * `OBFUSCATION_INVALID` or `CAPACITY`.
   */
  addPeer(config: WireguardPeerConfig, now: Instant): PeerId;
  /** A changed preshared key drops the key pairs; an endpoint is taken as it is, roamed or not. */
  updatePeer(peer: PeerId, change: WireguardPeerChange, now: Instant): void;
  removePeer(peer: PeerId): void;
  /** Takes a datagram; returns why it went no further. */
  receiveDatagram(slot: PacketSlot, now: Instant): DropReason | undefined;
  /**
   * Takes a handshake message that another thread found to have the right MAC1 and to need a cookie:
   * answers within bounds and drops it. What passed there comes by `receiveDatagram` with
   * HANDSHAKE_CHECKED in the slot's flags.
   */
  answerWithCookie(slot: PacketSlot, now: Instant): DropReason;
  /** Takes what the plane opened and did not forward; returns why it went no further. */
  receiveOpened(message: OpenedMessage, slot: PacketSlot, now: Instant): DropReason | undefined;
  /** The plane heard the peer, under this receiver index, from the address in the slot's columns. */
  receiveRoamed(peer: PeerId, index: number, slot: PacketSlot): DropReason | undefined;
  /** Takes an inner packet for this peer; it waits, bounded, while there is no key pair. */
  sendPacket(peer: PeerId, slot: PacketSlot, now: Instant): DropReason | undefined;
  /** Begins a handshake now and forgets earlier failures; at most one initiation per 5 s leaves. */
  initiate(peer: PeerId, now: Instant): void;
  view(peer: PeerId): WireguardPeerView;
  nextOutput(): WireguardEvent | undefined;
  /** The greatest timestamp sent, 12 octets, to be persisted. */
  greatestTimestamp(): Uint8Array;
}
