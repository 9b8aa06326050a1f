/**
 * After a crash of ours the sessions return by our own doing: hold time 90, and a peer whose endpoint
 * our configuration does not name.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../lab/process.ts';
import { type Pair, startPair } from './pair.ts';

let pair: Pair;

beforeAll(async () => {
  pair = await startPair({ endpoint: 'none' });
});
afterAll(() => pair?.stop());

test('BIRD connects to us: it alone knows where the other side is', async () => {
  await pair.bird.established('tokyo');
  const snapshot = await pair.router.reaches(
    'routes',
    (s) => (s.peerings[0]?.sessions[0]?.accepted ?? 0) >= 2,
  );
  expect(snapshot.peerings[0]?.tunnel?.endpoint).toBe(`${pair.birdHost.ipv4}:26001`);
  // runtime.json is written at most once a second.
  await new Promise((resolve) => setTimeout(resolve, 1500));
});

test('killed and started again, the session is Established within 10 s', async () => {
  await pair.router.daemon.stop('SIGKILL');
  const killedAt = Date.now();
  await pair.startRouter();
  await pair.router.reaches(
    'Established',
    (s) => s.peerings[0]?.operational === 'established',
    10_000,
  );
  expect(Date.now() - killedAt).toBeLessThan(10_000);
  await pair.bird.established('tokyo', 2000);
  await pair.bird.hasRoute('172.21.128.0/27');
});

test('BIRD killed: we dial again and it returns', async () => {
  await pair.bird.ask('disable', 'tokyo');
  await pair.router.reaches('down', (s) => s.peerings[0]?.sessions[0]?.state !== 'established');
  await pair.bird.ask('enable', 'tokyo');
  await pair.bird.established('tokyo', 30_000);
});

test('the status tells what BIRD said goodbye with', async () => {
  await pair.bird.ask('disable', 'tokyo', '"see you at noon"');
  const snapshot = await pair.router.reaches(
    'the text',
    (s) => s.peerings[0]?.sessions[0]?.lastNotification?.text === 'see you at noon',
  );
  expect(snapshot.peerings[0]?.sessions[0]?.lastNotification).toMatchObject({
    direction: 'received',
    code: 6,
    subcode: 2,
  });
  expect(snapshot.peerings[0]?.diagnosis.map((finding) => finding.code)).toContain(
    'BGP_NOTIFICATION',
  );
  await pair.bird.ask('enable', 'tokyo');
  await eventually(
    'Established',
    () => pair.bird.ask('show', 'protocols', 'tokyo'),
    (text) => /Established/.test(text),
    40_000,
  );
});
