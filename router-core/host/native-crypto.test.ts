/**
 * Twins: node:crypto against the noble reference, primitive by primitive; and with the packet cipher of
 * the fast path in its place.
 *
 * @module
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromHex } from '../base/bytes.ts';
import { seededRandom } from '../base/random.ts';
import { createWasmCipher } from '../fast-path/index.ts';
import { fastPathModule } from '../fast-path/testing/cipher-bench.ts';
import { createNobleCrypto } from '../wireguard/index.ts';
import { createNativeCrypto, publicKeyOf } from './native-crypto.ts';

const random = seededRandom(1);
const noble = createNobleCrypto(random);
const native = createNativeCrypto(noble);
const withFastPath = createNativeCrypto(noble, createWasmCipher(fastPathModule));
const providers = [noble, native, withFastPath];
const octets = (max: number) => fc.uint8Array({ minLength: 0, maxLength: max });
const hex = (text: string) => fromHex(text) as Uint8Array;
const key32 = fc.uint8Array({ minLength: 32, maxLength: 32 });

test('X25519 gives the vector of RFC 7748 §6.1', () => {
  const bob = hex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb');
  const alicePublic = hex('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a');
  const shared = hex('4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742');
  for (const crypto of [noble, native]) {
    expect(crypto.importPrivateKey(bob).agree(crypto.importPublicKey(alicePublic))).toEqual(shared);
  }
  expect(publicKeyOf(bob)).toEqual(
    hex('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f'),
  );
});

test('X25519 agrees with the reference, whichever side imported which key', () => {
  fc.assert(
    fc.property(key32, key32, (a, b) => {
      const mine = native.importPrivateKey(a);
      const theirs = noble.importPrivateKey(b);
      expect(mine.publicKey.bytes).toEqual(noble.importPrivateKey(a).publicKey.bytes);
      const secret = mine.agree(native.importPublicKey(theirs.publicKey.bytes));
      expect(secret).toEqual(theirs.agree(mine.publicKey));
      expect(mine.agree({ bytes: theirs.publicKey.bytes })).toEqual(secret);
    }),
    { numRuns: 10 },
  );
});

test('a generated key is one that both can compute with', () => {
  const ours = native.generatePrivateKey();
  const theirs = noble.generatePrivateKey();
  expect(ours.agree(theirs.publicKey)).toEqual(theirs.agree(ours.publicKey));
});

test('a point of low order gives no secret in either (RFC 7748 §6.1)', () => {
  const orderEight = 'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800';
  for (const text of ['00'.repeat(32), `01${'00'.repeat(31)}`, orderEight]) {
    const point = hex(text);
    for (const crypto of [noble, native]) {
      const secret = crypto.importPrivateKey(new Uint8Array(32).fill(7));
      expect(secret.agree(crypto.importPublicKey(point))).toBeUndefined();
    }
  }
});

test('hash and HMAC agree with the reference, in one part or several', () => {
  fc.assert(
    fc.property(octets(100), octets(200), octets(70), (key, a, b) => {
      expect(native.hash(a, b)).toEqual(noble.hash(a, b));
      expect(native.hmac(key, a, b)).toEqual(noble.hmac(key, a, b));
    }),
  );
});

test('packets sealed by one are opened by the others, in place, at every length', () => {
  const key = random.bytes(32);
  const keys = providers.map((crypto) => crypto.addKey(key));
  for (let length = 0; length <= 1500; length += length < 70 ? 1 : 97) {
    const plaintext = random.bytes(length);
    const counter = length * 2 ** 36 + length;
    const memories = providers.map((crypto, i) => {
      const memory = new Uint8Array(new SharedArrayBuffer(length + 48));
      memory.fill(0xaa);
      memory.set(plaintext, 16);
      crypto.seal(keys[i]!, counter, memory, 16, 16 + length);
      return memory;
    });
    for (const memory of memories) expect(memory).toEqual(memories[0]);
    expect(memories[0]?.slice(0, 16)).toEqual(new Uint8Array(16).fill(0xaa));
    expect(memories[0]?.slice(32 + length)).toEqual(new Uint8Array(16).fill(0xaa));
    providers.forEach((crypto, i) => {
      const memory = memories[(i + 1) % memories.length]!;
      expect(crypto.open(keys[i]!, counter, memory, 16, 32 + length)).toBe(true);
      expect(memory.slice(16, 16 + length)).toEqual(plaintext);
    });
  }
});

test('a flipped bit, another counter, another key and a stump are refused and left alone', () => {
  for (const crypto of providers) {
    const key = crypto.addKey(random.bytes(32));
    const other = crypto.addKey(random.bytes(32));
    const sealed = new Uint8Array(64 + 16);
    crypto.seal(key, 5, sealed, 0, 64);
    for (const bit of [0, 7, 300, 64 * 8, 80 * 8 - 1]) {
      const forged = sealed.slice();
      forged[bit >>> 3] = (forged[bit >>> 3] as number) ^ (1 << (bit & 7));
      const before = forged.slice();
      expect(crypto.open(key, 5, forged, 0, 80)).toBe(false);
      expect(forged).toEqual(before);
    }
    expect(crypto.open(key, 6, sealed.slice(), 0, 80)).toBe(false);
    expect(crypto.open(key, 5 + 2 ** 32, sealed.slice(), 0, 80)).toBe(false);
    expect(crypto.open(other, 5, sealed.slice(), 0, 80)).toBe(false);
    expect(crypto.open(key, 5, sealed.slice(), 0, 15)).toBe(false);
    expect(crypto.open(key, 5, sealed, 0, 80)).toBe(true);
  }
});

test('a removed key gives its number to the next one and is gone', () => {
  for (const crypto of providers) {
    const first = crypto.addKey(random.bytes(32));
    crypto.removeKey(first);
    expect(() => crypto.seal(first, 0, new Uint8Array(64), 0, 16)).toThrow('in use');
    expect(crypto.addKey(random.bytes(32))).toBe(first);
  }
});
