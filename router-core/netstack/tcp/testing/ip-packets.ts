/**
 * IP headers around segments, as the netstack would write them: for tests only.
 *
 * @module
 */
import type { IpAddress, IpFamily } from '../../../base/ip-address.ts';
import { NONE, type PacketSlot } from '../../../base/units.ts';
import {
  findTcpOption,
  type PacketArena,
  TCP_OPTION_MD5,
  writeTcpChecksum,
} from '../../../packet/index.ts';
import { isSignatureRight, signatureOf } from '../md5-signature.ts';

export const ipHeaderBytes = (family: IpFamily): number => (family === 4 ? 20 : 40);

/** Copies the segment out of its slot, behind an IP header with nothing but addresses and a hop limit. */
export function packetOf(
  arena: PacketArena,
  slot: PacketSlot,
  from: IpAddress,
  to: IpAddress,
  hopLimit: number,
): Uint8Array {
  const segment = arena.bytes.subarray(arena.start[slot], arena.end[slot]);
  return wrapSegment(segment, from, to, hopLimit);
}

export function wrapSegment(
  segment: Uint8Array,
  from: IpAddress,
  to: IpAddress,
  hopLimit: number,
): Uint8Array {
  const header = ipHeaderBytes(from.family);
  const packet = new Uint8Array(header + segment.length);
  packet[0] = from.family << 4;
  packet[from.family === 4 ? 8 : 7] = hopLimit;
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
  const { family, source, destination, start } = placesOf(packet);
  const octets = family === 4 ? 4 : 16;
  writeTcpChecksum(
    family,
    packet.slice(source, source + octets),
    packet.slice(destination, destination + octets),
    packet,
    start,
    packet.length,
  );
}

/** Where the addresses and the segment of a packet stand. */
function placesOf(packet: Uint8Array) {
  const family = (packet[0] as number) >>> 4 === 4 ? 4 : 6;
  const [source, destination] = family === 4 ? [12, 16] : [8, 24];
  return { family, source, destination, start: ipHeaderBytes(family) } as const;
}

/** Fills the MD5 option of a packet, which has one, and makes the checksum right. */
export function signPacket(packet: Uint8Array, key: Uint8Array): void {
  const { family, source, destination, start } = placesOf(packet);
  const option = findTcpOption(packet, start, TCP_OPTION_MD5);
  const end = packet.length;
  packet.set(
    signatureOf(key, family, packet, source, packet, destination, packet, start, end),
    option + 2,
  );
  writeChecksum(packet);
}

/** Whether a packet is signed with this key; undefined: it is not signed. */
export function isSignedWith(packet: Uint8Array, key: Uint8Array): boolean | undefined {
  const { family, source, destination, start } = placesOf(packet);
  const option = findTcpOption(packet, start, TCP_OPTION_MD5);
  if (option === -1) return undefined;
  const end = packet.length;
  return isSignatureRight(key, family, packet, source, destination, start, end, option + 2);
}
