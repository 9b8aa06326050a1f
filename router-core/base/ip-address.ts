/**
 * IP addresses and prefixes as values: for configuration, registry and looking glass.
 *
 * Standard: RFC 4291 §2.2 and RFC 5952 (text of IPv6), RFC 4632 (prefixes).
 *
 * The packet path never uses these types; it compares octets in place.
 *
 * Invariants
 * - `bytes` has 4 octets for family 4 and 16 for family 6.
 * - The host bits of an `IpPrefix` are zero.
 *
 * @module
 */
import { at, readUint16, toHex } from './bytes.ts';

export type IpFamily = 4 | 6;
export type IpAddress = { readonly family: IpFamily; readonly bytes: Uint8Array };
export type IpPrefix = {
  readonly family: IpFamily;
  readonly bytes: Uint8Array;
  readonly length: number;
};

/** Reads an IPv4 or IPv6 address without zone; undefined when it is neither. */
export function parseIpAddress(text: string): IpAddress | undefined {
  const bytes = text.includes(':') ? parseIpv6(text) : parseIpv4(text);
  return bytes === undefined ? undefined : { family: bytes.length === 4 ? 4 : 6, bytes };
}

/** Returns the first address of the family as it is written; undefined when there is none. */
export const firstOfFamily = (texts: readonly string[], family: IpFamily): string | undefined =>
  texts.find((text) => parseIpAddress(text)?.family === family);

/** Reads `address/length`; undefined when malformed or when a host bit is set. */
export function parseIpPrefix(text: string): IpPrefix | undefined {
  const prefix = parseIpPrefixLoose(text);
  if (prefix === undefined) return undefined;
  return hostBitsAreZero(prefix.bytes, prefix.length) ? prefix : undefined;
}

/** Like `parseIpPrefix`, but keeps host bits: for interface addresses such as 10.0.0.1/24. */
export function parseIpPrefixLoose(text: string): IpPrefix | undefined {
  const match = /^([0-9a-fA-F.:]+)\/([0-9]{1,3})$/.exec(text);
  if (match === null) return undefined;
  const address = parseIpAddress(match[1] as string);
  const length = Number(match[2]);
  if (address === undefined || length > address.bytes.length * 8) return undefined;
  return { family: address.family, bytes: address.bytes, length };
}

/** Returns the prefix of `length` bits that holds the address. */
export function prefixOf(address: IpAddress, length: number): IpPrefix {
  const bytes = address.bytes.slice();
  maskBytes(bytes, length);
  return { family: address.family, bytes, length };
}

/** Returns the prefix that holds exactly this address. */
export const hostPrefix = (address: IpAddress): IpPrefix => ({
  family: address.family,
  bytes: address.bytes,
  length: address.bytes.length * 8,
});

/** Clears every bit after the first `length`. */
export function maskBytes(bytes: Uint8Array, length: number): void {
  for (let i = 0; i < bytes.length; i++) {
    const bits = Math.min(8, Math.max(0, length - i * 8));
    bytes[i] = at(bytes, i) & (0xff00 >>> bits);
  }
}

export function prefixContains(prefix: IpPrefix, address: IpAddress): boolean {
  return prefix.family === address.family && sharesBits(prefix.bytes, address.bytes, prefix.length);
}

/** Whether `inner` is `outer` or a more specific part of it. */
export function prefixCovers(outer: IpPrefix, inner: IpPrefix): boolean {
  return (
    outer.family === inner.family &&
    outer.length <= inner.length &&
    sharesBits(outer.bytes, inner.bytes, outer.length)
  );
}

export const prefixesOverlap = (a: IpPrefix, b: IpPrefix): boolean =>
  prefixCovers(a, b) || prefixCovers(b, a);

export function equalAddresses(a: IpAddress, b: IpAddress): boolean {
  return a.family === b.family && sharesBits(a.bytes, b.bytes, a.bytes.length * 8);
}

export const equalPrefixes = (a: IpPrefix, b: IpPrefix): boolean =>
  a.length === b.length && prefixCovers(a, b);

/** Whether the first `length` bits agree. */
export function sharesBits(a: Uint8Array, b: Uint8Array, length: number): boolean {
  const whole = length >>> 3;
  for (let i = 0; i < whole; i++) if (a[i] !== b[i]) return false;
  const rest = length & 7;
  return rest === 0 || ((at(a, whole) ^ at(b, whole)) & (0xff00 >>> rest) & 0xff) === 0;
}

/** Returns how many leading bits of `a` are those of `b`, which is as long or longer. */
export function commonBits(a: Uint8Array, b: Uint8Array): number {
  let bits = 0;
  while (bits < a.length * 8 && sharesBits(a, b, bits + 1)) bits++;
  return bits;
}

/** Whether the address lies in fe80::/10 (RFC 4291 §2.5.6). */
export const isLinkLocal = (a: IpAddress): boolean =>
  a.family === 6 && a.bytes[0] === 0xfe && (at(a.bytes, 1) & 0xc0) === 0x80;

/** Returns 32 bits as a dotted quad: a router id. */
/**
 * Names what one host is likely to have: its IPv4 address, or the /64 of an IPv6 one, in hexadecimal. What is counted
 * by source is counted by this.
 */
export const hostNetwork = (a: IpAddress): string =>
  a.family === 4 ? formatIpAddress(a) : toHex(a.bytes.subarray(0, 8));

export const formatDottedQuad = (n: number): string =>
  [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255].join('.');

export function formatIpAddress(address: IpAddress): string {
  return address.family === 4 ? address.bytes.join('.') : formatIpv6(address.bytes);
}

export const formatIpPrefix = (p: IpPrefix): string => `${formatIpAddress(p)}/${p.length}`;

function hostBitsAreZero(bytes: Uint8Array, length: number): boolean {
  for (let i = length >>> 3; i < bytes.length; i++) {
    const bits = Math.min(8, Math.max(0, length - i * 8));
    if ((at(bytes, i) & (0xff >>> bits)) !== 0) return false;
  }
  return true;
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  const bytes = new Uint8Array(4);
  for (const [i, part] of parts.entries()) {
    // Leading zeros are refused: some readers take them for octal.
    if (!/^(?:0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) return undefined;
    bytes[i] = Number(part);
  }
  return bytes;
}

function parseIpv6(text: string): Uint8Array | undefined {
  if (text.length > 45) return undefined;
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] as string, halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1] as string, true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const length = head.length + tail.length;
  if (halves.length === 1 ? length !== 16 : length > 14) return undefined;
  const bytes = new Uint8Array(16);
  bytes.set(head, 0);
  bytes.set(tail, 16 - tail.length);
  return bytes;
}

/** Reads colon-separated groups; a dotted quad may be the last when `isEnd`. */
function parseGroups(text: string, isEnd: boolean): number[] | undefined {
  if (text === '') return [];
  const groups = text.split(':');
  const bytes: number[] = [];
  for (const [i, group] of groups.entries()) {
    if (isEnd && i === groups.length - 1 && group.includes('.')) {
      const quad = parseIpv4(group);
      if (quad === undefined) return undefined;
      bytes.push(...quad);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
      const value = Number.parseInt(group, 16);
      bytes.push(value >>> 8, value & 0xff);
    }
  }
  return bytes;
}

function formatIpv6(bytes: Uint8Array): string {
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(readUint16(bytes, i));
  // RFC 5952 §4.2: the longest run of at least two zero groups, the first of equals.
  let start = -1;
  let length = 1;
  for (let i = 0; i < 8; ) {
    let end = i;
    while (end < 8 && groups[end] === 0) end++;
    if (end - i > length) {
      start = i;
      length = end - i;
    }
    i = Math.max(end, i + 1);
  }
  // RFC 5952 §5: IPv4-mapped addresses keep the dotted quad.
  if (groups.slice(0, 5).every((g) => g === 0) && groups[5] === 0xffff)
    return `::ffff:${bytes.slice(12).join('.')}`;
  const text = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((g) => g.toString(16))
      .join(':');
  return start === -1 ? text(0, 8) : `${text(0, start)}::${text(start + length, 8)}`;
}
