import { expect, test } from 'vitest';
import { DROP_REASONS } from '../../router-core/base/drop-reason.ts';
import { PACKET_PATHS } from '../../router-core/index.ts';
import { isDropReason, isPathKind } from './packet-path.ts';

test('every reason to drop a packet has words', () => {
  expect(DROP_REASONS.filter((reason) => !isDropReason(reason))).toEqual([]);
  expect(isDropReason('toString')).toBe(false);
});

test('every path that can be asked for has words, and so has that of the demo', () => {
  const kinds = PACKET_PATHS.filter((path) => path !== 'auto');
  expect([...kinds, 'simulated', 'none'].filter((kind) => !isPathKind(kind))).toEqual([]);
  expect(isPathKind('fake')).toBe(false);
});
