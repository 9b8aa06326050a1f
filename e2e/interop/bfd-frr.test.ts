/**
 * BFD inside a real tunnel with FRR's bfdd. FRR keeps routes over NOTIFICATIONs (RFC 8538), so our 6/10 may come
 * inside a hard reset.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Snapshot } from '../../router-core/index.ts';
import { Daemon, eventually } from '../lab/process.ts';
import { endsOf, hasSent, isUp, sessionOf } from './bfd-view.ts';
import { type Pair, startFrrInstead, startPair } from './pair.ts';

const hasFrr = existsSync('/usr/lib/frr/bfdd');

/** bfdd makes its session anew when the one of bgpd comes up, and says Down meanwhile. */
const isSteady = (snapshot: Snapshot): boolean =>
  isUp(snapshot) &&
  Date.parse(snapshot.at) - Date.parse(sessionOf(snapshot)?.bfd?.since ?? '') > 3000;

let pair: Pair | undefined;
afterEach(async () => {
  await pair?.stop();
  pair = undefined;
});

test.skipIf(!hasFrr)(
  'FRR: up, bfdd dies, 6/10; then an operator shuts BFD down there',
  async () => {
    pair = await startPair({ peering: { bfd: { minTx: 200, minRx: 200 } }, sessions: '' });
    const neighbor = 'fe80::6000';
    const frr = await startFrrInstead(pair, [
      `neighbor ${neighbor} bfd`,
      `neighbor ${neighbor} timers connect 3`,
    ]);
    const folder = join(pair.lab.folder, `frr-${pair.birdHost.name}`);
    const notificationsHeard = async (): Promise<number> => {
      const text = await frr.ask(`show bgp neighbors ${neighbor}`);
      return Number(/Notifications:\s+\d+\s+(\d+)/.exec(text)?.[1]);
    };
    const startBfdd = (): Daemon => {
      const options = `-u frr -g frr --vty_socket ${folder} -z ${folder}/zserv.api -i ${folder}/bfdd.pid --bfdctl ${folder}/bfdd.sock`;
      return new Daemon(
        'bfdd',
        ...(pair as Pair).birdHost.inside('/usr/lib/frr/bfdd', ...options.split(' ')),
      );
    };
    let bfdd = startBfdd();
    try {
      await frr.established(neighbor);
      await pair.router.reaches('BFD up with FRR', isSteady, 40_000);
      await pair.router.reaches(
        '5 packets of 300 ms',
        (s) => sessionOf(s)?.bfd?.detectionTimeMs === 900,
      );
      const before = await notificationsHeard();
      await bfdd.stop('SIGKILL');
      await pair.router.reaches('6/10 sent', (s) => hasSent(s, 9, 10), 10_000);
      await eventually('FRR has got it', notificationsHeard, (count) => count > before);
      bfdd = startBfdd();
      const again = await pair.router.reaches('BFD up again', isSteady, 40_000);
      await frr.ask(
        'configure terminal',
        'bfd',
        `peer ${neighbor} interface ${pair.device}`,
        'shutdown',
      );
      const off = await pair.router.reaches(
        'AdminDown of FRR',
        (s) => sessionOf(s)?.bfd?.remoteState === 'admin-down',
      );
      expect(sessionOf(off)?.state).toBe('established');
      expect(endsOf(off)).toBe(endsOf(again));
    } finally {
      await bfdd.stop();
      await frr.stop();
    }
  },
);
