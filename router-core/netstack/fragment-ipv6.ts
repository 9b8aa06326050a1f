/**
 * Fragmentation of our own IPv6 packets: answers to echo requests larger than a link carries.
 *
 * Standard: RFC 8200 §4.5 (only the source cuts), §5 (1,280 octets arrive everywhere); RFC 7739 §5.3 (an
 * identification nobody can guess). TCP and probes never need it: they fit, or the size is their question.
 *
 *   ip │ fragment header │ 1,232 octets     …     ip │ fragment header │ the rest
 *
 * Every fragment but the last is a copy in a slot of its own; the last stays where it is.
 *
 * @module
 */
import { writeUint16, writeUint32 } from '../base/bytes.ts';
import type { DropReason } from '../base/drop-reason.ts';
import { type Instant, NONE, type PacketSlot } from '../base/units.ts';
import {
  IPV6_FRAGMENT_HEADER_BYTES,
  IPV6_HEADER_BYTES,
  IPV6_MTU_MIN,
  ipv6NextHeader,
  PROTOCOL_FRAGMENT,
} from '../packet/index.ts';
import { drop, type Stack } from './stack.ts';
import { transmit } from './transmit.ts';

const HEADER_BYTES = IPV6_HEADER_BYTES + IPV6_FRAGMENT_HEADER_BYTES;
const PART_BYTES = (IPV6_MTU_MIN - HEADER_BYTES) & ~7;

/** Cuts a finished packet of ours, without extension headers, and sends the parts by this interface. */
export function sendIpv6Fragments(
  stack: Stack,
  slot: PacketSlot,
  out: number,
  now: Instant,
): DropReason | undefined {
  const { arena } = stack;
  const b = arena.bytes;
  const ip = arena.start[slot] as number;
  const end = arena.end[slot] as number;
  const payload = ip + IPV6_HEADER_BYTES;
  const identification = stack.random.below(0x100000000);
  let from = payload;
  for (; end - from > PART_BYTES; from += PART_BYTES) {
    const part = arena.allocate();
    if (part === NONE) return drop(stack, slot, 'arena-full');
    const start = arena.start[part] as number;
    b.copyWithin(start, ip, payload);
    b.copyWithin(start + HEADER_BYTES, from, from + PART_BYTES);
    arena.end[part] = start + HEADER_BYTES + PART_BYTES;
    writeFragmentHeader(b, start, PART_BYTES, (from - payload) | 1, identification);
    transmit(stack, part, out, now);
  }
  // There were parts before it, so the header finds room where their octets stood.
  const start = from - HEADER_BYTES;
  b.copyWithin(start, ip, payload);
  writeFragmentHeader(b, start, end - from, from - payload, identification);
  arena.start[slot] = start;
  transmit(stack, slot, out, now);
  return undefined;
}

/** `offsetAndMore`: octets, a multiple of eight, and 1 where more follows. */
function writeFragmentHeader(
  b: Uint8Array,
  ip: number,
  octets: number,
  offsetAndMore: number,
  identification: number,
): void {
  const fragment = ip + IPV6_HEADER_BYTES;
  writeUint16(b, ip + 4, IPV6_FRAGMENT_HEADER_BYTES + octets);
  b[fragment] = ipv6NextHeader(b, ip);
  b[ip + 6] = PROTOCOL_FRAGMENT;
  b[fragment + 1] = 0;
  writeUint16(b, fragment + 2, offsetAndMore);
  writeUint32(b, fragment + 4, identification);
}
