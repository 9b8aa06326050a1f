/**
 * Graceful restart with BIRD 2, both ways (RFC 4724): nobody forgets the other while packets go on.
 *
 * The way to the visitor and the way to what is behind BIRD are known by BGP only.
 *
 * BIRD 2.0 does not know RFC 8538: it announces no N bit, so that every NOTIFICATION ends its routes and
 * our administrative shutdown needs no hard reset towards it.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBird } from '../lab/daemons.ts';
import { eventually } from '../lab/process.ts';
import {
  birdBeside,
  isAnswered,
  pause,
  type Snapshot,
  sessionOf,
  startVisitorPlace,
  type VisitorPlace,
} from './visitor-place.ts';

const OURS = '172.21.128.0/27';
const PATIENCE_MS = 30_000;
/** End-of-RIB, take-over, and the three seconds until old keys are overwritten. */
const AFTERWARDS_MS = 6000;
/** A loaded machine may drop a few of hundreds. */
const LOST_MAX = 3;

let place: VisitorPlace;

beforeAll(async () => {
  place = await startVisitorPlace((device) => configOfBird(device, 60));
  await place.bird.established('tokyo');
  await place.router.reaches('routes', isFresh);
  await eventually('the way there and back', () => place.ping('-c', '1', '-W', '1'), isAnswered);
});
afterAll(() => place?.stop());

test('BIRD is killed and returns in time: its routes stay, stale and then fresh, and so do packets', async () => {
  const { router } = place;
  const flow = place.pings();
  const watch = watching(() => router.snapshot());
  await pause(1000);
  await place.bird.stop('SIGKILL');
  const stale = await router.reaches('stale routes', (s) => sessionOf(s)?.stale !== undefined);
  expect(sessionOf(stale)?.stale).toMatchObject({ families: ['ipv4', 'ipv6'], awaits: 'session' });
  expect(await router.cli('status')).toMatch(/2 routes are kept for \d+ s more, graceful restart/);
  await pause(2000);
  await returnBird(60, ['-R']);
  await router.reaches('fresh routes', isFresh, PATIENCE_MS);
  await pause(AFTERWARDS_MS);
  const { sent, received, lost } = await flow.end();
  const accepted = (await watch.end()).map((snapshot) => sessionOf(snapshot)?.accepted ?? 0);
  console.log(`BIRD killed: ${received} of ${sent} packets came back`);
  expect(Math.min(...accepted)).toBeGreaterThanOrEqual(2);
  expect(lost).toBeLessThanOrEqual(LOST_MAX);
}, 120_000);

test('our router worker fails: BIRD keeps our routes, and no packet is lost', async () => {
  // What is remembered over a restart is written once a second.
  await pause(1500);
  const { bird, lab, devices } = place;
  const flow = place.pings();
  const watch = watching(async () => ({
    bird: await bird.ask('show', 'route', OURS),
    kernel: await lab.host('bird').must('ip', 'route', 'show', OURS),
  }));
  await pause(2000);
  await place.crash(isFresh, PATIENCE_MS);
  await pause(AFTERWARDS_MS);
  const { sent, received, lost } = await flow.end();
  const seen = await watch.end();
  console.log(`our crash: ${received} of ${sent} packets came back, ${seen.length} looks at BIRD`);
  expect(seen.length).toBeGreaterThan(20);
  for (const look of seen) {
    expect(look.bird).toContain('unicast');
    expect(look.kernel).toContain(devices.bird);
  }
  expect(lost).toBeLessThanOrEqual(LOST_MAX);
  // BIRD has heard everything again, and End-of-RIB: nothing is stale any more.
  await eventually(
    'no graceful restart is active',
    () => bird.ask('show', 'protocols', 'all', 'tokyo'),
    (text) => text.includes('Established') && !/Graceful restart active/.test(text),
    PATIENCE_MS,
  );
  await bird.hasRoute(OURS);
}, 120_000);

test('BIRD is killed and does not return in time: its routes go', async () => {
  const { router } = place;
  await place.bird.stop();
  await router.reaches('no routes', (s) => sessionOf(s)?.accepted === 0);
  await returnBird(4);
  await router.reaches('routes', isFresh, PATIENCE_MS);
  await place.bird.stop('SIGKILL');
  await router.reaches('stale routes', (s) => sessionOf(s)?.stale !== undefined);
  const gone = await router.reaches('no routes', (s) => sessionOf(s)?.accepted === 0, 10_000);
  expect(sessionOf(gone)?.stale).toBeUndefined();
}, 120_000);

test('our administrative shutdown ends our routes although BIRD would keep them', async () => {
  await returnBird(60);
  await place.bird.hasRoute(OURS, PATIENCE_MS);
  await place.router.daemon.stop();
  await place.bird.hasNoRoute(OURS, 5000);
}, 120_000);

const isFresh = (snapshot: Snapshot): boolean => {
  const session = sessionOf(snapshot);
  return session?.state === 'established' && session.accepted >= 2 && session.stale === undefined;
};

/** Starts BIRD again, with so many seconds for its next restart. */
async function returnBird(restartSeconds: number, options: readonly string[] = []): Promise<void> {
  const { lab, devices } = place;
  const config = configOfBird(devices.bird, restartSeconds);
  place.bird = await startBird(lab, lab.host('bird'), config, options);
  await place.bird.established('tokyo', PATIENCE_MS);
}

/** Looks again and again until `end`; returns all that was seen. */
function watching<Seen>(look: () => Promise<Seen>): { end(): Promise<Seen[]> } {
  const seen: Seen[] = [];
  let isOver = false;
  const all = (async () => {
    while (!isOver) {
      seen.push(await look());
      await pause(100);
    }
    return seen;
  })();
  return {
    end() {
      isOver = true;
      return all;
    },
  };
}

/** BIRD that restarts gracefully within so many seconds, and whose kernel routes wait for it. */
const configOfBird = (device: string, restartSeconds: number): string =>
  birdBeside(device, `graceful restart on; graceful restart time ${restartSeconds};`).replace(
    /(protocol kernel k[46] \{)/g,
    '$1 graceful restart on;',
  );
