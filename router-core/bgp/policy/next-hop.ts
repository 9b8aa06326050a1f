/**
 * Does a received next hop make sense?
 *
 * Standard: RFC 4271 §5.1.3 and §6.3, RFC 2545 §3, RFC 8950 §4; BGP specification §2.3.
 *
 * A tunnel is point to point: packets go to the neighbor's interface whatever the next hop says. It
 * is checked all the same, because nonsense here is a sign of a mistake over there.
 *
 * @module
 */
import { at, readUint32 } from '../../base/bytes.ts';
import type { IpAddress } from '../../base/ip-address.ts';

/** Judges 4, 16 or 32 octets; `own` are our addresses on this link. */
export function isNextHopUsable(
  b: Uint8Array,
  start: number,
  end: number,
  own: readonly Uint8Array[],
): boolean {
  if (end - start === 4) return isUsableIpv4(b, start) && !isOwn(b, start, 4, own);
  // BIRD sends `::` and its link-local address: either part being usable is enough, but a part
  // that is ours is a loop.
  if (end - start === 32) {
    if (isUsableLinkLocal(b, start + 16)) return !isOwn(b, start + 16, 16, own);
  }
  return isUsableIpv6(b, start) && !isOwn(b, start, 16, own);
}

/** Returns the part of a next hop that means something beyond its link; undefined: there is none. */
export function globalNextHop(b: Uint8Array, start: number, end: number): IpAddress | undefined {
  if (end - start === 4) return { family: 4, bytes: b.slice(start, end) };
  const isLinkLocalOnly = isUsableLinkLocal(b, start) || !isUsableIpv6(b, start);
  return isLinkLocalOnly ? undefined : { family: 6, bytes: b.slice(start, start + 16) };
}

function isUsableIpv4(b: Uint8Array, o: number): boolean {
  const first = at(b, o);
  return first !== 0 && first !== 127 && first < 224;
}

const isUsableLinkLocal = (b: Uint8Array, o: number): boolean =>
  at(b, o) === 0xfe && (at(b, o + 1) & 0xc0) === 0x80;

function isUsableIpv6(b: Uint8Array, o: number): boolean {
  if (at(b, o) === 0xff) return false;
  const isLow = readUint32(b, o) === 0 && readUint32(b, o + 4) === 0 && readUint32(b, o + 8) === 0;
  // `::` and `::1`.
  return !isLow || readUint32(b, o + 12) > 1;
}

function isOwn(b: Uint8Array, o: number, length: number, own: readonly Uint8Array[]): boolean {
  for (const address of own) {
    if (address.length !== length) continue;
    let i = 0;
    while (i < length && at(address, i) === at(b, o + i)) i++;
    if (i === length) return true;
  }
  return false;
}
