/**
 * WireGuard keys as people write them: 44 characters of base64 for 32 octets.
 *
 * Standard: WireGuard paper §5.4; RFC 7748 §6.1 and cr.yp.to/ecdh.html (points of low order).
 *
 * @module
 */
import { fromBase64, toHex } from '../base/bytes.ts';

export const KEY_BYTES = 32;

/** Reads a canonical key; undefined when length, alphabet or spare bits are wrong. */
export function parseWireguardKey(text: string): Uint8Array | undefined {
  const bytes = fromBase64(text);
  return bytes?.length === KEY_BYTES ? bytes : undefined;
}

/** Points with which every key agreement gives zero: whoever offers one has no key. */
const LOW_ORDER = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]);

/** Whether the public key is a point of low order, whatever its unused top bit says. */
export function isLowOrderKey(key: Uint8Array): boolean {
  const canonical = key.slice();
  canonical[KEY_BYTES - 1] = (canonical[KEY_BYTES - 1] ?? 0) & 0x7f;
  return LOW_ORDER.has(toHex(canonical));
}
