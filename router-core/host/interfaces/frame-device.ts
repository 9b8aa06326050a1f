/**
 * An Ethernet interface of an edge, whatever carries its frames.
 *
 * Not standardized; the kinds are `Interface.IType` of EtherGuard's files. No kind has a length prefix or other
 * framing: one read is one frame, one write is one frame.
 *
 * @module
 */
import type { MacAddress } from '../../base/mac-address.ts';
import type { PacketSlot } from '../../base/units.ts';

export interface FrameDevice {
  /** Octets behind the Ethernet header, as padding of what is sent counts them: 1500 where there is no real one. */
  readonly mtu: number;
  /** What `wg` and scripts call it. */
  readonly name: string;
  /** Takes the slot; what cannot be written now is dropped and counted, as a network card does. */
  write(slot: PacketSlot): void;
  /** Frames that could not be written. */
  readonly dropped: () => number;
  close(): Promise<void>;
}

/** Where a device hands its frames, and tells of its end. */
export interface FrameReceiver {
  /** Takes the slot; the octets begin with the Ethernet header. */
  receiveFrame(slot: PacketSlot): void;
  /** The carrier is gone: the end of stdin, a closed socket that is not waited for again, or an error. */
  ended(error: Error | undefined): void;
}

/** Who we are to the interface. */
export type FrameDeviceOwner = {
  readonly node: number;
  readonly linkAddress: MacAddress;
};
