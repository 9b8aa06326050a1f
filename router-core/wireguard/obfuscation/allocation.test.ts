/**
 * Wrapping and unwrapping a packet allocates nothing of ours (style §8): measured on the heap.
 *
 * @module
 */
import { expect, test } from 'vitest';
import { toBase64 } from '../../base/bytes.ts';
import { seededRandom } from '../../base/random.ts';
import { createObfuscation } from './build.ts';
import { TRANSPORT_KIND } from './message-kind.ts';
import type { ObfuscationConfig } from './options.ts';

const PACKETS = 5_000;
const BATCHES = 10;

test.each<[string, ObfuscationConfig]>([
  ['wgobfs', { kind: 'wgobfs', key: 'k' }],
  ['ipt_xor', { kind: 'ipt_xor', key: 'k' }],
  [
    'amneziawg with everything',
    {
      kind: 'amneziawg',
      s1: 12,
      s2: 12,
      s3: 12,
      s4: 12,
      h4: '1000000-4000000000',
      headerProtectionKey: toBase64(new Uint8Array(32).fill(1)),
      randomTrailers: true,
    },
  ],
])('%s', (_, config) => {
  const form = createObfuscation(config, seededRandom(1));
  const b = new Uint8Array(2200);
  b.set(seededRandom(2).bytes(1452), 128);
  let unwrapped = 0;
  const exchange = (): void => {
    for (let i = 0; i < PACKETS; i++) {
      b[128] = 4;
      b[129] = 0;
      b[130] = 0;
      b[131] = 0;
      b[144] = i;
      form.window = 1492;
      form.contentBytes(1400, 1408, 1420);
      form.wrap(TRANSPORT_KIND, b, 128, 1580, 0, 2200);
      const { start, end } = form;
      form.recognize(b, start, end);
      if (form.unwrap(b, start, end) === TRANSPORT_KIND) unwrapped++;
    }
  };
  for (let batch = 0; batch < 4; batch++) exchange();
  const octets: number[] = [];
  for (let batch = 0; batch < BATCHES; batch++) {
    const before = process.memoryUsage().heapUsed;
    exchange();
    octets.push((process.memoryUsage().heapUsed - before) / PACKETS);
  }
  // Random octets come in blocks of 4,096 and boxed numbers cost 16; a batch with a collection is negative.
  expect(Math.min(...octets.filter((n) => n >= 0))).toBeLessThan(40);
  expect(unwrapped).toBe((4 + BATCHES) * PACKETS);
});
