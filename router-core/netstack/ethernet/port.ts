/**
 * One Ethernet port: what it knows, and how a frame leaves it.
 *
 * Standard: RFC 894 and RFC 2464 (IP over Ethernet).
 *
 * @module
 */
import { assert } from '../../base/assert.ts';
import { commonBits, type IpAddress, type IpFamily } from '../../base/ip-address.ts';
import type { MacAddress } from '../../base/mac-address.ts';
import type { TokenBucket } from '../../base/token-bucket.ts';
import type { Instant, PacketSlot } from '../../base/units.ts';
import {
  ETHERNET_HEADER_BYTES,
  ETHERTYPE_ARP,
  type FrameSink,
  SLOT_BYTES,
  writeEthernetHeader,
} from '../../packet/index.ts';
import type { Stack } from '../stack.ts';
import type { AddressClaims } from './address-claims.ts';
import type { NeighborCache } from './neighbor-cache.ts';

export type EthernetPort = {
  /** Its row among the interfaces. */
  readonly index: number;
  linkAddress: MacAddress;
  frames: FrameSink;
  readonly neighbors: NeighborCache;
  readonly claims: AddressClaims;
  /** For questions of others about our addresses. */
  readonly answers: TokenBucket;
};

/** Sends the slot's octets as the payload of a frame; takes the slot. ARP is not counted as a packet. */
export function sendFrame(
  stack: Stack,
  port: EthernetPort,
  slot: PacketSlot,
  type: number,
  destination: Uint8Array,
  destinationAt: number,
  now: Instant,
): void {
  const { arena, interfaces } = stack;
  const payload = arena.start[slot] as number;
  const start = payload - ETHERNET_HEADER_BYTES;
  assert(start >= slot * SLOT_BYTES, 'a frame has room for its header');
  if (type !== ETHERTYPE_ARP) {
    const octets = (arena.end[slot] as number) - payload;
    interfaces.txPackets[port.index] = (interfaces.txPackets[port.index] as number) + 1;
    interfaces.txBytes[port.index] = (interfaces.txBytes[port.index] as number) + octets;
  }
  writeEthernetHeader(arena.bytes, start, destination, destinationAt, port.linkAddress, type);
  arena.start[slot] = start;
  stack.isTransmitting = true;
  port.frames.sendFrame(interfaces.idOf(port.index), slot, now);
  stack.isTransmitting = false;
}

/**
 * Returns the assigned address to ask from: the one that agrees with the target longest (RFC 6724 §5, rule 8),
 * so that a neighbor which answers its own subnet only does so. Undefined when there is none of the family.
 */
export function sourceTowards(
  port: EthernetPort,
  family: IpFamily,
  target: Uint8Array,
): IpAddress | undefined {
  let best: IpAddress | undefined;
  let bestBits = -1;
  for (const address of port.claims.assigned()) {
    if (address.family !== family) continue;
    const bits = commonBits(address.bytes, target);
    if (bits > bestBits) {
      best = address;
      bestBits = bits;
    }
  }
  return best;
}
