/**
 * UDP between the two ends of a tunnel: a port hears whoever is on the link, and how far it came.
 *
 * Standard: RFC 768; RFC 5082 (hop limit 255 out; the receiver judges what came in); RFC 4594 §3.1.
 *
 *   receiver ◄── datagram for its port      sendLinkDatagram ─► interface, whatever the table says
 *
 * A receiver is called at once and may send. What it refuses is counted by its reason and not answered:
 * an ICMP error would tell strangers that somebody listens.
 *
 * @module
 */
import type { DropReason } from '../base/drop-reason.ts';
import type { IpAddress, IpFamily } from '../base/ip-address.ts';
import { type Instant, type InterfaceId, NONE, type PacketSlot } from '../base/units.ts';
import { UDP_HEADER_BYTES, udpDestinationPort, udpLength, udpSourcePort } from '../packet/index.ts';
import { GTSM_HOP_LIMIT } from './constants.ts';
import { readHopLimit, readSource } from './probe.ts';
import { sendUdp } from './send-udp.ts';
import { allocate, drop, type Stack } from './stack.ts';

export type LinkDatagramRequest = {
  readonly interface: InterfaceId;
  readonly local: IpAddress;
  readonly remote: IpAddress;
  readonly sourcePort: number;
  readonly destinationPort: number;
};

/** RFC 4594 §3.1: network control, class selector 6. */
const NETWORK_CONTROL_TRAFFIC_CLASS = 0xc0;

/** Sends octets to the other end of a tunnel with hop limit 255; returns why they could not leave. */
export function sendLinkDatagram(
  stack: Stack,
  request: LinkDatagramRequest,
  payload: Uint8Array,
  now: Instant,
): DropReason | undefined {
  const { local, remote, sourcePort, destinationPort } = request;
  const slot = allocate(stack);
  if (slot === NONE) return 'arena-full';
  const out = stack.interfaces.find(request.interface);
  if (out === NONE) return drop(stack, slot, 'unknown-interface');
  stack.source.set(local.bytes);
  stack.destination.set(remote.bytes);
  const head = {
    family: remote.family,
    sourcePort,
    destinationPort,
    hopLimit: GTSM_HOP_LIMIT,
    trafficClass: NETWORK_CONTROL_TRAFFIC_CLASS,
  };
  return sendUdp(stack, slot, head, payload, out, now);
}

/** Whether somebody listens on the port of a whole datagram. */
export const hasReceiver = (stack: Stack, datagram: number): boolean =>
  stack.linkReceivers.has(udpDestinationPort(stack.arena.bytes, datagram));

/** Gives a whole datagram with a right checksum to its receiver; takes the slot. */
export function receiveLinkDatagram(
  stack: Stack,
  slot: PacketSlot,
  family: IpFamily,
  datagram: number,
  link: number,
  now: Instant,
): DropReason | undefined {
  const { arena } = stack;
  const bytes = arena.bytes;
  const ip = arena.start[slot] as number;
  const receiver = stack.linkReceivers.get(udpDestinationPort(bytes, datagram));
  const reason = receiver?.(
    {
      interface: stack.interfaces.idOf(link),
      source: readSource(bytes, ip, family),
      sourcePort: udpSourcePort(bytes, datagram),
      hopLimit: readHopLimit(bytes, ip, family),
      bytes,
      start: datagram + UDP_HEADER_BYTES,
      end: datagram + udpLength(bytes, datagram),
    },
    now,
  );
  if (reason !== undefined) return drop(stack, slot, reason);
  arena.release(slot);
  return undefined;
}
