/**
 * Underlay addresses as the system writes them, 28 octets.
 *
 * Standard: POSIX `sockaddr_in` and RFC 3493 §3.3 `sockaddr_in6`, with Linux's numbers for families.
 *
 *   IPv4  │ 2  │ port, big-endian │ address 4 │ zero … │
 *   IPv6  │ 10 │ port, big-endian │ flow 4 │ address 16 │ scope 4 │
 *
 * @module
 */
import { at } from '../base/bytes.ts';
import { ADDRESS_BYTES, FAMILY_IPV4, FAMILY_IPV6 } from '../packet/plane-layout.ts';

/** Writes family (4, 6 or 0 for none), port and address at `to`. */
export function writeSockaddr(
  b: Uint8Array,
  to: number,
  family: number,
  port: number,
  address: Uint8Array,
  from: number,
): void {
  b.fill(0, to, to + ADDRESS_BYTES);
  if (family === 0) return;
  b[to] = family === 4 ? FAMILY_IPV4 : FAMILY_IPV6;
  b[to + 2] = port >>> 8;
  b[to + 3] = port;
  const octets = family === 4 ? 4 : 16;
  const start = to + (family === 4 ? 4 : 8);
  for (let i = 0; i < octets; i++) b[start + i] = at(address, from + i);
}

/** 4 or 6; 0 for anything else. */
export function sockaddrFamily(b: Uint8Array, i: number): 0 | 4 | 6 {
  const family = at(b, i) | (at(b, i + 1) << 8);
  return family === FAMILY_IPV4 ? 4 : family === FAMILY_IPV6 ? 6 : 0;
}

export const sockaddrPort = (b: Uint8Array, i: number): number =>
  (at(b, i + 2) << 8) | at(b, i + 3);

/** Where the address begins. */
export const sockaddrAddress = (b: Uint8Array, i: number): number =>
  i + (sockaddrFamily(b, i) === 4 ? 4 : 8);
