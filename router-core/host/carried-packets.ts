/**
 * Packets carried by packet workers, as the driver of a Router sees them.
 *
 * Not standardized; docs/architecture.md §6. The implementation stands in workers/carrier.ts, because
 * only thread entries know the fast path; without one the Router has its own sockets (udp-sockets.ts).
 *
 * @module
 */
import type { DropCounters } from '../base/drop-reason.ts';
import type { Instant, PacketSlot, PeerId } from '../base/units.ts';
import type {
  FormsListener,
  ForwardingPlane,
  NodeView,
  OpenedMessage,
  PacketArena,
  RouteRecovery,
} from '../router/index.ts';
import { monotonicNow } from './system-clock.ts';
import type { FamilySockets } from './udp-sockets.ts';

/** What the punts of a device become, by its own numbers; each method takes the slot. */
export interface PuntHandler {
  datagram(slot: PacketSlot): void;
  needsCookie(slot: PacketSlot): void;
  opened(message: OpenedMessage, slot: PacketSlot): void;
  roamed(peer: PeerId, index: number, slot: PacketSlot): void;
}

/** Who takes them: a device, or whoever has one. */
export interface PuntTaker {
  receiveDatagram(slot: PacketSlot, now: Instant): void;
  answerWithCookie(slot: PacketSlot, now: Instant): void;
  receiveOpened(message: OpenedMessage, slot: PacketSlot, now: Instant): void;
  receiveRoamed(peer: PeerId, index: number, slot: PacketSlot, now: Instant): void;
}

/** What is handed over is received like datagrams of one's own. */
export const puntsTo = (taker: PuntTaker): PuntHandler => ({
  datagram: (slot) => taker.receiveDatagram(slot, monotonicNow()),
  needsCookie: (slot) => taker.answerWithCookie(slot, monotonicNow()),
  opened: (message, slot) => taker.receiveOpened(message, slot, monotonicNow()),
  roamed: (peer, index, slot) => taker.receiveRoamed(peer, index, slot, monotonicNow()),
});

export interface CarriedPackets {
  /** `plane.mesh` is the part of the node's mesh device. */
  readonly plane: ForwardingPlane;
  readonly sockets: FamilySockets;
  /**
   * The same for the sockets of the mesh device: by the socket it is known which device a datagram is for. No
   * SocketId is one of `sockets` as well, and all are below 131,072.
   */
  readonly meshSockets: FamilySockets;
  readonly formsListener: FormsListener;
  /** Tables of a former life route packets until this one takes over. */
  readonly isTakingOver: boolean;
  /** Hands punts over, at most a batch; true when more wait. Those of a device without handler are dropped. */
  drain(handlers: { readonly tunnels?: PuntHandler; readonly mesh?: PuntHandler }): boolean;
  /** After a batch of the Router: tells the packet worker of what was queued for it. */
  flush(): void;
  drops(): DropCounters;
  /** How the underlay does, for people. */
  view(): NodeView['underlay'];
  /** Takes forwarding over from a former life when this one is ready; told of the time now and then. */
  considerTakeOver(recovery: RouteRecovery, now: Instant): void;
}

/** Makes the carrier of one Router; `onPunts` is called when something waits. */
export type OpenCarrier = (arena: PacketArena, onPunts: () => void) => CarriedPackets;
