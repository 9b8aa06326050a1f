/**
 * Twins: the cipher of the module against node:crypto and noble, over lengths and alignments, and what
 * it may and may not write.
 *
 * @module
 */
import { createCipheriv } from 'node:crypto';
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { concatBytes } from '../base/bytes.ts';
import { seededRandom } from '../base/random.ts';
import { createCipherBench, KEY, TEXT, UNTOUCHED } from './testing/cipher-bench.ts';

const LENGTH_MAX = 9216;
const MARGIN = 32;
const random = seededRandom(1);
const { functions, octets, put, take } = createCipherBench();

test('every length from 0 to 1,500 is sealed as node:crypto does, and opened again', () => {
  for (let length = 0; length <= 1500; length++) sealAndOpen(length, length % 16, length);
});

test('lengths around every pass and around what the key stream has room for', () => {
  for (let pass = 192; pass < LENGTH_MAX; pass += 256)
    for (const length of [pass - 17, pass - 1, pass, pass + 1, pass + 16])
      sealAndOpen(length, pass % 7, 2 ** 40 + pass);
});

test('any length, alignment, key and counter agree with noble and node:crypto', () => {
  fc.assert(
    fc.property(
      fc.nat(LENGTH_MAX),
      fc.nat(63),
      fc.nat({ max: Number.MAX_SAFE_INTEGER }),
      sealAndOpen,
    ),
  );
});

test('one flipped bit is refused at every length, and nothing is written', () => {
  for (let length = 0; length <= 1500; length++) refuseFlippedBit(length);
  for (let length = 1501; length <= LENGTH_MAX; length += 97) refuseFlippedBit(length);
});

test('every bit of the tag counts', () => {
  const sealed = seal(random.bytes(32), 7, random.bytes(100), TEXT);
  for (let bit = 0; bit < 128; bit++) {
    const at = TEXT + 100 + (bit >> 3);
    octets[at]! ^= 1 << (bit & 7);
    expect(functions.openPacket(KEY, 7, 0, TEXT, 116)).toBe(0);
    octets[at]! ^= 1 << (bit & 7);
  }
  expect(take(TEXT, 116)).toEqual(sealed);
  expect(functions.openPacket(KEY, 7, 0, TEXT, 116)).toBe(1);
});

test('another counter, another key and a stump are refused', () => {
  seal(random.bytes(32), 5, random.bytes(64), TEXT);
  expect(functions.openPacket(KEY, 6, 0, TEXT, 80)).toBe(0);
  expect(functions.openPacket(KEY, 5, 1, TEXT, 80)).toBe(0);
  for (let length = 0; length < 80; length++)
    expect(functions.openPacket(KEY, 5, 0, TEXT, length)).toBe(0);
  octets[KEY + 31]! ^= 128;
  expect(functions.openPacket(KEY, 5, 0, TEXT, 80)).toBe(0);
  octets[KEY + 31]! ^= 128;
  expect(functions.openPacket(KEY, 5, 0, TEXT, 80)).toBe(1);
});

test('limbs that are full: keys and texts of ones give the tags of noble', () => {
  for (const octet of [0xff, 0xfe, 0x80, 0x00]) {
    for (let length = 0; length <= 400; length += 16) {
      const key = new Uint8Array(32).fill(octet);
      const text = new Uint8Array(length).fill(octet);
      put(TEXT, text);
      functions.poly1305(put(KEY, key), TEXT, length, TEXT + length);
      expect(take(TEXT + length, 16)).toEqual(referenceTag(key, text));
    }
  }
});

test('r as large as it can be, over texts of ones: no sum of products overflows', () => {
  const key = new Uint8Array(32).fill(0xff);
  for (let length = 16; length <= LENGTH_MAX; length += 560) {
    const text = new Uint8Array(length).fill(0xff);
    functions.poly1305(put(KEY, key), put(TEXT, text), length, TEXT + length);
    expect(take(TEXT + length, 16)).toEqual(referenceTag(key, text));
  }
});

function sealAndOpen(length: number, alignment: number, counter: number): void {
  const key = random.bytes(32);
  const text = random.bytes(length);
  const at = TEXT + MARGIN + alignment;
  const end = at + length + 16;
  octets.fill(UNTOUCHED, at - MARGIN, end + MARGIN);

  const sealed = seal(key, counter, text, at);

  expect(Buffer.compare(sealed, referenceSeal(key, counter, text))).toBe(0);
  if (length % 50 === 0)
    expect(sealed).toEqual(chacha20poly1305(key, nonceOf(counter)).encrypt(text));
  const high = Math.floor(counter / 2 ** 32);
  expect(functions.openPacket(KEY, counter, high, at, length + 16)).toBe(1);
  expect(Buffer.compare(take(at, length), text)).toBe(0);
  for (let i = 1; i <= MARGIN; i++)
    if (octets[at - i] !== UNTOUCHED || octets[end + i - 1] !== UNTOUCHED)
      expect.fail(`an octet outside was written at length ${length}`);
}

function refuseFlippedBit(length: number): void {
  const sealed = seal(random.bytes(32), length, random.bytes(length), TEXT);
  const bit = random.below(sealed.length * 8);
  sealed[bit >> 3]! ^= 1 << (bit & 7);
  put(TEXT, sealed);
  if (functions.openPacket(KEY, length, 0, TEXT, length + 16) !== 0)
    expect.fail(`bit ${bit} of ${length} octets was not missed`);
  expect(Buffer.compare(take(TEXT, length + 16), sealed)).toBe(0);
}

function seal(key: Uint8Array, counter: number, text: Uint8Array, at: number): Uint8Array {
  put(KEY, key);
  put(at, text);
  functions.sealPacket(KEY, counter, Math.floor(counter / 2 ** 32), at, text.length);
  return take(at, text.length + 16);
}

function nonceOf(counter: number): Uint8Array {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64LE(BigInt(counter), 4);
  return nonce;
}

function referenceSeal(key: Uint8Array, counter: number, text: Uint8Array): Uint8Array {
  const cipher = createCipheriv('chacha20-poly1305', key, nonceOf(counter), { authTagLength: 16 });
  return concatBytes(cipher.update(text), cipher.final(), cipher.getAuthTag());
}

/** Poly1305 in integers of any size, word for word RFC 8439 §2.5.1. */
function referenceTag(key: Uint8Array, text: Uint8Array): Uint8Array {
  const number = (bytes: Uint8Array) =>
    bytes.reduceRight((sum, octet) => (sum << 8n) | BigInt(octet), 0n);
  const r = number(key.subarray(0, 16)) & 0x0ffffffc0ffffffc0ffffffc0fffffffn;
  let sum = 0n;
  for (let at = 0; at < text.length; at += 16) {
    const block = number(concatBytes(text.subarray(at, at + 16), Uint8Array.of(1)));
    sum = ((sum + block) * r) % (2n ** 130n - 5n);
  }
  const tag = sum + number(key.subarray(16));
  return new Uint8Array(16).map((_, i) => Number((tag >> BigInt(8 * i)) & 255n));
}
