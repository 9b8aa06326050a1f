/**
 * The packet cipher by the module: a twin of the reference, and as quiet on the heap as it says.
 *
 * @module
 */
import { expect, test } from 'vitest';
import { seededRandom } from '../base/random.ts';
import { createNobleCrypto, type PacketCipher } from '../wireguard/index.ts';
import { fastPathModule } from './testing/cipher-bench.ts';
import { createWasmCipher } from './wasm-cipher.ts';

const PACKETS = 20_000;
const BATCHES = 5;
const random = seededRandom(1);
const noble: PacketCipher = createNobleCrypto(random);
// What is assigned here is what router-core/wireguard asks for.
const cipher: PacketCipher = createWasmCipher(fastPathModule);

test('packets sealed by one are opened by the other, at every length and alignment', () => {
  const key = random.bytes(32);
  const ours = cipher.addKey(key);
  const theirs = noble.addKey(key);
  const memory = new Uint8Array(new SharedArrayBuffer(2000), 3);
  for (let length = 0; length <= 1500; length += length < 70 ? 1 : 29) {
    const start = 20 + (length % 8);
    const end = start + length;
    const plaintext = random.bytes(length);
    const counter = length * 2 ** 36 + length;
    memory.fill(0xaa).set(plaintext, start);

    cipher.seal(ours, counter, memory, start, end);
    expect(memory.slice(0, start)).toEqual(new Uint8Array(start).fill(0xaa));
    expect(memory.slice(end + 16, end + 32)).toEqual(new Uint8Array(16).fill(0xaa));
    const sealed = memory.slice();
    expect(noble.open(theirs, counter, sealed, start, end + 16)).toBe(true);
    expect(sealed.slice(start, end)).toEqual(plaintext);

    expect(cipher.open(ours, counter, memory, start, end + 16)).toBe(true);
    expect(memory.slice(start, end)).toEqual(plaintext);
    expect(memory.slice(0, start)).toEqual(new Uint8Array(start).fill(0xaa));
  }
});

test('what is not authentic stays as it is', () => {
  const key = cipher.addKey(random.bytes(32));
  const packet = new Uint8Array(100);
  cipher.seal(key, 1, packet, 0, 84);
  packet[50]! ^= 1;
  const forged = packet.slice();
  expect(cipher.open(key, 1, packet, 0, 100)).toBe(false);
  expect(cipher.open(key, 1, packet, 0, 15)).toBe(false);
  expect(cipher.open(key, 1, new Uint8Array(70_000), 0, 70_000)).toBe(false);
  expect(packet).toEqual(forged);
});

test('a datagram of the largest size goes through', () => {
  const key = cipher.addKey(random.bytes(32));
  const plaintext = random.bytes(65_519);
  const packet = new Uint8Array(65_535);
  packet.set(plaintext);
  cipher.seal(key, 1, packet, 0, plaintext.length);
  expect(cipher.open(key, 1, packet, 0, packet.length)).toBe(true);
  expect(Buffer.compare(packet.subarray(0, plaintext.length), plaintext)).toBe(0);
});

test('a removed key gives its number to the next one and is gone', () => {
  const first = cipher.addKey(random.bytes(32));
  cipher.removeKey(first);
  expect(() => cipher.seal(first, 0, new Uint8Array(64), 0, 16)).toThrow('in use');
  expect(cipher.addKey(random.bytes(32))).toBe(first);
});

test('packets of one array leave nothing on the heap', () => {
  const key = cipher.addKey(random.bytes(32));
  const arena = new Uint8Array(8192);
  const exchange = () => {
    for (let i = 0; i < PACKETS; i++) {
      const start = 16 + (i & 3);
      cipher.seal(key, i, arena, start, start + 200);
      cipher.open(key, i, arena, start, start + 216);
    }
  };
  exchange();
  let least = Number.POSITIVE_INFINITY;
  for (let batch = 0; batch < BATCHES; batch++) {
    const before = process.memoryUsage().heapUsed;
    exchange();
    const grown = process.memoryUsage().heapUsed - before;
    if (grown >= 0) least = Math.min(least, grown / PACKETS);
  }
  expect(least).toBeLessThan(8);
});
