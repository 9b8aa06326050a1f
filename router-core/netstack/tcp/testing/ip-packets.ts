/**
 * IP headers around segments, as the netstack would write them: for tests only.
 *
 * @module
 */
import type { IpAddress, IpFamily } from '../../../base/ip-address.ts';
import { NONE, type PacketSlot } from '../../../base/units.ts';
import { type PacketArena, writeTcpChecksum } from '../../../packet/index.ts';

export const ipHeaderBytes = (family: IpFamily): number => (family === 4 ? 20 : 40);

/** Copies the segment out of its slot, behind an IP header of which only the addresses are filled in. */
export function packetOf(
  arena: PacketArena,
  slot: PacketSlot,
  from: IpAddress,
  to: IpAddress,
): Uint8Array {
  const segment = arena.bytes.subarray(arena.start[slot], arena.end[slot]);
  return wrapSegment(segment, from, to);
}

export function wrapSegment(segment: Uint8Array, from: IpAddress, to: IpAddress): Uint8Array {
  const header = ipHeaderBytes(from.family);
  const packet = new Uint8Array(header + segment.length);
  packet[0] = from.family << 4;
  packet.set(from.bytes, from.family === 4 ? 12 : 8);
  packet.set(to.bytes, from.family === 4 ? 16 : 24);
  packet.set(segment, header);
  return packet;
}

/** Puts a packet into a slot as if it had come in by this interface; NONE when the arena is full. */
export function slotOf(arena: PacketArena, packet: Uint8Array, ingress: number): PacketSlot {
  const slot = arena.allocate();
  if (slot === NONE) return slot;
  const start = arena.start[slot] as number;
  arena.bytes.set(packet, start);
  arena.end[slot] = start + packet.length;
  arena.ingress[slot] = ingress;
  return slot;
}

/** Makes the checksum of a packet right after its segment was changed. */
export function writeChecksum(packet: Uint8Array): void {
  const family = (packet[0] as number) >>> 4 === 4 ? 4 : 6;
  const [source, destination] = family === 4 ? [12, 16] : [8, 24];
  const octets = family === 4 ? 4 : 16;
  writeTcpChecksum(
    family,
    packet.slice(source, source + octets),
    packet.slice(destination, destination + octets),
    packet,
    ipHeaderBytes(family),
    packet.length,
  );
}
