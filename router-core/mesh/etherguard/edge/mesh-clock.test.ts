/**
 * When time servers are asked, and asked again.
 *
 * @module
 */
import { expect, test } from 'vitest';
import { createTimerQueue } from '../../../base/timer-queue.ts';
import { type Instant, instant, milliseconds, wallTime } from '../../../base/units.ts';
import type { TimeAnswer } from '../ports.ts';
import { MeshClock } from './mesh-clock.ts';
import { Outputs, QuestionNumbers, Questions } from './outputs.ts';
import { QUIET } from './testing/quiet.ts';

/** Runs a clock for so many seconds; returns when it asked whom, and what it told. */
function run(
  interval: number,
  until: number,
  answerOf: (server: string, atSeconds: number) => TimeAnswer | undefined,
): {
  asked: [seconds: number, server: string][];
  told: [seconds: number, level: string, message: string][];
  clock: MeshClock;
} {
  const timerQueue = createTimerQueue();
  const outputs = new Outputs({ ...QUIET, LogNTP: true });
  const questions = new Questions<TimeAnswer | undefined>(new QuestionNumbers());
  const config = {
    UseNTP: true,
    MaxServerUse: 1,
    SyncTimeInterval: interval,
    NTPTimeout: 3,
    Servers: ['a', 'b'],
  };
  let now: Instant = instant(0);
  const wallClock = { now: () => wallTime(1_800_000_000_000 + now) };
  const clock = new MeshClock(wallClock, timerQueue, outputs, questions, config, () => undefined);
  const asked: [number, string][] = [];
  const told: [number, string, string][] = [];
  const answer = () => {
    for (let output = outputs.next(); output; output = outputs.next()) {
      if (output.kind === 'log') told.push([now / 1000, output.level, output.message]);
      if (output.kind !== 'ask-time') continue;
      asked.push([now / 1000, output.server]);
      questions.answer(output.question, answerOf(output.server, now / 1000), now);
    }
  };
  clock.start(now);
  answer();
  for (;;) {
    const due = timerQueue.nextDeadline();
    if (due === undefined || due > until * 1000) break;
    now = due;
    timerQueue.runDue(now);
    answer();
  }
  return { asked, told, clock };
}

const ANSWER: TimeAnswer = { offsetSeconds: 2, roundTrip: milliseconds(10) };

test('when no server answered, all are asked again after a minute, until one does', () => {
  const { asked, clock } = run(99_999, 1000, (server, at) =>
    server === 'b' && at >= 120 ? ANSWER : undefined,
  );
  expect(asked).toEqual([
    [0, 'a'],
    [0, 'b'],
    [60, 'a'],
    [60, 'b'],
    [120, 'a'],
    [120, 'b'],
    // The one that answered is asked for the offset itself.
    [120, 'b'],
  ]);
  expect(clock.offset).toBe(2000);
  expect(clock.isReady).toBe(true);
});

test('a shorter interval of the file stays; the best is asked by the interval as long as it answers', () => {
  expect(run(20, 50, () => undefined).asked.map(([at]) => at)).toEqual([0, 0, 20, 20, 40, 40]);
  const { asked } = run(3600, 8000, (_server, at) => (at < 3600 ? ANSWER : undefined));
  expect(asked.slice(0, 8)).toEqual([
    [0, 'a'],
    [0, 'b'],
    [0, 'a'],
    [3600, 'a'],
    [3660, 'a'],
    [3660, 'b'],
    [3720, 'a'],
    [3720, 'b'],
  ]);
});

test('that no server answers is told once, and once that one does again', () => {
  const { told } = run(60, 1000, (_server, at) => (at < 300 || at > 700 ? undefined : ANSWER));
  expect(told.filter(([, , message]) => !message.startsWith('the clock'))).toEqual([
    [0, 'warn', 'no time server answered'],
    [300, 'info', 'a time server answers again'],
    [720, 'warn', 'no time server answered'],
  ]);
});
