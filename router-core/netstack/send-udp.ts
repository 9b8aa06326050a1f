/**
 * A UDP datagram of our own on its way out: header, payload, IP, checksum.
 *
 * Standard: RFC 768; RFC 8200 §8.1 (the checksum is not left out).
 *
 * @module
 */
import type { DropReason } from '../base/drop-reason.ts';
import type { IpFamily } from '../base/ip-address.ts';
import type { Instant, PacketSlot } from '../base/units.ts';
import {
  DATA_BYTES,
  IPV6_HEADER_BYTES,
  PROTOCOL_UDP,
  UDP_HEADER_BYTES,
  writeUdpChecksum,
  writeUdpHeader,
} from '../packet/index.ts';
import { prependIp, sendIp } from './send.ts';
import { drop, type Stack } from './stack.ts';

/** What a datagram says beside its payload; its addresses stand in `stack.source` and `stack.destination`. */
export type UdpHead = {
  readonly family: IpFamily;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly hopLimit: number;
  readonly trafficClass: number;
};

/** Sends octets in a fresh slot by an interface; takes the slot, and returns why they could not leave. */
export function sendUdp(
  stack: Stack,
  slot: PacketSlot,
  { family, sourcePort, destinationPort, hopLimit, trafficClass }: UdpHead,
  payload: Uint8Array,
  out: number,
  now: Instant,
): DropReason | undefined {
  const { arena } = stack;
  const length = UDP_HEADER_BYTES + payload.length;
  if (length > DATA_BYTES - IPV6_HEADER_BYTES) return drop(stack, slot, 'too-big');
  const b = arena.bytes;
  const start = arena.start[slot] as number;
  writeUdpHeader(b, start, sourcePort, destinationPort, length);
  b.set(payload, start + UDP_HEADER_BYTES);
  arena.end[slot] = start + length;
  const ip = prependIp(stack, slot, family, PROTOCOL_UDP, hopLimit, trafficClass);
  writeUdpChecksum(family, b, ip, start);
  return sendIp(stack, slot, family, out, now);
}
