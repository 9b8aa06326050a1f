import { expect, test } from 'vitest';
import { wallTime } from '../base/units.ts';
import { createTransitionLog } from './transitions.ts';

test('transitions are numbered, timed, and carry what was given', () => {
  let now = 0;
  const log = createTransitionLog({ now: () => wallTime(now) });
  log.add('provisioned', undefined, 'op1');
  now = 1500;
  log.add('notification', 'sent: Cease');
  expect(log.entries).toEqual([
    { number: 1, step: 'provisioned', at: '1970-01-01T00:00:00.000Z', operation: 'op1' },
    { number: 2, step: 'notification', at: '1970-01-01T00:00:01.500Z', detail: 'sent: Cease' },
  ]);
});

test('the last hundred are kept, and nothing is renumbered', () => {
  const log = createTransitionLog({ now: () => wallTime(0) });
  for (let i = 0; i < 250; i++) log.add(i === 3 ? 'requested' : 'edited');
  expect(log.entries).toHaveLength(100);
  expect(log.entries.map((entry) => entry.number)).toEqual(
    Array.from({ length: 100 }, (_, i) => 151 + i),
  );
  expect(log.last('edited')?.number).toBe(250);
  expect(log.last('requested')).toBeUndefined();
});
