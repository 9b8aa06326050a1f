/**
 * A crash of the router worker beside a BGP session: packets go on by the routes it had learnt, and the
 * next one takes over when BIRD has told it everything again.
 *
 * BIRD's host has a route back of its own: BIRD forgets ours when the session ends (RFC 4271 §8).
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../lab/process.ts';
import {
  birdBeside,
  isAnswered,
  pause,
  type Snapshot,
  sessionOf,
  startVisitorPlace,
  VISITOR,
  type VisitorPlace,
} from './visitor-place.ts';

/** A loaded machine may drop a few of hundreds. */
const LOST_MAX = 3;
const BEFORE_MS = 1000;
/** End-of-RIB, take-over, and the three seconds until old keys are overwritten. */
const AFTERWARDS_MS = 6000;
const PATIENCE_MS = 20_000;

let place: VisitorPlace;

beforeAll(async () => {
  place = await startVisitorPlace(birdBeside);
  const { lab, devices, bird, router } = place;
  await lab.host('bird').must('ip', 'route', 'add', `${VISITOR}/32`, 'dev', devices.bird);
  await bird.established('tokyo');
  await router.reaches('routes', hasRoutes);
});
afterAll(() => place?.stop());

test('no packet is lost, and the session returns', async () => {
  const { bird, ping } = place;
  await eventually('the way there', () => ping('-c', '1', '-W', '1'), isAnswered, PATIENCE_MS);
  // What is remembered over a restart is written once a second.
  await pause(1500);
  const flow = place.pings();
  await pause(BEFORE_MS);
  await place.crash(hasRoutes, PATIENCE_MS);
  await pause(AFTERWARDS_MS);
  const { sent, received, lost } = await flow.end();
  console.log(`crash beside BGP: ${received} of ${sent} packets came back`);
  // Fifty a second, or what a busy machine lets ping send.
  expect(sent).toBeGreaterThan(100);
  expect(lost).toBeLessThanOrEqual(LOST_MAX);
  // The tables of the next life route, not what the former one left: a withdrawal is obeyed.
  await bird.ask('disable', 'own4');
  await eventually(
    'no way any more',
    () => ping('-c', '1', '-W', '1'),
    (output) => !isAnswered(output),
    PATIENCE_MS,
  );
}, 120_000);

const hasRoutes = (snapshot: Snapshot): boolean => (sessionOf(snapshot)?.accepted ?? 0) >= 2;
