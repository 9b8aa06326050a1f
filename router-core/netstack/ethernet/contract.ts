/**
 * What an Ethernet port is made from, what it shows, and what the rest of the netstack asks of all of them.
 *
 * Not standardized.
 *
 * @module
 */
import type { DropReason } from '../../base/drop-reason.ts';
import type { IpAddress } from '../../base/ip-address.ts';
import type { MacAddress } from '../../base/mac-address.ts';
import type { Instant, InterfaceId, PacketSlot } from '../../base/units.ts';
import type { FrameSink } from '../../packet/index.ts';
import type { IngressRules } from '../ingress-rules.ts';

export type EthernetPortConfig = {
  /** Of the payload of a frame; at least 1,280. */
  readonly mtu: number;
  /** A station's, not a group's. */
  readonly linkAddress: MacAddress;
  /** Ours on this link; each is used once nobody else turned out to have it. */
  readonly addresses: readonly IpAddress[];
  /** What it may bring in; absent: anything. */
  readonly ingress?: IngressRules | undefined;
  /** Takes every frame that leaves. */
  readonly frames: FrameSink;
};

/** Who stands behind a route: a neighbor on a port. */
export type NextHopConfig = {
  readonly port: InterfaceId;
  readonly address: IpAddress;
};

/** RFC 4861 §7.3.2. */
export type NeighborState = 'incomplete' | 'reachable' | 'stale' | 'delay' | 'probe';

export type NeighborView = {
  readonly address: IpAddress;
  readonly state: NeighborState;
  /** Absent while it is asked for. */
  readonly linkAddress?: MacAddress;
  readonly isRouter: boolean;
  readonly waitingPackets: number;
};

/** Of an address of ours: not yet used, used, or found with somebody else. */
export type ClaimState = 'tentative' | 'assigned' | 'duplicate';

export type EthernetPortView = {
  readonly linkAddress: MacAddress;
  readonly addresses: readonly { readonly address: IpAddress; readonly state: ClaimState }[];
  readonly neighbors: readonly NeighborView[];
};

/** The ports, as the packet path sees them. All take the slot over. */
export interface EthernetPorts {
  /** Sends an IP packet by the port or next hop with this row. */
  transmit(slot: PacketSlot, out: number, now: Instant): DropReason | undefined;
  /** Take a message for us whose checksum is right; it begins at `icmp`. */
  receiveSolicitation(
    slot: PacketSlot,
    icmp: number,
    link: number,
    now: Instant,
  ): DropReason | undefined;
  receiveAdvertisement(
    slot: PacketSlot,
    icmp: number,
    link: number,
    now: Instant,
  ): DropReason | undefined;
}
