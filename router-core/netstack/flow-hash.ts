/**
 * What packets of one flow have in common, as one number.
 *
 * Standard: RFC 2992 §1 (packets of a flow stay on one path); RFC 6438 §2 (never split a flow).
 *
 *   TCP, UDP and their like, whole   addresses, protocol, ports
 *   everything else                  addresses alone: ICMP, and fragments, of which only the first has ports
 *
 * The fast path computes the same (fast-path/assembly/flow-hash.ts); differential.test.ts compares them.
 *
 * Invariant: octets beyond the packet's end are not read.
 *
 * @module
 */
import { at, readUint16, readUint32 } from '../base/bytes.ts';
import type { IpFamily } from '../base/ip-address.ts';
import { IPV4_DESTINATION, IPV4_SOURCE, IPV6_DESTINATION, IPV6_SOURCE } from '../packet/index.ts';

const IPV4_FRAGMENT = 6;
const IPV4_PROTOCOL = 9;
/** More fragments, and the offset. */
const IS_FRAGMENT = 0x3fff;
const IPV6_NEXT_HEADER = 6;
const IPV6_HEADER_BYTES = 40;
const PORTS_BYTES = 4;

/** Protocols whose first four octets are ports: TCP, UDP, DCCP, SCTP, UDP-Lite. */
const hasPorts = (protocol: number): boolean =>
  protocol === 6 || protocol === 17 || protocol === 33 || protocol === 132 || protocol === 136;

/** Every bit of the result depends on every bit of `x` (the finalizer of MurmurHash3). */
export function mix(x: number): number {
  let h = x ^ (x >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** The packet from `ip` to `end` has a whole header. `seed`: another one for each router on the way. */
export function flowOf4(seed: number, b: Uint8Array, ip: number, end: number): number {
  let h = mix(seed ^ readUint32(b, ip + IPV4_SOURCE));
  h = mix(h ^ readUint32(b, ip + IPV4_DESTINATION));
  const protocol = at(b, ip + IPV4_PROTOCOL);
  const isWhole = (readUint16(b, ip + IPV4_FRAGMENT) & IS_FRAGMENT) === 0;
  const ports = ip + (at(b, ip) & 15) * 4;
  if (!isWhole || !hasPorts(protocol) || ports + PORTS_BYTES > end) return h;
  return mix(mix(h ^ readUint32(b, ports)) ^ protocol);
}

/** The same of IPv6; ports are looked for right behind the header. */
export function flowOf6(seed: number, b: Uint8Array, ip: number, end: number): number {
  let h = seed;
  for (let i = 0; i < 16; i += 4) h = mix(h ^ readUint32(b, ip + IPV6_SOURCE + i));
  for (let i = 0; i < 16; i += 4) h = mix(h ^ readUint32(b, ip + IPV6_DESTINATION + i));
  const protocol = at(b, ip + IPV6_NEXT_HEADER);
  const ports = ip + IPV6_HEADER_BYTES;
  if (!hasPorts(protocol) || ports + PORTS_BYTES > end) return h;
  return mix(mix(h ^ readUint32(b, ports)) ^ protocol);
}

/** Of what we send ourselves only the destination is known when the way is chosen. */
export function flowTowards(seed: number, family: IpFamily, b: Uint8Array, i: number): number {
  let h = seed;
  for (let o = 0; o < (family === 4 ? 4 : 16); o += 4) h = mix(h ^ readUint32(b, i + o));
  return h;
}
