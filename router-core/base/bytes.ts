/**
 * Octets: big- and little-endian fields, comparison, hex, base64, text.
 *
 * Standard: RFC 4648 §4 and §8 (base64, base16).
 *
 * On the packet path an index known to be in range is read through `at` or the fixed-width readers.
 *
 * Invariants
 * - Readers never check the length: whoever calls them has checked it at the entrance of its layer.
 * - `equalSecrets` takes the same time wherever the first difference stands.
 *
 * @module
 */

/** Returns the octet at `i`, which the caller knows to be in range. */
export const at = (b: Uint8Array, i: number): number => b[i] as number;

export const readUint16 = (b: Uint8Array, i: number): number => (at(b, i) << 8) | at(b, i + 1);
export const readUint32 = (b: Uint8Array, i: number): number =>
  ((at(b, i) << 24) | (at(b, i + 1) << 16) | (at(b, i + 2) << 8) | at(b, i + 3)) >>> 0;
/**
 * The same 32 bits as a signed number. On the packet path: a number above 2^31 becomes an object when a
 * call is not inlined, this never does.
 */
export const readInt32 = (b: Uint8Array, i: number): number =>
  (at(b, i) << 24) | (at(b, i + 1) << 16) | (at(b, i + 2) << 8) | at(b, i + 3);
export const readInt32LittleEndian = (b: Uint8Array, i: number): number =>
  at(b, i) | (at(b, i + 1) << 8) | (at(b, i + 2) << 16) | (at(b, i + 3) << 24);
export const readUint32LittleEndian = (b: Uint8Array, i: number): number =>
  (at(b, i) | (at(b, i + 1) << 8) | (at(b, i + 2) << 16) | (at(b, i + 3) << 24)) >>> 0;

export function writeUint16(b: Uint8Array, i: number, value: number): void {
  b[i] = value >>> 8;
  b[i + 1] = value;
}

export function writeUint32(b: Uint8Array, i: number, value: number): void {
  b[i] = value >>> 24;
  b[i + 1] = value >>> 16;
  b[i + 2] = value >>> 8;
  b[i + 3] = value;
}

export function writeUint32LittleEndian(b: Uint8Array, i: number, value: number): void {
  b[i] = value;
  b[i + 1] = value >>> 8;
  b[i + 2] = value >>> 16;
  b[i + 3] = value >>> 24;
}

/** Whether two arrays hold the same octets. Not for secrets. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Whether two secrets of the same length are equal, in a time that does not depend on where they differ. */
export function equalSecrets(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= at(a, i) ^ at(b, i);
  return difference === 0;
}

/** Overwrites a secret that is no longer needed. */
export function zero(secret: Uint8Array): void {
  secret.fill(0);
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}

const HEX = '0123456789abcdef';

export function toHex(b: Uint8Array): string {
  let out = '';
  for (const octet of b) out += HEX.charAt(octet >>> 4) + HEX.charAt(octet & 15);
  return out;
}

/** Reads hexadecimal text of either case; undefined when a character or the length is wrong. */
export function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return undefined;
  const out = new Uint8Array(text.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return out;
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

export function toBase64(b: Uint8Array): string {
  let out = '';
  for (let i = 0; i < b.length; i += 3) {
    const left = b.length - i;
    const group =
      (at(b, i) << 16) | ((left > 1 ? at(b, i + 1) : 0) << 8) | (left > 2 ? at(b, i + 2) : 0);
    out += BASE64.charAt(group >>> 18) + BASE64.charAt((group >>> 12) & 63);
    out += left > 1 ? BASE64.charAt((group >>> 6) & 63) : '=';
    out += left > 2 ? BASE64.charAt(group & 63) : '=';
  }
  return out;
}

/** Reads canonical, padded base64 without white space; undefined when it is anything else. */
export function fromBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const out = new Uint8Array((text.length / 4) * 3 - padding);
  let o = 0;
  for (let i = 0; i < text.length; i += 4) {
    let group = 0;
    for (let j = 0; j < 4; j++)
      group = (group << 6) | Math.max(0, BASE64.indexOf(text.charAt(i + j)));
    for (let shift = 16; shift >= 0 && o < out.length; shift -= 8) out[o++] = group >>> shift;
  }
  // RFC 4648 §3.5: bits beyond the last octet must be zero, so that a key has one spelling.
  return toBase64(out) === text ? out : undefined;
}

/** Returns the ASCII octets of a protocol's constant. */
export function asciiBytes(text: string): Uint8Array {
  const out = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) out[i] = text.charCodeAt(i);
  return out;
}
