import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTimerQueue, type TimerQueue, type Timers } from './timer-queue.ts';
import { instant } from './units.ts';

/** An owner that writes down what expires. */
function recorder(queue: TimerQueue, label = ''): { timers: Timers<string>; expired: string[] } {
  const expired: string[] = [];
  const timers = queue.add<string>({ timerExpired: (name) => expired.push(`${label}${name}`) });
  return { timers, expired };
}

test('expires in order of deadline, and of arming where deadlines are equal', () => {
  const queue = createTimerQueue();
  const { timers, expired } = recorder(queue);
  timers.set('late', instant(30));
  timers.set('first of two', instant(20));
  timers.set('second of two', instant(20));
  timers.set('early', instant(10));
  expect(queue.nextDeadline()).toBe(10);

  queue.runDue(instant(20));
  expect(expired).toEqual(['early', 'first of two', 'second of two']);
  expect(queue.nextDeadline()).toBe(30);
  expect(queue.armed()).toBe(1);
});

test('a timer that is set again moves and expires once', () => {
  const queue = createTimerQueue();
  const { timers, expired } = recorder(queue);
  timers.set('rekey', instant(10));
  timers.set('rekey', instant(50));
  expect(queue.armed()).toBe(1);
  queue.runDue(instant(40));
  expect(expired).toEqual([]);
  timers.set('rekey', instant(45));
  expect(timers.deadline('rekey')).toBe(45);
  queue.runDue(instant(45));
  queue.runDue(instant(60));
  expect(expired).toEqual(['rekey']);
  expect(timers.isSet('rekey')).toBe(false);
  expect(timers.deadline('rekey')).toBeUndefined();
});

test('an owner that ends leaves nothing armed, and others alone', () => {
  const queue = createTimerQueue();
  const going = recorder(queue);
  const staying = recorder(queue);
  going.timers.set('a', instant(1));
  going.timers.set('b', instant(2));
  staying.timers.set('a', instant(3));
  going.timers.clearAll();
  going.timers.clear('never armed');
  expect(queue.armed()).toBe(1);
  queue.runDue(instant(10));
  expect([going.expired, staying.expired]).toEqual([[], ['a']]);
});

test('a timer that arms itself again for the same instant cannot hold the loop', () => {
  const queue = createTimerQueue();
  let count = 0;
  const timers = queue.add<'again'>({
    timerExpired(name, now) {
      count++;
      timers.set(name, now);
    },
  });
  timers.set('again', instant(5));
  queue.runDue(instant(5));
  expect(count).toBe(1);
  expect(queue.nextDeadline()).toBe(5);
  queue.runDue(instant(5));
  expect(count).toBe(2);
});

test('a timer may disarm another that is due in the same call', () => {
  const queue = createTimerQueue();
  const { timers: other, expired } = recorder(queue);
  const timers = queue.add<'first'>({ timerExpired: () => other.clear('second') });
  timers.set('first', instant(1));
  other.set('second', instant(2));
  queue.runDue(instant(5));
  expect(expired).toEqual([]);
  expect(queue.armed()).toBe(0);
});

test('a limit leaves the rest for the next call', () => {
  const queue = createTimerQueue();
  const { timers, expired } = recorder(queue);
  for (const name of ['a', 'b', 'c']) timers.set(name, instant(1));
  queue.runDue(instant(1), 2);
  expect(expired).toEqual(['a', 'b']);
  expect(queue.nextDeadline()).toBe(1);
  queue.runDue(instant(1), 2);
  expect(expired).toEqual(['a', 'b', 'c']);
});

test('agrees with a sorted list, whatever is armed, moved, cleared and run', () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('set' as const),
      owner: fc.nat(2),
      name: fc.nat(4),
      at: fc.nat(50),
    }),
    fc.record({ kind: fc.constant('clear' as const), owner: fc.nat(2), name: fc.nat(4) }),
    fc.record({ kind: fc.constant('clearAll' as const), owner: fc.nat(2) }),
    fc.record({
      kind: fc.constant('run' as const),
      by: fc.nat(10),
      limit: fc.integer({ min: 1, max: 30 }),
    }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const queue = createTimerQueue();
      const expired: string[] = [];
      const owners = [0, 1, 2].map((owner) =>
        queue.add<string>({ timerExpired: (name) => expired.push(`${owner}.${name}`) }),
      );
      const list: { key: string; at: number; order: number }[] = [];
      const expectedExpired: string[] = [];
      const drop = (matches: (key: string) => boolean): void => {
        for (let i = list.length - 1; i >= 0; i--) if (matches(list[i]!.key)) list.splice(i, 1);
      };
      let now = 0;
      for (const [order, step] of steps.entries()) {
        if (step.kind === 'set') {
          const key = `${step.owner}.${step.name}`;
          owners[step.owner]!.set(String(step.name), instant(now + step.at));
          drop((known) => known === key);
          list.push({ key, at: now + step.at, order });
        } else if (step.kind === 'clear') {
          owners[step.owner]!.clear(String(step.name));
          drop((known) => known === `${step.owner}.${step.name}`);
        } else if (step.kind === 'clearAll') {
          owners[step.owner]!.clearAll();
          drop((known) => known.startsWith(`${step.owner}.`));
        } else {
          now += step.by;
          queue.runDue(instant(now), step.limit);
          list.sort((a, b) => a.at - b.at || a.order - b.order);
          for (let i = 0; i < step.limit && list.length > 0 && list[0]!.at <= now; i++)
            expectedExpired.push(list.shift()!.key);
        }
        const deadlines = list.map((entry) => entry.at);
        expect(queue.armed()).toBe(list.length);
        expect(queue.nextDeadline()).toBe(
          deadlines.length === 0 ? undefined : Math.min(...deadlines),
        );
        expect(expired).toEqual(expectedExpired);
      }
    }),
  );
});
