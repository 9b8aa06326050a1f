/**
 * The MAC table: learning, forgetting, and members who have too many addresses.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex, writeUint32 } from '../../base/bytes.ts';
import { type Instant, instant, seconds } from '../../base/units.ts';
import { NO_NODE, type NodeNumber } from '../node-number.ts';
import { MAC_ADDRESSES_MAX, MAC_ADDRESSES_PER_NODE_MAX, MAC_ADDRESSES_RESERVED } from './limits.ts';
import { MacTable } from './mac-table.ts';

const SALT = 0x5bd1e995;

describe('an address', () => {
  test('is where a frame from it came from last', () => {
    const table = new MacTable(seconds(60), SALT, instant(0));
    expect(table.find(mac(1), 0)).toBe(NO_NODE);
    table.learn(mac(1), 0, node(7), instant(0));
    table.learn(mac(2), 0, node(9), instant(0));
    expect(table.find(mac(1), 0)).toBe(7);
    table.learn(mac(1), 0, node(8), instant(1));
    expect(table.find(mac(1), 0)).toBe(8);
    expect(table.find(mac(2), 0)).toBe(9);
  });

  test('is read where it stands in a frame', () => {
    const table = new MacTable(seconds(60), SALT, instant(0));
    const frame = Uint8Array.of(0xff, ...mac(2), ...mac(1), 0x88, 0xb5);
    table.learn(frame, 7, node(1), instant(0));
    expect(table.find(mac(1), 0)).toBe(1);
    expect(table.find(frame, 1)).toBe(NO_NODE);
  });

  test('of a group is never learnt nor found', () => {
    const table = new MacTable(seconds(60), SALT, instant(0));
    const group = Uint8Array.of(0x01, 0, 0x5e, 0, 0, 1);
    table.learn(group, 0, node(1), instant(0));
    expect(table.size).toBe(0);
    expect(table.find(group, 0)).toBe(NO_NODE);
  });

  test('of node 0 is found', () => {
    const table = new MacTable(seconds(60), SALT, instant(0));
    table.learn(mac(1), 0, node(0), instant(0));
    expect(table.find(mac(1), 0)).toBe(0);
  });
});

describe('an entry', () => {
  test('lives one to two timeouts after it was heard of', () => {
    const table = new MacTable(seconds(60), SALT, instant(0));
    table.learn(mac(1), 0, node(1), instant(0));
    table.learn(mac(2), 0, node(1), instant(1));
    table.tick(instant(59_999));
    table.learn(mac(3), 0, node(1), instant(59_999));
    expect(table.nextDeadline()).toBe(60_000);
    table.tick(instant(60_000));
    expect(table.size).toBe(3);
    table.learn(mac(2), 0, node(1), instant(100_000));
    table.tick(instant(120_000));
    expect([...table.entries()].map(({ address }) => toHex(address))).toEqual([toHex(mac(2))]);
    expect(table.find(mac(3), 0)).toBe(NO_NODE);
  });

  test.each([0, 0.01, -1])('stays for ever with a timeout of %d s', (timeout) => {
    const table = new MacTable(seconds(timeout), SALT, instant(0));
    table.learn(mac(1), 0, node(1), instant(0));
    table.tick(instant(1e12));
    expect(table.nextDeadline()).toBeUndefined();
    expect(table.find(mac(1), 0)).toBe(1);
  });
});

describe('a member with too many addresses', () => {
  test('keeps the first, and harms nobody', () => {
    const table = new MacTable(seconds(60), SALT, instant(0));
    for (let i = 0; i < 100_000; i++) table.learn(mac(i), 0, node(666), instant(0));
    expect(table.size).toBe(MAC_ADDRESSES_PER_NODE_MAX);
    table.learn(mac(200_000), 0, node(1), instant(0));
    expect(table.find(mac(200_000), 0)).toBe(1);
  });

  test('and all its friends leave every other node its reserve', () => {
    const table = new MacTable(seconds(60), SALT, instant(0));
    for (let friend = 0; friend < 100; friend++)
      for (let i = 0; i < 2000; i++)
        table.learn(mac(friend * 2000 + i), 0, node(friend), instant(0));
    expect(table.size).toBeLessThanOrEqual(MAC_ADDRESSES_MAX);
    for (let other = 100; other < 1000; other++)
      for (let i = 0; i < 2 * MAC_ADDRESSES_RESERVED; i++)
        table.learn(mac(1e6 + other * 100 + i), 0, node(other), instant(0));
    for (let other = 100; other < 1000; other++)
      for (let i = 0; i < MAC_ADDRESSES_RESERVED; i++)
        expect(table.find(mac(1e6 + other * 100 + i), 0)).toBe(other);
  });

  test('cannot take one more from another: the address is then nobody’s', () => {
    const table = new MacTable(seconds(60), SALT, instant(0));
    for (let i = 0; i < MAC_ADDRESSES_PER_NODE_MAX; i++)
      table.learn(mac(i), 0, node(666), instant(0));
    table.learn(mac(5000), 0, node(1), instant(0));
    table.learn(mac(5000), 0, node(666), instant(0));
    expect(table.find(mac(5000), 0)).toBe(NO_NODE);
    table.learn(mac(5000), 0, node(1), instant(0));
    expect(table.find(mac(5000), 0)).toBe(1);
  });
});

test('does what a map does', () => {
  const step = fc.record({
    kind: fc.constantFrom('learn', 'learn', 'learn', 'tick'),
    address: fc.integer({ min: 0, max: 20 }),
    node: fc.integer({ min: 0, max: 3 }),
    pause: fc.integer({ min: 0, max: 30_000 }),
  });
  fc.assert(
    fc.property(fc.integer(), fc.array(step, { maxLength: 100, size: 'max' }), (salt, steps) => {
      const table = new MacTable(seconds(60), salt, instant(0));
      const model = new Map<number, { node: number; heardAt: number }>();
      let now = 0 as Instant;
      let sweepAt = 60_000;
      for (const { kind, address, node: number, pause } of steps) {
        now = instant(now + pause);
        if (kind === 'learn') {
          table.learn(mac(address), 0, node(number), now);
          model.set(address, { node: number, heardAt: now });
        } else {
          table.tick(now);
          if (now < sweepAt) continue;
          sweepAt = now + 60_000;
          for (const [key, { heardAt }] of model) if (now - heardAt > 60_000) model.delete(key);
        }
      }
      for (let i = 0; i <= 20; i++)
        expect(table.find(mac(i), 0)).toBe(model.get(i)?.node ?? NO_NODE);
      expect(table.size).toBe(model.size);
    }),
  );
});

test('100,000 frames of known addresses leave nothing on the heap', () => {
  const table = new MacTable(seconds(60), SALT, instant(0));
  const frame = new Uint8Array(1500);
  frame.set(mac(1), 6);
  frame.set(mac(1), 0);
  const now = instant(12);
  let found = 0;
  const pass = (count: number): void => {
    for (let i = 0; i < count; i++) {
      table.learn(frame, 6, node(3), now);
      found += table.find(frame, 0);
    }
  };
  pass(100_000);
  const before = process.memoryUsage().heapUsed;
  pass(100_000);
  const octetsPerFrame = (process.memoryUsage().heapUsed - before) / 100_000;
  expect(found).toBe(600_000);
  expect(octetsPerFrame).toBeLessThan(2);
});

function mac(number: number): Uint8Array {
  const address = Uint8Array.of(0x02, 0x42, 0, 0, 0, 0);
  writeUint32(address, 2, number);
  return address;
}

function node(number: number): NodeNumber {
  return number as NodeNumber;
}
