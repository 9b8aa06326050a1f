/**
 * Restarts of either side beside FRR 8.4, which knows RFC 8538: it is killed, we are killed, we end in order.
 */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Snapshot } from '../../router-core/index.ts';
import type { Frr } from '../lab/daemons.ts';
import { type Pair, startFrrInstead, startPair } from './pair.ts';
import { pause, sessionOf } from './visitor-place.ts';

const NEIGHBOR = 'fe80::6000';
const OURS = '172.21.128.0/27';

let pair: Pair;
let frr: Frr;

describe.skipIf(!existsSync('/usr/lib/frr/bgpd'))('FRR', () => {
  beforeAll(async () => {
    pair = await startPair({ sessions: '' });
    frr = await start();
    await pair.router.reaches('routes of FRR', isFresh, 40_000);
    await frr.hasRoute('ipv4', OURS);
  });
  afterAll(async () => {
    await frr?.stop();
    await pair?.stop();
  });

  test('is killed and returns: its routes stay, stale and then fresh (T18)', async () => {
    const { router } = pair;
    const accepted: number[] = [];
    const look = (snapshot: Snapshot): Snapshot => {
      accepted.push(sessionOf(snapshot)?.accepted ?? 0);
      return snapshot;
    };
    await frr.stop('SIGKILL');
    const stale = await router.reaches(
      'stale routes',
      (snapshot) => sessionOf(look(snapshot))?.stale !== undefined,
    );
    expect(sessionOf(stale)?.stale).toMatchObject({
      families: ['ipv4', 'ipv6'],
      awaits: 'session',
    });
    const starting = start();
    await router.reaches('fresh routes', (snapshot) => isFresh(look(snapshot)), 60_000);
    frr = await starting;
    expect(accepted.length).toBeGreaterThan(5);
    expect(Math.min(...accepted)).toBe(2);
    await frr.hasRoute('ipv4', OURS);
  });

  test('is established long before its hold time ends when we are killed and return (T25)', async () => {
    // What is remembered over a restart is written once a second.
    await pause(1500);
    await pair.router.daemon.stop('SIGKILL');
    const killedAt = Date.now();
    await pair.startRouter();
    await pair.router.reaches('routes of FRR', isFresh, 10_000);
    expect(Date.now() - killedAt).toBeLessThan(10_000);
    await frr.established(NEIGHBOR, 2000);
    await frr.hasRoute('ipv4', OURS);
  });

  test('forgets our routes at once when we end in order: a hard reset (RFC 8538)', async () => {
    await pair.router.daemon.stop();
    await frr.hasNoRoute('ipv4', OURS, 5000);
    expect(await frr.ask(`show bgp neighbors ${NEIGHBOR}`)).toMatch(/Hard Reset/i);
  });
});

const isFresh = (snapshot: Snapshot): boolean => {
  const session = sessionOf(snapshot);
  return session?.state === 'established' && session.accepted === 2 && session.stale === undefined;
};

const start = (): Promise<Frr> =>
  startFrrInstead(pair, [
    'bgp graceful-restart',
    'bgp graceful-restart preserve-fw-state',
    `neighbor ${NEIGHBOR} timers connect 2`,
  ]);
