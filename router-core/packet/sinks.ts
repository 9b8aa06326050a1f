/**
 * The hot edges between rooms: called synchronously, with numbers and byte ranges.
 *
 * Not standardized; docs/architecture.md §3. A sink takes the slot over: it releases it or hands it on.
 * It must not call back into the object that called it.
 *
 * @module
 */
import type { Instant, InterfaceId, PacketSlot } from '../base/units.ts';

/** Datagrams for the underlay; socket and remote address stand in the slot's columns. */
export interface DatagramSink {
  sendDatagram(slot: PacketSlot): void;
}

/** Packets from one layer to the next; `arena.ingress[slot]` is the interface they came in by. */
export interface PacketSink {
  receivePacket(slot: PacketSlot, now: Instant): void;
}

/** Packets that leave by an interface (a tunnel). */
export interface LinkSink {
  transmit(out: InterfaceId, slot: PacketSlot, now: Instant): void;
}

/** Ethernet frames that leave by a port; the slot's octets begin with the Ethernet header. */
export interface FrameSink {
  sendFrame(port: InterfaceId, slot: PacketSlot, now: Instant): void;
}
