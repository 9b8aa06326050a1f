/**
 * Descriptors of datagrams in the shared memory, and the socket address inside them.
 *
 * Not standardized; little-endian. The address is Linux's `sockaddr_in` and `sockaddr_in6`
 * (linux/in.h, linux/in6.h), so that the kernel reads and writes it in place.
 *
 *      +0  u32 start of the datagram      +16 u16 family (2 = IPv4, 10 = IPv6)
 *      +4  u32 length                     +18 u16 port, big-endian
 *      +8  i32 socket (SocketId)          +20 IPv4: address (4), zero (20)
 *      +12 i32 tag (tx: peer, or -1)      +20 IPv6: flow 0 (4), address (16), scope (4)
 *
 * Equal tags mean equal destinations. What follows an IPv4 address is zero, so that two addresses are
 * equal when their seven words are.
 *
 * @module
 */

export const DESCRIPTOR_BYTES = 64;
/** Offsets in words of 32 bits, for an Int32Array over the memory. */
export const START = 0;
export const LENGTH = 1;
export const SOCKET = 2;
export const TAG = 3;
export const SOCKADDR = 4;

export const SOCKADDR_OFFSET = 16;
export const SOCKADDR_BYTES = 28;
const SOCKADDR_WORDS = 7;
export const IPV4_SOCKADDR_BYTES = 16;
export const AF_INET = 2;
export const AF_INET6 = 10;
const IPV4_ADDRESS = 4;
const IPV6_ADDRESS = 8;

/** Which index of an Int32Array belongs to an address. */
export const wordOf = (address: number): number => address >> 2;

export const familyOf = (words: Int32Array, sockaddr: number): number =>
  (words[sockaddr] as number) & 0xffff;

/** Returns the port of the address that starts at this word. */
export function portOf(words: Int32Array, sockaddr: number): number {
  const high = ((words[sockaddr] as number) >> 16) & 0xff;
  return (high << 8) | ((words[sockaddr] as number) >>> 24);
}

/** Whether the addresses that start at these words are equal. */
export function equalSockaddr(a: Int32Array, i: number, b: Int32Array, j: number): boolean {
  for (let k = 0; k < SOCKADDR_WORDS; k++) if (a[i + k] !== b[j + k]) return false;
  return true;
}

/** Writes an address of 28 octets; `address` has 4 or 16. */
export function writeSockaddr(
  bytes: Uint8Array,
  at: number,
  address: Uint8Array,
  port: number,
): void {
  bytes.fill(0, at, at + SOCKADDR_BYTES);
  bytes[at] = address.length === 4 ? AF_INET : AF_INET6;
  bytes[at + 2] = port >> 8;
  bytes[at + 3] = port;
  bytes.set(address, at + (address.length === 4 ? IPV4_ADDRESS : IPV6_ADDRESS));
}

/** Returns the octets of the address inside. */
export function addressIn(sockaddr: Uint8Array): Uint8Array {
  return sockaddr[0] === AF_INET
    ? sockaddr.slice(IPV4_ADDRESS, IPV4_ADDRESS + 4)
    : sockaddr.slice(IPV6_ADDRESS, IPV6_ADDRESS + 16);
}
