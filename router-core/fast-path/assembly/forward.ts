/**
 * Which packets are the common case, and where they go: netstack/receive.ts and netstack/forward.ts for
 * packets that need no thought.
 *
 * Standard: RFC 1812 §5.2.1.2 (order of steps), §5.3.1 (TTL), RFC 1624 (checksum); RFC 8200 §3.
 *
 * Anything else — options, local and odd addresses, no route, expired hop limit, larger than the next
 * link — is punted, untouched: the router worker decides, drops with a reason, or tells the sender. What a
 * neighbor asked to be discarded (RFC 7999) is not: it comes in floods, and nobody is told.
 *
 * Invariant: a packet that is punted has not been changed.
 *
 * @module
 */
import {
  BANK_FIB4,
  BANK_FIB6,
  FIB_DISCARD,
  INTERFACE_FLAG_PUNT,
  INTERFACE_FLAG_SECLUDED,
  INTERFACE_FLAGS,
  INTERFACE_MTU,
  INTERFACE_PEER,
  WORKER,
  WORKER_ROUTES4,
  WORKER_ROUTES6,
} from '../../packet/plane-layout';
import { isLocal4, isLocal6 } from './local-lookup';
import { choose } from './next-hop-sets';
import { lookup } from './route-lookup';
import { findInterface } from './tables';

/** The router worker decides. */
export const PUNT: usize = 0;
/** Its route says "drop without a word"; no record stands there. */
export const DISCARDED: usize = 1;

/** Octets of the packet that `route` looked at, without padding. */
export let packetBytes: u32 = 0;

/**
 * Returns the record of the interface the packet leaves by, PUNT or DISCARDED.
 * `packet` to `end` was opened by the peer at the other end of a tunnel.
 */
export function route(bank: usize, packet: usize, end: usize, now: f64): usize {
  const version = load<u8>(packet) >>> 4;
  if (version === 6) return route6(bank, packet, end, now);
  return version === 4 ? route4(bank, packet, end, now) : PUNT;
}

function route4(bank: usize, packet: usize, end: usize, now: f64): usize {
  if (end - packet < 20 || load<u8>(packet) !== 0x45) return PUNT;
  const length: u32 = bswap<u16>(load<u16>(packet, 2));
  if (length < 20 || packet + length > end) return PUNT;
  if (!isChecksumRight(packet)) return PUNT;
  const source = load<u8>(packet, 12);
  if (isOdd4(source) || isLinkLocal4(packet + 12)) return PUNT;
  const destination = packet + 16;
  if (isOdd4(load<u8>(destination)) || isLinkLocal4(destination)) return PUNT;
  if (isLocal4(bank, destination)) return PUNT;
  packetBytes = length;
  const id = lookup(bank + BANK_FIB4, destination, 4, WORKER + WORKER_ROUTES4, now);
  if (id === FIB_DISCARD) return DISCARDED;
  if (load<u8>(packet, 8) <= 1) return PUNT;
  const out = outgoing(bank, id, packet, packet + length);
  return out === PUNT || length > load<u32>(out, INTERFACE_MTU) ? PUNT : out;
}

function route6(bank: usize, packet: usize, end: usize, now: f64): usize {
  if (end - packet < 40) return PUNT;
  const length: u32 = 40 + <u32>bswap<u16>(load<u16>(packet, 4));
  if (packet + length > end) return PUNT;
  const destination = packet + 24;
  if (isOdd6(packet + 8) || isOdd6(destination)) return PUNT;
  if (isLocal6(bank, destination)) return PUNT;
  packetBytes = length;
  const id = lookup(bank + BANK_FIB6, destination, 16, WORKER + WORKER_ROUTES6, now);
  if (id === FIB_DISCARD) return DISCARDED;
  if (load<u8>(packet, 7) <= 1) return PUNT;
  const out = outgoing(bank, id, packet, packet + length);
  return out === PUNT || length > load<u32>(out, INTERFACE_MTU) ? PUNT : out;
}

/** Takes one hop off a packet that will be forwarded. */
export function decrementHopLimit(packet: usize): void {
  if (load<u8>(packet) >>> 4 === 6) {
    store<u8>(packet, load<u8>(packet, 7) - 1, 7);
    return;
  }
  const before: u32 = bswap<u16>(load<u16>(packet, 8));
  const after = before - 0x100;
  store<u16>(packet, bswap<u16>(<u16>after), 8);
  // RFC 1624 §3: HC' = ~(~HC + ~m + m').
  let sum: u32 =
    (~(<u32>bswap<u16>(load<u16>(packet, 10))) & 0xffff) + (~before & 0xffff) + (after & 0xffff);
  sum = (sum & 0xffff) + (sum >>> 16);
  sum = (sum & 0xffff) + (sum >>> 16);
  store<u16>(packet, bswap<u16>(<u16>~sum), 10);
}

/** The interface of an answer, of several the one of the flow, when it is a tunnel of the fast path; or PUNT. */
function outgoing(bank: usize, id: i32, packet: usize, end: usize): usize {
  let out = findInterface(bank, id);
  if (out === 0) out = choose(bank, id, packet, end);
  if (out === 0 || load<i32>(out, INTERFACE_PEER) < 0) return PUNT;
  const flags = load<u32>(out, INTERFACE_FLAGS);
  return (flags & (INTERFACE_FLAG_PUNT | INTERFACE_FLAG_SECLUDED)) !== 0 ? PUNT : out;
}

/** RFC 1071 over a header of twenty octets; the order of octets does not matter for the test. */
function isChecksumRight(packet: usize): bool {
  let sum: u64 =
    <u64>load<u32>(packet) +
    <u64>load<u32>(packet, 4) +
    <u64>load<u32>(packet, 8) +
    <u64>load<u32>(packet, 12) +
    <u64>load<u32>(packet, 16);
  sum = (sum & 0xffffffff) + (sum >>> 32);
  sum = (sum & 0xffff) + (sum >>> 16);
  sum = (sum & 0xffff) + (sum >>> 16);
  sum = (sum & 0xffff) + (sum >>> 16);
  return sum === 0xffff;
}

/** 0/8, 127/8, multicast and reserved: nothing that is simply forwarded. */
function isOdd4(first: u8): bool {
  return first === 0 || first === 127 || first >= 224;
}

/** 169.254/16 (RFC 3927 §7). */
function isLinkLocal4(address: usize): bool {
  return load<u16>(address) === 0xfea9;
}

/** Multicast, link-local, `::` and `::1`; of ::/64 nothing else is in use either. */
function isOdd6(address: usize): bool {
  const first: u32 = bswap<u16>(load<u16>(address));
  return first >= 0xff00 || (first & 0xffc0) === 0xfe80 || load<u64>(address) === 0;
}
