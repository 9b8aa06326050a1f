/**
 * What packets of one flow have in common, as one number: netstack/flow-hash.ts, octet by octet.
 *
 * Standard: RFC 2992 §1, RFC 6438 §2.
 *
 * Invariant: the packet's header was checked by forward.ts, and `end` is that of the packet without padding.
 *
 * @module
 */

export function mix(x: u32): u32 {
  let h = x ^ (x >>> 16);
  h *= 0x85ebca6b;
  h ^= h >>> 13;
  h *= 0xc2b2ae35;
  return h ^ (h >>> 16);
}

/** TCP, UDP, DCCP, SCTP, UDP-Lite. */
function hasPorts(protocol: u8): bool {
  return (
    protocol === 6 || protocol === 17 || protocol === 33 || protocol === 132 || protocol === 136
  );
}

function wordAt(address: usize): u32 {
  return bswap<u32>(load<u32>(address));
}

/** A header of twenty octets. */
export function flowOf4(seed: u32, packet: usize, end: usize): u32 {
  let h = mix(seed ^ wordAt(packet + 12));
  h = mix(h ^ wordAt(packet + 16));
  const protocol = load<u8>(packet, 9);
  const isWhole = (bswap<u16>(load<u16>(packet, 6)) & 0x3fff) === 0;
  if (!isWhole || !hasPorts(protocol) || packet + 24 > end) return h;
  return mix(mix(h ^ wordAt(packet + 20)) ^ <u32>protocol);
}

export function flowOf6(seed: u32, packet: usize, end: usize): u32 {
  let h = seed;
  for (let i: usize = 0; i < 32; i += 4) h = mix(h ^ wordAt(packet + 8 + i));
  const protocol = load<u8>(packet, 6);
  if (!hasPorts(protocol) || packet + 44 > end) return h;
  return mix(mix(h ^ wordAt(packet + 40)) ^ <u32>protocol);
}
