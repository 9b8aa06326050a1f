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
import { readUint32 } from '../base/bytes.ts';
import type { IpFamily } from '../base/ip-address.ts';
import {
  IPV4_SOURCE,
  IPV6_HEADER_BYTES,
  IPV6_SOURCE,
  ipv4HeaderBytes,
  ipv4Protocol,
  ipv6NextHeader,
  isIpv4Fragment,
} from '../packet/index.ts';

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

/** Mixes in `octets` octets at `i`; source and destination stand side by side in both headers. */
function mixWords(hash: number, b: Uint8Array, i: number, octets: number): number {
  let h = hash;
  for (let o = 0; o < octets; o += 4) h = mix(h ^ readUint32(b, i + o));
  return h;
}

function withPorts(h: number, protocol: number, b: Uint8Array, ports: number, end: number): number {
  if (!hasPorts(protocol) || ports + PORTS_BYTES > end) return h;
  return mix(mix(h ^ readUint32(b, ports)) ^ protocol);
}

/** The packet from `ip` to `end` has a whole header. `seed`: another one for each router on the way. */
export function flowOf4(seed: number, b: Uint8Array, ip: number, end: number): number {
  const h = mixWords(seed, b, ip + IPV4_SOURCE, 8);
  if (isIpv4Fragment(b, ip)) return h;
  return withPorts(h, ipv4Protocol(b, ip), b, ip + ipv4HeaderBytes(b, ip), end);
}

/** The same of IPv6; ports are looked for right behind the header. */
export function flowOf6(seed: number, b: Uint8Array, ip: number, end: number): number {
  const h = mixWords(seed, b, ip + IPV6_SOURCE, 32);
  return withPorts(h, ipv6NextHeader(b, ip), b, ip + IPV6_HEADER_BYTES, end);
}

/** Of what we send ourselves only the destination is known when the way is chosen. */
export const flowTowards = (seed: number, family: IpFamily, b: Uint8Array, i: number): number =>
  mixWords(seed, b, i, family === 4 ? 4 : 16);
