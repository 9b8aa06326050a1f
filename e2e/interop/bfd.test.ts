/**
 * BFD (RFC 5880, 5881) inside a real tunnel, with BIRD 2, and what it does to BGP (RFC 9384).
 */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectToNode } from '../../router-core/cli/running-node.ts';
import { documentOfFile, readConfigFile } from '../../router-core/router/config-file.ts';
import { eventually, must } from '../lab/process.ts';
import { hasSent, isUp, sessionOf } from './bfd-view.ts';
import { type Pair, startPair } from './pair.ts';

const BIRD = `
protocol bfd watch { interface "DEVICE" { interval 300 ms; idle tx interval 1 s; multiplier 5; }; }
protocol bgp tokyo from peers { neighbor fe80::6000%'DEVICE' as 4242426000; bfd on; connect retry time 5; error wait time 2, 4; }`;

/** The tests follow one session through its life. */
let place: Pair;
beforeAll(async () => {
  place = await startPair({ peering: { bfd: true }, sessions: BIRD });
});
afterAll(() => place?.stop());

test('BIRD: both ends are up at the intervals of both', async () => {
  await place.bird.established('tokyo');
  const up = await place.router.reaches('BFD up', isUp);
  expect(sessionOf(up)?.bfd).toMatchObject({ remoteState: 'up', downs: 0 });
  await place.router.reaches('300 ms and 1.5 s', (s) => {
    const bfd = sessionOf(s)?.bfd;
    return bfd?.transmitIntervalMs === 300 && bfd.detectionTimeMs === 1500;
  });
  expect(await place.bird.ask('show', 'bfd', 'sessions')).toMatch(/fe80::6000\s+\S+\s+Up/);
  expect(await place.router.cli('status')).toMatch(/BFD[\s\S]*up 20/);
});

test('BIRD: new parameters on a living session, first theirs, then ours', async () => {
  const file = join(place.lab.folder, 'bird-bird', 'bird.conf');
  writeFileSync(file, (await must('cat', [file])).replace('interval 300 ms', 'interval 600 ms'));
  await place.bird.ask('configure');
  const slower = await place.router.reaches(
    'slower by Poll and Final',
    (s) => sessionOf(s)?.bfd?.detectionTimeMs === 3000,
  );
  expect(sessionOf(slower)?.bfd).toMatchObject({ state: 'up', downs: 0, transmitIntervalMs: 600 });
  await wish({ minTx: 900, minRx: 300, multiplier: 4 });
  const slowest = await place.router.reaches(
    'BIRD has answered our Poll',
    (s) => sessionOf(s)?.bfd?.transmitIntervalMs === 900,
  );
  expect(sessionOf(slowest)).toMatchObject({
    state: 'established',
    bfd: { state: 'up', downs: 0 },
  });
  // 4 packets of ours, 900 ms apart.
  expect(await place.bird.ask('show', 'bfd', 'sessions')).toMatch(/Up.*3\.600/);
  await wish({ minTx: 300, minRx: 300, multiplier: 5 });
  writeFileSync(file, (await must('cat', [file])).replace('interval 600 ms', 'interval 300 ms'));
  await place.bird.ask('configure');
  await place.router.reaches('fast again', (s) => sessionOf(s)?.bfd?.detectionTimeMs === 1500);
});

test('silence ends the session within the detection time, and both come back', async () => {
  const before = Date.now();
  // The tunnel swallows everything, as a dead machine would.
  process.kill(place.tunnel.pid, 'SIGSTOP');
  const down = await place.router.reaches('6/10 sent', (s) => hasSent(s, 10), 10_000);
  const tookMs = Date.parse(sessionOf(down)?.lastNotification?.at ?? '') - before;
  console.log(`BFD found the silence after ${tookMs} ms`);
  expect(tookMs).toBeGreaterThan(1000);
  expect(tookMs).toBeLessThan(2500);
  expect(sessionOf(down)?.accepted).toBe(0);
  expect(await place.router.cli('status')).toMatch(
    /BFD lost your router \(detection time expired\).*BFD_DOWN/,
  );
  process.kill(place.tunnel.pid, 'SIGCONT');
  await place.router.reaches('both are back', isUp, 30_000);
});

test('BIRD hears 6/10 when only its BFD falls silent, and BGP goes on without it', async () => {
  await place.bird.ask('disable', 'watch');
  await eventually(
    'BIRD tells of 6/10',
    async () => place.bird.output,
    // BIRD 2.0 knows no name for it.
    (text) => /tokyo: Received: .*(6\.10|BFD)/i.test(text),
    10_000,
  );
  const without = await place.router.reaches(
    'a session without BFD, explained',
    (s) => s.peerings[0]?.diagnosis.some(({ code }) => code === 'BFD_NOT_UP') ?? false,
    30_000,
  );
  expect(sessionOf(without)).toMatchObject({ state: 'established', bfd: { state: 'down' } });
  await place.bird.ask('enable', 'watch');
  await place.router.reaches('BFD up again', isUp, 20_000);
});

test('our orderly end is a shutdown and AdminDown to BIRD, not a failure', async () => {
  await place.router.daemon.stop();
  await eventually(
    'BIRD has heard why',
    () => place.bird.ask('show', 'protocols', 'all', 'tokyo'),
    (text) => /Administrative shutdown/i.test(text),
  );
});

/** Gives our running node the same document with other BFD parameters. */
async function wish(bfd: { minTx: number; minRx: number; multiplier: number }): Promise<void> {
  const config = JSON.parse(JSON.stringify(place.config)) as { peerings: { bfd: unknown }[] };
  for (const peering of config.peerings) peering.bfd = bfd;
  const { file } = readConfigFile(config, (path) => resolve(place.router.folder, path));
  const publicKey = place.router.publicKey;
  const document = file === undefined ? undefined : documentOfFile(file, publicKey).config;
  if (document === undefined) throw new Error('the document of the lab is right');
  const client = await connectToNode(place.router.folder);
  await client.call('apply', { config: document }, 20_000);
  await client.close();
}
