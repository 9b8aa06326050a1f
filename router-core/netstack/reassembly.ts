/**
 * Fragments of packets that end with us become whole packets; those of others pass as they are.
 *
 * Standard: RFC 791 §3.2, RFC 1122 §3.3.2 and RFC 1812 §5.2.1.1 (IPv4); RFC 8200 §4.5, RFC 5722 (overlaps),
 * RFC 6946 (a fragment that is all is none), RFC 7112 §5 (the first fragment has every header) for IPv6. In IPv4
 * overlaps end a datagram as well, as in Linux: nobody sends them but for harm.
 *
 *   fragment ─► its datagram (partial-datagrams.ts) ─┬─► waits ─► 30 or 60 s: time exceeded, code 1
 *                                                    └─► whole: delivered in the last fragment's slot
 *
 * Invariants
 * - A slot that comes in is released, or holds the whole packet.
 * - A whole packet fits a slot: at most `DATA_BYTES` with its headers. More is refused as `too-big`.
 *
 * @module
 */
import { at, readUint32, writeUint16 } from '../base/bytes.ts';
import type { DropReason } from '../base/drop-reason.ts';
import {
  addMilliseconds,
  type Instant,
  milliseconds,
  NONE,
  type PacketSlot,
} from '../base/units.ts';
import {
  DATA_BYTES,
  HEADROOM_BYTES,
  ICMP_HEADER_BYTES,
  ICMPV4_TIME_EXCEEDED,
  ICMPV6_ERRONEOUS_FIELD,
  ICMPV6_PARAMETER_PROBLEM,
  ICMPV6_TIME_EXCEEDED,
  IPV4_SOURCE,
  IPV6_FRAGMENT_HEADER_BYTES,
  IPV6_HEADER_BYTES,
  IPV6_SOURCE,
  ipv4FragmentOffset,
  ipv4HeaderBytes,
  ipv4Identification,
  ipv4MoreFragments,
  ipv4Protocol,
  PROTOCOL_ICMPV6,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  SLOT_BYTES,
  TCP_HEADER_BYTES,
  UDP_HEADER_BYTES,
  writeIpv4Checksum,
  writeIpv4Fragment,
  writeIpv4Lengths,
} from '../packet/index.ts';
import { FRAGMENT_REASSEMBLY_TIME_EXCEEDED, IP_DATAGRAM_BYTES_MAX } from './constants.ts';
import { dropWithError } from './icmp-errors.ts';
import {
  REASSEMBLY_HEADER_BYTES_MAX,
  REASSEMBLY_TIME_IPV4_MS,
  REASSEMBLY_TIME_IPV6_MS,
} from './limits.ts';
import { type DatagramKey, type PartialDatagram, placeFragment } from './partial-datagrams.ts';
import { drop, type Stack } from './stack.ts';

/** The slot holds the whole packet; or was kept for later and released; or was dropped. */
export type Reassembled = 'whole' | 'kept' | DropReason;

/** Takes an IPv4 fragment for us, its header complete. */
export function reassembleIpv4(
  stack: Stack,
  slot: PacketSlot,
  link: number,
  now: Instant,
): Reassembled {
  const b = stack.arena.bytes;
  const ip = stack.arena.start[slot] as number;
  const end = stack.arena.end[slot] as number;
  const payload = ip + ipv4HeaderBytes(b, ip);
  const offset = ipv4FragmentOffset(b, ip);
  const hasMore = ipv4MoreFragments(b, ip);
  const octets = end - payload;
  // RFC 791 §3.1: all but the last are a multiple of eight octets. Empty ones prove nothing.
  if (octets === 0 || (hasMore && octets % 8 !== 0)) return drop(stack, slot, 'malformed');
  if (payload - ip + offset + octets > IP_DATAGRAM_BYTES_MAX) return drop(stack, slot, 'malformed');
  const datagram = findOrAdd(
    stack,
    {
      interface: stack.interfaces.idOf(link),
      family: 4,
      protocol: ipv4Protocol(b, ip),
      identification: ipv4Identification(b, ip),
      addresses: b.slice(ip + IPV4_SOURCE, ip + IPV4_SOURCE + 8),
    },
    REASSEMBLY_TIME_IPV4_MS,
    now,
  );
  const placed = placeFragment(datagram, offset, !hasMore, b, payload, end);
  if (offset === 0 && (placed === 'waiting' || placed === 'complete')) {
    datagram.header = b.slice(ip, payload);
    datagram.firstBytes = octets;
  }
  if (placed !== 'complete') return settle(stack, slot, placed);
  const header = writeWhole(stack, slot, datagram);
  if (header === NONE) return drop(stack, slot, 'too-big');
  const start = stack.arena.start[slot] as number;
  writeIpv4Lengths(b, start, header, (stack.arena.end[slot] as number) - start);
  writeIpv4Fragment(b, start, 0, 0);
  writeIpv4Checksum(b, start);
  return 'whole';
}

/** Takes an IPv6 fragment for us; `stack.walk` has just walked it. */
export function reassembleIpv6(
  stack: Stack,
  slot: PacketSlot,
  link: number,
  now: Instant,
): Reassembled {
  const { walk } = stack;
  const b = stack.arena.bytes;
  const ip = stack.arena.start[slot] as number;
  const end = stack.arena.end[slot] as number;
  const fragment = walk.fragmentAt;
  const payload = fragment + IPV6_FRAGMENT_HEADER_BYTES;
  const offset = walk.fragmentOffset;
  const hasMore = (at(b, fragment + 3) & 1) !== 0;
  const octets = end - payload;
  // RFC 8200 §4.5 tells which fields are at fault: the payload length, or the fragment offset.
  if (hasMore && octets % 8 !== 0) return refuse(stack, slot, 4, now);
  if (offset + octets > IP_DATAGRAM_BYTES_MAX) return refuse(stack, slot, fragment + 2 - ip, now);
  if (octets === 0 || fragment - ip > REASSEMBLY_HEADER_BYTES_MAX) {
    return drop(stack, slot, 'malformed');
  }
  if (offset === 0 && !hasEveryHeader(stack, end)) return drop(stack, slot, 'malformed');
  const datagram = findOrAdd(
    stack,
    {
      interface: stack.interfaces.idOf(link),
      family: 6,
      protocol: 0,
      identification: readUint32(b, fragment + 4),
      addresses: b.slice(ip + IPV6_SOURCE, ip + IPV6_SOURCE + 32),
    },
    REASSEMBLY_TIME_IPV6_MS,
    now,
  );
  const placed = placeFragment(datagram, offset, !hasMore, b, payload, end);
  if (offset === 0 && (placed === 'waiting' || placed === 'complete')) {
    datagram.header = b.slice(ip, fragment);
    datagram.nextHeader = at(b, fragment);
    datagram.nextHeaderAt = walk.fragmentNamedAt - ip;
    datagram.firstBytes = octets;
  }
  if (placed !== 'complete') return settle(stack, slot, placed);
  const header = writeWhole(stack, slot, datagram);
  if (header === NONE) return drop(stack, slot, 'too-big');
  const start = stack.arena.start[slot] as number;
  b[start + datagram.nextHeaderAt] = datagram.nextHeader;
  writeUint16(b, start + 4, (stack.arena.end[slot] as number) - start - IPV6_HEADER_BYTES);
  return 'whole';
}

/** Ends what has waited too long; the sender hears of it when the first fragment came (RFC 8200 §4.5). */
export function expireReassemblies(stack: Stack, now: Instant): void {
  const { partials, arena } = stack;
  for (
    let expired = partials.takeExpired(now);
    expired !== undefined;
    expired = partials.takeExpired(now)
  ) {
    const slot = expired.header === undefined ? NONE : arena.allocate();
    if (slot === NONE) {
      stack.drops.fragment++;
      continue;
    }
    quoteFirst(stack, slot as PacketSlot, expired);
    const { family } = expired.key;
    const type = family === 4 ? ICMPV4_TIME_EXCEEDED : ICMPV6_TIME_EXCEEDED;
    const code = FRAGMENT_REASSEMBLY_TIME_EXCEEDED;
    dropWithError(stack, slot as PacketSlot, family, type, code, 0, 'fragment', now);
  }
  armReassemblyTimer(stack);
}

function findOrAdd(
  stack: Stack,
  key: DatagramKey,
  timeoutMs: number,
  now: Instant,
): PartialDatagram {
  const known = stack.partials.find(key);
  if (known !== undefined) return known;
  const expiresAt = addMilliseconds(now, milliseconds(timeoutMs));
  const { datagram, evicted } = stack.partials.add(key, expiresAt);
  stack.drops.fragment += evicted;
  armReassemblyTimer(stack);
  return datagram;
}

function armReassemblyTimer({ partials, timers }: Stack): void {
  const deadline = partials.nextDeadline();
  if (deadline === undefined) timers.clear('reassembly');
  else timers.set('reassembly', deadline);
}

/** The fragment's octets were copied, or are not wanted: its slot goes. */
function settle(
  stack: Stack,
  slot: PacketSlot,
  placed: 'waiting' | 'repeated' | 'spoiled' | 'too-big',
): Reassembled {
  if (placed === 'too-big') return drop(stack, slot, 'too-big');
  if (placed === 'spoiled') return drop(stack, slot, 'fragment');
  stack.arena.release(slot);
  return 'kept';
}

/** Writes header and data into the slot and forgets the datagram; returns the header's octets, or NONE. */
function writeWhole(stack: Stack, slot: PacketSlot, datagram: PartialDatagram): number {
  const { arena } = stack;
  const { header, data, received } = datagram;
  stack.partials.remove(datagram);
  armReassemblyTimer(stack);
  // Without overlaps the first octet came in a first fragment.
  if (header === undefined || header.length + received > DATA_BYTES) return NONE;
  const start = slot * SLOT_BYTES + HEADROOM_BYTES;
  arena.bytes.set(header, start);
  arena.bytes.set(data.subarray(0, received), start + header.length);
  arena.start[slot] = start;
  arena.end[slot] = start + header.length + received;
  return header.length;
}

/** Writes the first fragment as it came, as far as an error repeats it. */
function quoteFirst(stack: Stack, slot: PacketSlot, datagram: PartialDatagram): void {
  const { arena } = stack;
  const { header = new Uint8Array(0), data, firstBytes, key } = datagram;
  const start = arena.start[slot] as number;
  arena.bytes.set(header, start);
  let payload = start + header.length;
  if (key.family === 6) {
    arena.bytes.fill(0, payload, payload + IPV6_FRAGMENT_HEADER_BYTES);
    arena.bytes[payload] = datagram.nextHeader;
    writeUint16(arena.bytes, payload + 2, 1);
    writeUint16(arena.bytes, payload + 4, key.identification >>> 16);
    writeUint16(arena.bytes, payload + 6, key.identification & 0xffff);
    payload += IPV6_FRAGMENT_HEADER_BYTES;
  }
  arena.bytes.set(data.subarray(0, firstBytes), payload);
  arena.end[slot] = payload + firstBytes;
  arena.ingress[slot] = key.interface;
}

/** RFC 7112 §5: the first fragment reaches to the end of the upper-layer header. */
function hasEveryHeader({ walk }: Stack, end: number): boolean {
  return walk.offset + (UPPER_HEADER_BYTES[walk.protocol] ?? 1) <= end;
}

const UPPER_HEADER_BYTES: Readonly<Record<number, number>> = {
  [PROTOCOL_TCP]: TCP_HEADER_BYTES,
  [PROTOCOL_UDP]: UDP_HEADER_BYTES,
  [PROTOCOL_ICMPV6]: ICMP_HEADER_BYTES,
};

const refuse = (stack: Stack, slot: PacketSlot, pointer: number, now: Instant): DropReason =>
  dropWithError(
    stack,
    slot,
    6,
    ICMPV6_PARAMETER_PROBLEM,
    ICMPV6_ERRONEOUS_FIELD,
    pointer,
    'malformed',
    now,
  );
