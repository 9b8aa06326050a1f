/**
 * Who listens on a UDP port of every link, and what it hears (link-datagrams.ts).
 *
 * Not standardized.
 *
 * @module
 */
import type { DropReason } from '../base/drop-reason.ts';
import type { IpAddress } from '../base/ip-address.ts';
import type { Instant, InterfaceId } from '../base/units.ts';

/** A datagram for a port of ours; the octets are valid during the call only. */
export type LinkDatagram = {
  readonly interface: InterfaceId;
  readonly source: IpAddress;
  readonly sourcePort: number;
  readonly hopLimit: number;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
};

/** Takes a datagram, or says why not. */
export type LinkDatagramReceiver = (datagram: LinkDatagram, now: Instant) => DropReason | undefined;
