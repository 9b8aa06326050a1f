/**
 * Fragmentation of IPv4 packets that do not fit and may be cut.
 *
 * Standard: RFC 791 §3.2 "An Example Fragmentation Procedure"; RFC 1812 §4.2.2.7 (in order, as few as
 * possible). IPv6 is never fragmented on the way (RFC 8200 §5).
 *
 * Every fragment but the last is a copy in a slot of its own; the last stays where it is and gets the
 * header right before it, so nothing is overwritten before it is read.
 *
 * Invariant: the fragments carry each octet of the payload once.
 *
 * @module
 */
import { at } from '../base/bytes.ts';
import type { DropReason } from '../base/drop-reason.ts';
import { type Instant, NONE, type PacketSlot } from '../base/units.ts';
import {
  IPV4_HEADER_BYTES,
  IPV4_MORE_FRAGMENTS,
  IPV4_OPTION_COPIED,
  IPV4_OPTION_END,
  IPV4_OPTION_NOP,
  ipv4FragmentOffset,
  ipv4HeaderBytes,
  ipv4MoreFragments,
  type PacketArena,
  writeIpv4Checksum,
  writeIpv4Fragment,
  writeIpv4Lengths,
} from '../packet/index.ts';
import { drop, type Stack } from './stack.ts';
import { transmit } from './transmit.ts';

/** Cuts the packet, whose options are well-formed, to the MTU of the interface with this index and sends the parts. */
export function sendIpv4Fragments(
  stack: Stack,
  slot: PacketSlot,
  out: number,
  now: Instant,
): DropReason | undefined {
  const { arena } = stack;
  const b = arena.bytes;
  const ip = arena.start[slot] as number;
  const end = arena.end[slot] as number;
  const mtu = stack.interfaces.mtu[out] as number;
  const ingress = arena.ingress[slot] as number;
  const offset = ipv4FragmentOffset(b, ip);
  const hadMore = ipv4MoreFragments(b, ip);
  const payload = ip + ipv4HeaderBytes(b, ip);

  let headerBytes = ipv4HeaderBytes(b, ip);
  let from = payload;
  while (end - from > mtu - headerBytes) {
    // RFC 791 §3.2: all parts but the last are a multiple of eight octets.
    const size = (mtu - headerBytes) & ~7;
    const part = arena.allocate();
    if (part === NONE) return drop(stack, slot, 'arena-full');
    const header = arena.start[part] as number;
    b.copyWithin(header, ip, ip + headerBytes);
    b.copyWithin(header + headerBytes, from, from + size);
    finishFragment(
      arena,
      part,
      header,
      headerBytes,
      size,
      IPV4_MORE_FRAGMENTS,
      offset + from - payload,
    );
    arena.ingress[part] = ingress;
    transmit(stack, part, out, now);
    from += size;
    headerBytes = keepCopiedOptions(b, ip);
  }
  // Of the header only the fixed part and the copied options are left; it moves up to its octets.
  const header = from - headerBytes;
  b.copyWithin(header, ip, ip + headerBytes);
  const flags = hadMore ? IPV4_MORE_FRAGMENTS : 0;
  finishFragment(arena, slot, header, headerBytes, end - from, flags, offset + from - payload);
  transmit(stack, slot, out, now);
  return undefined;
}

function finishFragment(
  arena: PacketArena,
  slot: PacketSlot,
  header: number,
  headerBytes: number,
  size: number,
  flags: number,
  offset: number,
): void {
  writeIpv4Lengths(arena.bytes, header, headerBytes, headerBytes + size);
  writeIpv4Fragment(arena.bytes, header, flags, offset);
  writeIpv4Checksum(arena.bytes, header);
  arena.start[slot] = header;
  arena.end[slot] = header + headerBytes + size;
}

/**
 * Keeps in the header at `ip` only the options that go into every fragment (RFC 791 §3.1, the copied
 * flag), padded to four octets; returns its new length, which it also writes.
 */
function keepCopiedOptions(b: Uint8Array, ip: number): number {
  const end = ip + ipv4HeaderBytes(b, ip);
  let kept = ip + IPV4_HEADER_BYTES;
  for (let i = kept; i < end && at(b, i) !== IPV4_OPTION_END; ) {
    if (at(b, i) === IPV4_OPTION_NOP) {
      i++;
      continue;
    }
    const length = at(b, i + 1);
    if ((at(b, i) & IPV4_OPTION_COPIED) !== 0) {
      b.copyWithin(kept, i, i + length);
      kept += length;
    }
    i += length;
  }
  while ((kept - ip) % 4 !== 0) b[kept++] = IPV4_OPTION_END;
  writeIpv4Lengths(b, ip, kept - ip, 0);
  return kept - ip;
}
