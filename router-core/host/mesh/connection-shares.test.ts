import { expect, test } from 'vitest';
import { instant } from '../../base/units.ts';
import { ConnectionShares, sourceOf } from './connection-shares.ts';
import { API_SHUT_OUT_MAX, API_SHUT_OUT_MS } from './limits.ts';

const NOW = instant(1000);

test('a source has its share, and gets it back', () => {
  const shares = new ConnectionShares(2);
  expect([shares.enter('a', NOW), shares.enter('a', NOW), shares.enter('a', NOW)]).toEqual([
    true,
    true,
    false,
  ]);
  expect(shares.enter('b', NOW)).toBe(true);
  shares.leave('a');
  expect(shares.enter('a', NOW)).toBe(true);
  for (const source of ['a', 'a', 'b']) shares.leave(source);
  expect(shares.sources).toBe(0);
});

test('who was cut off stays out for a while, and is forgotten in time', () => {
  const shares = new ConnectionShares(2);
  shares.refuse('a', NOW);
  expect([shares.enter('a', NOW), shares.enter('b', NOW)]).toEqual([false, true]);
  expect(shares.enter('a', instant(1000 + API_SHUT_OUT_MS))).toBe(true);
  for (let i = 0; i <= API_SHUT_OUT_MAX; i++) shares.refuse(`s${i}`, NOW);
  expect([shares.enter('s0', NOW), shares.enter('s1', NOW)]).toEqual([true, false]);
});

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3::4', '20010db800010002'],
  ['2001:db8:1:2::9', '20010db800010002'],
  ['fe80::1%eth0', 'fe80000000000000'],
  ['127.0.0.1', undefined],
  ['::ffff:127.0.0.1', undefined],
  ['::1', undefined],
  ['', undefined],
])('connections from %s count for %s', (address, source) => {
  expect(sourceOf(address)).toBe(source);
});
