/**
 * Much data through one tunnel, and some through a bad line. `npm run soak` sends fifty times as much:
 * 10 GB.
 */
import { afterEach, expect, test } from 'vitest';
import {
  behind,
  startShaperBefore,
  startWireguardPlace,
  type WireguardPlace,
} from './wireguard-place.ts';

const TIMES = Number(process.env.ROOTLESS42_SOAK ?? '1');
const BULK_BYTES = 200_000_000 * TIMES;
const BAD_LINE_BYTES = 4_000_000 * TIMES;
/** A tenth of what a slow and busy machine reaches. */
const SECONDS_PER_MB = 0.6;
const limitMs = (bytes: number): number => 30_000 + (bytes / 1e6) * SECONDS_PER_MB * 1000;

let place: WireguardPlace | undefined;
afterEach(async () => {
  await place?.stop();
  place = undefined;
});

test(
  'everything arrives, and the tunnel keeps its session but for its rekeys',
  async () => {
    place = await startWireguardPlace({ ends: [{ name: 'alder' }, { name: 'birch', family: 6 }] });
    const [alder, birch] = [place.end('alder'), place.end('birch')];
    await alder.reaches(birch.inner);
    const started = Date.now();
    const handshake = await alder.lastHandshake();
    const sentBefore = await initiationsOf(place, 'alder');
    const arrived = await alder.transfers(birch, BULK_BYTES, limitMs(BULK_BYTES));
    expect(arrived).toBe(BULK_BYTES);
    const seconds = (Date.now() - started) / 1000;
    console.log(`${BULK_BYTES / 1e6} MB in ${seconds.toFixed(0)} s`);
    // WireGuard paper §6.2: whoever began the session begins the next one after 120 s.
    const rekeys = Math.ceil(seconds / 120);
    if (seconds < 100) expect(await alder.lastHandshake()).toBe(handshake);
    expect((await initiationsOf(place, 'alder')) - sentBefore).toBeLessThanOrEqual(rekeys);
  },
  limitMs(BULK_BYTES) + 60_000,
);

test(
  'a line that loses 1 % and reorders 2 %: TCP completes',
  async () => {
    place = await startWireguardPlace({
      ends: [{ name: 'alder' }, { name: 'birch', knows: 'we', endpoint: behind('line') }],
      hosts: ['line'],
    });
    const [alder, birch] = [place.end('alder'), place.end('birch')];
    const shaper = await startShaperBefore(place, 'line', 'birch', {
      seed: 42,
      lossPercent: 1,
      reorderPercent: 2,
      duplicatePercent: 0.5,
      delayMs: 2,
    });
    await alder.reaches(birch.inner);
    for (const [from, to] of [
      [alder, birch],
      [birch, alder],
    ] as const) {
      const arrived = await from.transfers(to, BAD_LINE_BYTES, limitMs(BAD_LINE_BYTES * 10));
      expect(arrived).toBe(BAD_LINE_BYTES);
    }
    const counters = await shaper.finish();
    console.log(`the line: ${JSON.stringify(counters)}`);
    expect(counters.lost).toBeGreaterThan(0);
    expect(counters.reordered).toBeGreaterThan(0);
    expect(counters.duplicated).toBeGreaterThan(0);
  },
  2 * limitMs(BAD_LINE_BYTES * 10) + 60_000,
);

async function initiationsOf({ router }: WireguardPlace, name: string): Promise<number> {
  const { peerings } = await router.snapshot();
  return peerings.find((peering) => peering.name === name)?.tunnel?.initiationsSent ?? 0;
}
