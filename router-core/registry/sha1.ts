/**
 * SHA-1, for the fingerprints of OpenPGP keys of version 4 only.
 *
 * Standard: FIPS 180-4 §6.1; RFC 9580 §5.5.4.2 (fingerprint). SHA-1 is broken for signatures and
 * used for nothing else here; what signs a person in is checked anew by the proofs of the portal.
 *
 * @module
 */
import { readUint32, writeUint32 } from '../base/bytes.ts';

const rotateLeft = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

/** Returns the 20-octet digest. */
export function sha1(message: Uint8Array): Uint8Array {
  const padded = new Uint8Array(((message.length + 8) >>> 6) * 64 + 64);
  padded.set(message);
  padded[message.length] = 0x80;
  writeUint32(padded, padded.length - 8, Math.floor(message.length / 0x20000000));
  writeUint32(padded, padded.length - 4, (message.length << 3) >>> 0);

  const h = new Int32Array([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0]);
  const w = new Int32Array(80);
  for (let block = 0; block < padded.length; block += 64) {
    for (let t = 0; t < 16; t++) w[t] = readUint32(padded, block + 4 * t);
    for (let t = 16; t < 80; t++) {
      w[t] = rotateLeft(word(w, t - 3) ^ word(w, t - 8) ^ word(w, t - 14) ^ word(w, t - 16), 1);
    }
    let [a, b, c, d, e] = h as unknown as [number, number, number, number, number];
    for (let t = 0; t < 80; t++) {
      const [f, k] = round(t, b, c, d);
      const next = (rotateLeft(a, 5) + f + e + k + word(w, t)) | 0;
      e = d;
      d = c;
      c = rotateLeft(b, 30);
      b = a;
      a = next;
    }
    for (const [i, value] of [a, b, c, d, e].entries()) h[i] = word(h, i) + value;
  }
  const digest = new Uint8Array(20);
  for (let i = 0; i < 5; i++) writeUint32(digest, 4 * i, word(h, i) >>> 0);
  return digest;
}

const word = (words: Int32Array, i: number): number => words[i] as number;

function round(t: number, b: number, c: number, d: number): [f: number, k: number] {
  if (t < 20) return [(b & c) | (~b & d), 0x5a827999];
  if (t < 40) return [b ^ c ^ d, 0x6ed9eba1];
  if (t < 60) return [(b & c) | (b & d) | (c & d), 0x8f1bbcdc];
  return [b ^ c ^ d, 0xca62c1d6];
}
