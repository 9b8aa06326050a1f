/**
 * Long-lived graceful restart (RFC 9494) with BIRD 2, either way, and with FRR.
 *
 * Without a packet worker nothing forwards when our node dies, so we announce a stale time and no restart
 * time: BIRD's patience begins at once.
 */
import { existsSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import type { Snapshot } from '../../router-core/index.ts';
import { eventually } from '../lab/process.ts';
import { NODE, type Pair, startFrrInstead, startPair } from './pair.ts';
import { sessionOf } from './visitor-place.ts';

const OURS = '172.21.128.0/27';
const OF_BIRD = '172.21.129.0/27';
const hasFrr = existsSync('/usr/lib/frr/bgpd');

let pair: Pair | undefined;
afterEach(async () => {
  delete process.env.ROOTLESS42_UNDERLAY;
  await pair?.stop();
  pair = undefined;
});

const isFresh = (snapshot: Snapshot): boolean => sessionOf(snapshot)?.accepted === 2;
const isLongLived = (snapshot: Snapshot): boolean =>
  sessionOf(snapshot)?.stale?.isLongLived === true;

test('BIRD is killed: its routes are a last choice after the restart time, and go after the stale time', async () => {
  pair = await startPair({
    peering: { gracefulRestart: { longLived: 5 } },
    sessions: `protocol bgp tokyo from peers { neighbor fe80::6000%'DEVICE' as 4242426000; graceful restart on; graceful restart time 1; long lived graceful restart on; long lived stale time 600; }`,
  });
  const { router, bird } = pair;
  await bird.established('tokyo');
  const up = await router.reaches('routes of BIRD', isFresh);
  expect(sessionOf(up)?.capabilities).toContain('Long-lived graceful restart');
  await bird.stop('SIGKILL');
  await router.reaches('long-lived stale routes', isLongLived, 15_000);
  expect(await router.cli('status')).toContain('long-lived graceful restart');
  expect(await router.cli('lg', 'route', OF_BIRD, '--json')).toContain('65535:6');
  const gone = await router.reaches('no routes', (s) => sessionOf(s)?.accepted === 0, 20_000);
  expect(sessionOf(gone)?.stale).toBeUndefined();
});

test('our node is killed: BIRD keeps our routes as stale, and has fresh ones when we return', async () => {
  process.env.ROOTLESS42_UNDERLAY = 'inline';
  pair = await startPair({
    peering: { gracefulRestart: { longLived: 600 } },
    sessions: `protocol bgp tokyo from peers { neighbor fe80::6000%'DEVICE' as 4242426000; hold time 3; graceful restart aware; long lived graceful restart aware; connect delay time 1; connect retry time 3; error wait time 1, 3; }`,
  });
  const { bird } = pair;
  await bird.established('tokyo');
  await bird.hasRoute(OURS);
  await pair.router.daemon.stop('SIGKILL');
  await eventually(
    'BIRD holds our route for stale',
    async () =>
      (await bird.ask('show', 'route', OURS, 'all')) +
      (await bird.ask('show', 'protocols', 'all', 'tokyo')),
    (text) => text.includes('(65535,6)'),
    25_000,
  );
  await pair.startRouter();
  await bird.established('tokyo');
  await eventually(
    'BIRD has it fresh',
    () => bird.ask('show', 'route', OURS, 'all'),
    (text) => text.includes('unicast') && !text.includes('(65535,6)'),
  );
});

test.skipIf(!hasFrr)('FRR is killed: what it announced by capability 71 counts', async () => {
  pair = await startPair({ peering: { gracefulRestart: { longLived: 5 } }, sessions: '' });
  const frr = await startFrrInstead(pair, [
    'bgp graceful-restart',
    'bgp graceful-restart restart-time 1',
    'bgp long-lived-graceful-restart stale-time 600',
  ]);
  await frr.established(NODE.linkLocal);
  const { router } = pair;
  const up = await router.reaches('routes of FRR', isFresh, 40_000);
  expect(sessionOf(up)?.capabilities).toContain('Long-lived graceful restart');
  await frr.stop('SIGKILL');
  await router.reaches('long-lived stale routes', isLongLived, 15_000);
  await router.reaches('no routes', (s) => sessionOf(s)?.accepted === 0, 20_000);
});
