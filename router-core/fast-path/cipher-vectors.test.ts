/**
 * The ciphers of the module against the documents that define them, and these against noble.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { chacha20, chacha20poly1305, hchacha, xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { blake2s } from '@noble/hashes/blake2.js';
import { expect, test } from 'vitest';
import { concatBytes, fromHex, toHex } from '../base/bytes.ts';
import { AD, createCipherBench, KEY, NONCE, OUT, TEXT } from './testing/cipher-bench.ts';

type Vectors = {
  [kind in
    | 'keyStream'
    | 'encryption'
    | 'poly1305'
    | 'aead'
    | 'hchacha20'
    | 'xchacha20poly1305'
    | 'blake2s']: Record<string, string>[];
};
const vectors: Vectors = JSON.parse(
  readFileSync(new URL('fixtures/vectors.json', import.meta.url), 'utf8'),
);
const { functions, put, take } = createCipherBench();
const octets = (vector: Record<string, string>, field: string) =>
  fromHex(vector[field] as string) as Uint8Array;

test.each(vectors.keyStream)('key stream: $from', (vector) => {
  const key = put(KEY, octets(vector, 'key'));
  const nonce = put(NONCE, octets(vector, 'nonce'));
  const wanted = octets(vector, 'stream');

  functions.chacha20KeyStream(key, nonce, Number(vector.counter), OUT);

  expect(toHex(take(OUT, wanted.length))).toBe(vector.stream);
});

test.each(vectors.encryption)('encryption: $from', (vector) => {
  const text = octets(vector, 'text');
  const key = put(KEY, octets(vector, 'key'));
  const nonce = put(NONCE, octets(vector, 'nonce'));
  const sealed = text.slice();

  for (let at = 0; at < text.length; at += 256) {
    functions.chacha20KeyStream(key, nonce, Number(vector.counter) + at / 64, OUT);
    const stream = take(OUT, 256);
    for (let i = at; i < Math.min(at + 256, text.length); i++)
      sealed[i] = text[i]! ^ stream[i - at]!;
  }

  expect(toHex(sealed)).toBe(vector.sealed);
  const counter = Number(vector.counter);
  expect(
    chacha20(octets(vector, 'key'), octets(vector, 'nonce'), text, undefined, counter),
  ).toEqual(sealed);
});

test.each(vectors.poly1305)('Poly1305: $from', (vector) => {
  const text = octets(vector, 'text');
  functions.poly1305(put(KEY, octets(vector, 'key')), put(TEXT, text), text.length, OUT);
  expect(toHex(take(OUT, 16))).toBe(vector.tag);
});

test.each(vectors.aead)('ChaCha20-Poly1305: $from', (vector) => {
  const text = octets(vector, 'text');
  const ad = octets(vector, 'ad');
  const key = put(KEY, octets(vector, 'key'));
  const nonce = put(NONCE, octets(vector, 'nonce'));
  put(AD, ad);
  put(TEXT, text);

  functions.aeadSealWith(key, nonce, AD, ad.length, TEXT, text.length);

  expect(toHex(take(TEXT, text.length + 16))).toBe(vector.sealed);
  expect(
    toHex(chacha20poly1305(octets(vector, 'key'), octets(vector, 'nonce'), ad).encrypt(text)),
  ).toBe(vector.sealed);
  expect(functions.aeadOpenWith(key, nonce, AD, ad.length - 1, TEXT, text.length + 16)).toBe(0);
  expect(functions.aeadOpenWith(key, nonce, AD, ad.length, TEXT, text.length + 16)).toBe(1);
  expect(take(TEXT, text.length)).toEqual(text);
});

test.each(vectors.hchacha20)('HChaCha20: $from', (vector) => {
  functions.hchacha20(put(KEY, octets(vector, 'key')), put(NONCE, octets(vector, 'nonce')), OUT);
  expect(toHex(take(OUT, 32))).toBe(vector.out);
});

test('HChaCha20 agrees with noble', () => {
  const words = (bytes: Uint8Array) => new Uint32Array(bytes.slice().buffer);
  const sigma = words(new TextEncoder().encode('expand 32-byte k'));
  for (let i = 0; i < 100; i++) {
    const key = new Uint8Array(32).map((_, k) => i * 7 + k * 31);
    const nonce = new Uint8Array(16).map((_, k) => i * 13 + k * 17);
    const wanted = new Uint32Array(8);
    hchacha(sigma, words(key), words(nonce), wanted);
    functions.hchacha20(put(KEY, key), put(NONCE, nonce), OUT);
    expect(words(take(OUT, 32))).toEqual(wanted);
  }
});

test.each(vectors.xchacha20poly1305)('XChaCha20-Poly1305, as in cookies: $from', (vector) => {
  const text = octets(vector, 'text');
  const ad = octets(vector, 'ad');
  const nonce = octets(vector, 'nonce');
  functions.hchacha20(put(KEY, octets(vector, 'key')), put(NONCE, nonce), OUT);
  put(NONCE, concatBytes(new Uint8Array(4), nonce.subarray(16)));
  put(AD, ad);
  put(TEXT, text);

  functions.aeadSealWith(OUT, NONCE, AD, ad.length, TEXT, text.length);

  expect(toHex(take(TEXT, text.length + 16))).toBe(vector.sealed);
  expect(toHex(xchacha20poly1305(octets(vector, 'key'), nonce, ad).encrypt(text))).toBe(
    vector.sealed,
  );
});

test.each(vectors.blake2s)('BLAKE2s: $from', (vector) => {
  const text = octets(vector, 'text');
  functions.blake2s(OUT, 32, KEY, 0, put(TEXT, text), text.length);
  expect(toHex(take(OUT, 32))).toBe(vector.hash);
});

/** One number out of keyed and plain hashes of many lengths. */
test('BLAKE2s passes the self-test of RFC 7693 appendix E', () => {
  const hash = (outLength: number, key: Uint8Array, text: Uint8Array): Uint8Array => {
    put(KEY, key);
    put(TEXT, text);
    functions.blake2s(OUT, outLength, KEY, key.length, TEXT, text.length);
    return take(OUT, outLength);
  };
  const grand: Uint8Array[] = [];
  for (const outLength of [16, 20, 28, 32]) {
    for (const length of [0, 3, 64, 65, 255, 1024]) {
      const text = fibonacciOctets(length, length);
      grand.push(hash(outLength, new Uint8Array(0), text));
      grand.push(hash(outLength, fibonacciOctets(outLength, outLength), text));
    }
  }
  expect(toHex(hash(32, new Uint8Array(0), concatBytes(...grand)))).toBe(
    '6a411f08ce25adcdfb02aba641451cec53c598b24f4fc787fbdc88797f4c1dfe',
  );
});

test('BLAKE2s agrees with noble at every length, plain and keyed', () => {
  for (let length = 0; length <= 400; length++) {
    const text = fibonacciOctets(length, length + 1);
    put(TEXT + (length % 16), text);
    for (const keyLength of [0, 1, 31, 32]) {
      const key = fibonacciOctets(keyLength, 9);
      put(KEY, key);
      functions.blake2s(OUT, 16, KEY, keyLength, TEXT + (length % 16), length);
      const options = keyLength === 0 ? { dkLen: 16 } : { dkLen: 16, key };
      expect(take(OUT, 16)).toEqual(blake2s(text, options));
    }
  }
});

/** `selftest_seq` of RFC 7693 appendix E. */
function fibonacciOctets(length: number, seed: number): Uint8Array {
  let a = Math.imul(0xdead4bad, seed) >>> 0;
  let b = 1;
  return new Uint8Array(length).map(() => {
    const t = (a + b) >>> 0;
    a = b;
    b = t;
    return t >>> 24;
  });
}
