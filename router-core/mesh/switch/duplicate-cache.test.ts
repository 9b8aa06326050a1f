import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex, writeUint32 } from '../../base/bytes.ts';
import { collectGarbage } from '../../base/testing/heap.ts';
import { instant, milliseconds, seconds } from '../../base/units.ts';
import { crc32c } from './crc32c.ts';
import { DuplicateCache } from './duplicate-cache.ts';
import fixtures from './fixtures/duplicate-key.json' with { type: 'json' };

const SALT = 0x2f0b4c47;

test.each(fixtures)('the key of "$input" is $crc32c', ({ input, crc32c: expected }) => {
  const body = fromHex(input) ?? new Uint8Array();
  const packet = Uint8Array.of(1, 2, 3, 4, ...body, 5);
  expect((crc32c(packet, 4, packet.length - 1) >>> 0).toString(16).padStart(8, '0')).toBe(expected);
});

describe('a packet', () => {
  test('is a duplicate for as long as the timeout, which each sighting renews', () => {
    const cache = new DuplicateCache(seconds(40), SALT);
    expect(isDuplicate(cache, 1, 0)).toBe(false);
    expect(isDuplicate(cache, 1, 40_000)).toBe(true);
    expect(isDuplicate(cache, 1, 80_000)).toBe(true);
    expect(isDuplicate(cache, 2, 80_000)).toBe(false);
    expect(isDuplicate(cache, 1, 120_001)).toBe(false);
    expect(isDuplicate(cache, 1, 120_002)).toBe(true);
  });

  test('is none in another node’s name: the header does not count', () => {
    const cache = new DuplicateCache(seconds(40), SALT);
    const [a, b] = [Uint8Array.of(255, 254, 0, 1, 9, 9), Uint8Array.of(255, 254, 0, 2, 9, 9)];
    expect(cache.isDuplicate(a, 4, 6, instant(0))).toBe(false);
    expect(cache.isDuplicate(b, 4, 6, instant(0))).toBe(true);
  });

  test.each([0, -1])('is never a duplicate with a timeout of %d', (timeout) => {
    const cache = new DuplicateCache(milliseconds(timeout), SALT);
    expect(isDuplicate(cache, 1, 0)).toBe(false);
    expect(isDuplicate(cache, 1, 0)).toBe(false);
  });
});

test('does what an ordered map does, and forgets the oldest when it is full', () => {
  const sighting = fc.record({
    body: fc.integer({ min: 0, max: 40 }),
    pause: fc.integer({ min: 0, max: 2000 }),
  });
  fc.assert(
    fc.property(
      fc.integer(),
      fc.array(sighting, { maxLength: 200, size: 'max' }),
      (salt, sightings) => {
        const cache = new DuplicateCache(seconds(40), salt, 16);
        // A map keeps the order of insertion: the first key is the oldest.
        const model = new Map<number, number>();
        let now = 0;
        for (const { body, pause } of sightings) {
          now += pause;
          const seenAt = model.get(body);
          const expected = seenAt !== undefined && now - seenAt <= 40_000;
          model.delete(body);
          const [oldest] = model.keys();
          if (model.size === 16 && oldest !== undefined) model.delete(oldest);
          model.set(body, now);
          expect(isDuplicate(cache, body, now)).toBe(expected);
        }
      },
    ),
  );
});

test('a flood of 300,000 packets does not make it grow', () => {
  const cache = new DuplicateCache(seconds(40), SALT);
  const before = octetsInUse();
  for (let i = 0; i < 300_000; i++) expectFirst(isDuplicate(cache, i, 0));
  expect(octetsInUse() - before).toBeLessThan(5_000_000);
  expect(isDuplicate(cache, 299_999, 0)).toBe(true);
  expect(isDuplicate(cache, 0, 0)).toBe(false);
});

function octetsInUse(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const packet = new Uint8Array(8);

function isDuplicate(cache: DuplicateCache, body: number, now: number): boolean {
  writeUint32(packet, 4, body);
  return cache.isDuplicate(packet, 4, 8, instant(now));
}

function expectFirst(isKnown: boolean): void {
  if (isKnown) throw new Error('a packet that was never seen is a duplicate');
}
