import { expect, test } from 'vitest';
import { ConnectionShares, sourceOf } from './connection-shares.ts';

test('a source has its share, and gets it back', () => {
  const shares = new ConnectionShares(2);
  expect([shares.enter('a'), shares.enter('a'), shares.enter('a')]).toEqual([true, true, false]);
  expect(shares.enter('b')).toBe(true);
  shares.leave('a');
  expect(shares.enter('a')).toBe(true);
  for (const source of ['a', 'a', 'b']) shares.leave(source);
  expect(shares.sources).toBe(0);
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
