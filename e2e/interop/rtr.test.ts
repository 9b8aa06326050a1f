/**
 * ROAs from a real RTR cache, stayrtr, in both versions (RFC 8210, RFC 6810), and what becomes of routes.
 *
 * BIRD announces 172.21.129.0/27 and fdb1:6000:101::/48 as AS4242426001 all the time; its session must never end.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Snapshot } from '../../router-core/index.ts';
import { Daemon } from '../lab/process.ts';
import { type Pair, startPair } from './pair.ts';

const V4 = { prefix: '172.21.129.0/27', maxLength: 29, asn: 'AS4242426001' };
const V6 = { prefix: 'fdb1:6000:101::/48', maxLength: 64, asn: 'AS4242426001' };
/** Others of the network, so that a table that loses one does not lose much. */
const REST = Array.from({ length: 20 }, (_, i) => ({
  prefix: `172.22.${i}.0/24`,
  maxLength: 28,
  asn: `AS${4242420100 + i}`,
}));
const PORT = 8282;

let pair: Pair;
let cache: Daemon | undefined;

beforeAll(async () => {
  pair = await startPair({ settings: { roa: { sources: [{ rtr: `127.0.0.1:${PORT}` }] } } });
});
afterAll(async () => {
  await cache?.stop();
  await pair?.stop();
});

const tableFile = (): string => join(pair.lab.folder, 'roas.json');

/** Writes the table of the cache; it reads its file again every second. */
function publish(roas: readonly unknown[]): void {
  const generated = Math.floor(Date.now() / 1000);
  const metadata = { counts: roas.length, generated, valid: generated + 86_400 };
  writeFileSync(tableFile(), JSON.stringify({ metadata, roas }));
}

function startCache(protocol: number): void {
  const options = `-bind 127.0.0.1:${PORT} -cache ${tableFile()} -checktime=false -refresh 1 -protocol ${protocol} -metrics.addr 127.0.0.1:9847`;
  cache = new Daemon('stayrtr', ...pair.routerHost.inside('stayrtr', ...options.split(' ')));
}

const sessionOf = ({ peerings }: Snapshot) => peerings[0]?.sessions[0];
const sourceOf = ({ node }: Snapshot) => node.roa?.sources[0];
const ends = ({ peerings }: Snapshot): number =>
  peerings[0]?.transitions.filter(({ step }) => step === 'down').length ?? 0;

test.skipIf(!existsSync('/usr/bin/stayrtr'))(
  'stayrtr: tables, changes, silence, versions',
  async () => {
    const { router } = pair;
    await pair.bird.established('tokyo');
    const before = await router.reaches(
      'rejected without ROAs',
      (s) => sessionOf(s)?.rejected === 2,
    );
    expect(sourceOf(before)).toMatchObject({ roas: null, isInUse: false });
    expect(sessionOf(before)?.state).toBe('established');

    publish([V4, V6, ...REST]);
    startCache(1);
    const read = await router.reaches(
      'ROAs of the cache',
      (s) => sessionOf(s)?.accepted === 2,
      30_000,
    );
    expect(read.node.roa?.roas).toBe(22);
    expect(sourceOf(read)?.state).toMatch(/^synchronized, version 1, session \d+, serial \d+$/);
    expect(await router.cli('status')).toMatch(
      /22 ROAs from\n {2}rtr 127\.0\.0\.1:8282: 22 ROAs, as of 20/,
    );

    // The authorization of one prefix goes to somebody else: a notify, a serial query, one change.
    publish([V4, { ...V6, asn: 'AS4242429999' }, ...REST]);
    const changed = await router.reaches(
      'one rejected',
      (s) => sessionOf(s)?.accepted === 1,
      75_000,
    );
    expect(sessionOf(changed)?.rejectedReasons).toEqual({ 'roa-invalid-origin': 1 });
    expect(await router.cli('lg', 'rejected', 'alder')).toContain('fdb1:6000:101::/48');
    expect(ends(changed)).toBe(0);

    await cache?.stop('SIGKILL');
    const without = await router.reaches('the loss is shown', (s) =>
      /connect|lost/.test(sourceOf(s)?.state ?? ''),
    );
    expect(sourceOf(without)).toMatchObject({ roas: 22, isInUse: true });
    expect(sessionOf(without)?.accepted).toBe(1);

    // A cache that speaks version 0 only.
    publish([V4, V6, ...REST]);
    startCache(0);
    const old = await router.reaches('both again', (s) => sessionOf(s)?.accepted === 2, 40_000);
    expect(sourceOf(old)?.state).toMatch(/^synchronized, version 0/);
    expect(ends(old)).toBe(0);

    // The next life has the table at once, without a cache.
    await cache?.stop();
    await router.daemon.stop();
    await pair.startRouter();
    const returned = await pair.router.reaches('kept', (s) => sessionOf(s)?.accepted === 2, 40_000);
    expect(sourceOf(returned)).toMatchObject({ roas: 22, isInUse: true });
  },
  240_000,
);
