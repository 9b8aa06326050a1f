/**
 * A hold time of three seconds with BIRD 2, on a machine that has no time (T5).
 */
import { availableParallelism } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Daemon, eventually } from '../lab/process.ts';
import { type Pair, startPair } from './pair.ts';
import { pause, sessionOf } from './visitor-place.ts';

const LOAD_MS = 9000;

let pair: Pair;
beforeAll(async () => {
  pair = await startPair({
    peering: { holdTime: 3 },
    sessions: `protocol bgp tokyo from peers { neighbor fe80::6000%'DEVICE' as 4242426000; hold time 3; error wait time 1, 2; connect delay time 1; connect retry time 2; }`,
  });
  await pair.bird.established('tokyo');
});
afterAll(() => pair?.stop());

test('keepalives come in time while every processor is busy', async () => {
  const before = sessionOf(await pair.router.snapshot());
  expect(before).toMatchObject({ state: 'established', holdTimeSeconds: 3 });
  const load = Array.from(
    { length: availableParallelism() },
    () => new Daemon('load', process.execPath, ['-e', 'for (;;);']),
  );
  await pause(LOAD_MS);
  await Promise.all(load.map((one) => one.stop('SIGKILL')));
  const after = sessionOf(await pair.router.snapshot());
  const moved = Date.parse(after?.since ?? '') - Date.parse(before?.since ?? '');
  // A calendar time made of a monotonic one: some milliseconds differ, a new session by much more.
  expect(Math.abs(moved)).toBeLessThan(1000);
  expect(pair.bird.output).not.toMatch(/Hold timer expired/i);
});

test('a neighbor that falls silent is told 4/0 when the hold time is over, and returns', async () => {
  const silentAt = Date.now();
  pair.bird.signal('SIGSTOP');
  const down = await pair.router.reaches(
    '4/0 sent',
    (snapshot) => sessionOf(snapshot)?.lastNotification?.code === 4,
  );
  const notification = sessionOf(down)?.lastNotification;
  expect(notification).toMatchObject({ direction: 'sent', code: 4, subcode: 0 });
  // Its last keepalive may have come a second before.
  const after = Date.parse(notification?.at ?? '') - silentAt;
  expect(after).toBeGreaterThan(1900);
  expect(after).toBeLessThan(4000);
  pair.bird.signal('SIGCONT');
  await eventually(
    'BIRD heard it',
    async () => pair.bird.output,
    (text) => /Received: Hold timer expired/i.test(text),
  );
  await pair.router.reaches(
    'the session again',
    (snapshot) => sessionOf(snapshot)?.state === 'established',
  );
});
