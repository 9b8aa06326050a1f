/**
 * The small tables: receiver indices, source filter, address limiter, timestamps.
 *
 * @module
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex } from '../base/bytes.ts';
import { type IpPrefix, prefixContains, prefixOf } from '../base/ip-address.ts';
import { seededRandom } from '../base/random.ts';
import { instant, NONE, peerId, wallTime } from '../base/units.ts';
import { AddressLimiter } from './address-limiter.ts';
import { AllowedIps } from './allowed-ips.ts';
import { KeyPairTable, STALE } from './key-pair-table.ts';
import { createNobleCrypto } from './noble-crypto.ts';
import { isLater, isTimestamp, Tai64nClock } from './tai64n.ts';

describe('key-pair table', () => {
  const keys = { send: new Uint8Array(32).fill(1), receive: new Uint8Array(32).fill(2) };

  test('an index finds its row until the row is released, and never the row that comes after', () => {
    const table = createTable(6);
    const old = new Set<number>();
    for (let round = 0; round < 200; round++) {
      const rows = Array.from({ length: 6 }, () => table.reserve(peerId(round)));
      const indices = rows.map((row) => table.localIndex[row] as number);
      expect(new Set(indices).size).toBe(6);
      for (const [i, index] of indices.entries()) expect(table.find(index)).toBe(rows[i]);
      for (const row of rows) table.release(row);
      for (const index of indices) {
        expect(table.find(index)).toBe(NONE);
        old.add(index);
      }
      expect(table.free()).toBe(6);
    }
    const row = table.reserve(peerId(0));
    const stale = [...old].filter((index) => index !== table.localIndex[row]);
    for (const index of stale) expect([NONE, STALE]).toContain(table.find(index));
    expect(stale.some((index) => table.find(index) === STALE)).toBe(true);
  });

  test('any 32 bits are looked up without an exception', () => {
    const table = createTable(5);
    table.reserve(peerId(1));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (index) => {
        expect(table.find(index)).toBeLessThan(5);
      }),
    );
  });

  test('a handshake becomes a key pair in its row and begins with counter 0 and an empty window', () => {
    const table = createTable(5);
    for (let round = 0; round < 3; round++) {
      const row = table.reserve(peerId(3));
      expect(table.isKeyPair(row)).toBe(false);
      table.install(row, { keys, remoteIndex: 0xfffffff0, isInitiator: true, now: instant(5) });
      expect(table.isKeyPair(row)).toBe(true);
      expect(table.sendCounter[row]).toBe(0);
      expect(table.remoteIndex[row]).toBe(0xfffffff0);
      expect(table.acceptCounter(row, 100_000)).toBe(true);
      expect(table.acceptCounter(row, 100_000)).toBe(false);
      table.sendCounter[row] = 17;
      table.release(row);
    }
    expect(() => table.release(4)).toThrow('released once');
    table.release(NONE);
  });

  function createTable(rows: number): KeyPairTable {
    const random = seededRandom(rows);
    return new KeyPairTable({ rows, cipher: createNobleCrypto(random), random });
  }
});

test('the source filter agrees with prefixes compared one by one', () => {
  const address = (family: 4 | 6) =>
    fc
      .uint8Array({ minLength: family === 4 ? 4 : 16, maxLength: family === 4 ? 4 : 16 })
      .map((bytes) => ({ family, bytes: bytes.map((octet) => octet & 0x81) }));
  const prefix = fc.oneof(
    fc.tuple(address(4), fc.integer({ min: 0, max: 32 })),
    fc.tuple(address(6), fc.integer({ min: 0, max: 128 })),
  );
  fc.assert(
    fc.property(fc.array(prefix, { maxLength: 6 }), address(4), address(6), (list, a, b) => {
      const allowed: IpPrefix[] = list.map(([at, length]) => prefixOf(at, length));
      const filter = new AllowedIps(allowed);
      const memory = new Uint8Array(40);
      memory.set(a.bytes, 3);
      memory.set(b.bytes, 9);
      expect(filter.allows4(memory, 3)).toBe(allowed.some((p) => prefixContains(p, a)));
      expect(filter.allows6(memory, 9)).toBe(allowed.some((p) => prefixContains(p, b)));
    }),
    { numRuns: 1000 },
  );
});

test('the address limiter lets a burst pass, then its rate, per IPv4 address and IPv6 /64', () => {
  const limit = { rows: 256, perSecond: 20, burst: 20 };
  const limiter = new AddressLimiter(seededRandom(5), limit);
  const admitted = (count: number, family: number, bytes: number[], at: number) => {
    let admissions = 0;
    for (let i = 0; i < count; i++) {
      if (limiter.admit(family, Uint8Array.from(bytes), 0, instant(at))) admissions++;
    }
    return admissions;
  };
  expect(admitted(100, 4, [192, 0, 2, 1], 0)).toBe(20);
  expect(admitted(100, 4, [192, 0, 2, 2], 0)).toBe(20);
  expect(admitted(100, 4, [192, 0, 2, 1], 500)).toBe(10);
  const network = [32, 1, 13, 184, 0, 0, 0, 1];
  expect(admitted(15, 6, [...network, 0, 0, 0, 0, 0, 0, 0, 1], 500)).toBe(15);
  expect(admitted(15, 6, [...network, 9, 9, 9, 9, 9, 9, 9, 9], 500)).toBe(5);
});

describe('TAI64N', () => {
  test('has the label, the offset and the coarseness of wireguard-go', () => {
    const clock = new Tai64nClock({ now: () => wallTime(1_000_000_000_123) });
    expect(toHex(clock.next())).toBe('400000003b9aca0a07000000');
    expect(toHex(clock.next())).toBe('400000003b9aca0a07000001');
  });

  test('strictly increases whatever the clock does, also over a restart', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4_000_000_000_000 })), (times) => {
        let now = 0;
        let clock = new Tai64nClock({ now: () => wallTime(now) });
        let before = clock.greatest();
        for (const [i, time] of times.entries()) {
          now = time;
          if (i % 3 === 2) clock = new Tai64nClock({ now: () => wallTime(now) }, clock.greatest());
          const after = clock.next();
          expect(isTimestamp(after)).toBe(true);
          expect(isLater(after, before)).toBe(true);
          expect(isLater(before, after)).toBe(false);
          expect(clock.greatest()).toEqual(after);
          before = after;
        }
      }),
    );
  });

  test('carries into the seconds', () => {
    const last = Uint8Array.from([0x40, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x3b, 0x9a, 0xc9, 0xff]);
    const clock = new Tai64nClock({ now: () => wallTime(0) }, last);
    expect(toHex(clock.next())).toBe('400000010000000000000000');
  });

  test('octets that are no date are known as such', () => {
    expect(isTimestamp(new Uint8Array(12))).toBe(false);
    expect(isTimestamp(new Uint8Array(12).fill(255))).toBe(false);
    expect(isTimestamp(new Uint8Array(11))).toBe(false);
  });
});
