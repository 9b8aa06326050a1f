/**
 * CRC-32C.
 *
 * Standard: RFC 3720 §12.1 and Appendix B.4: polynomial 0x1EDC6F41 (Castagnoli), reflected.
 *
 * @module
 */
import { at } from '../../base/bytes.ts';

const REFLECTED_POLYNOMIAL = 0x82f63b78;

const TABLE = Int32Array.from({ length: 256 }, (_, octet) => {
  let remainder = octet;
  for (let bit = 0; bit < 8; bit++)
    remainder = (remainder & 1) === 1 ? (remainder >>> 1) ^ REFLECTED_POLYNOMIAL : remainder >>> 1;
  return remainder;
});

/** Returns the checksum of the octets from `start` to `end` as a signed number of 32 bits. */
export function crc32c(b: Uint8Array, start: number, end: number): number {
  let remainder = -1;
  for (let i = start; i < end; i++)
    remainder = (remainder >>> 8) ^ (TABLE[(remainder ^ at(b, i)) & 0xff] as number);
  return ~remainder;
}
