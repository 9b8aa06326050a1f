/**
 * Longest match by the module: the same answers as the table's owner gives, also while it writes.
 *
 * @module
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assert } from '../base/assert.ts';
import { type IpAddress, type IpFamily, parseIpAddress, prefixOf } from '../base/ip-address.ts';
import { type Random, seededRandom } from '../base/random.ts';
import { interfaceId, NONE } from '../base/units.ts';
import { createRouteTable } from '../netstack/route-table.ts';
import * as L from '../packet/plane-layout.ts';
import { KEY_PAIR_ROWS } from '../wireguard/index.ts';
import type { RouteWriterData, WatchedRoute } from './testing/route-writer-main.ts';
import { TestPlane } from './testing/test-plane.ts';

/** Answer while the table is being changed and nothing recent is remembered. */
const BUSY = -2;
const SOAK = Number(process.env.ROOTLESS42_SOAK ?? 1);
const STORM_MS = Math.min(2000 * SOAK, 100_000);
/** What a covering prefix of the writer answers. */
const COVER = 0;
const WORDS_MAX = 1 << 22;

test('agrees with the table through any history of changes (twin)', () => {
  const reader = new Reader();
  const plane = reader.plane.life(0, KEY_PAIR_ROWS).plane;
  const routes = createRouteTable(WORDS_MAX, plane);
  fc.assert(
    fc.property(fc.constantFrom(4 as const, 6 as const), fc.integer(), (family, seed) => {
      const random = seededRandom(seed);
      const known: { bytes: Uint8Array; length: number }[] = [];
      for (let i = 0; i < 200; i++) {
        const old = known[random.below(known.length * 2 + 1)];
        if (old !== undefined && random.below(2) === 0) {
          routes.remove(family, old.bytes, 0, old.length);
        } else {
          const length = random.below(family === 4 ? 33 : 129);
          const { bytes } = prefixOf({ family, bytes: octets(random, family) }, length);
          routes.set(family, bytes, 0, length, interfaceId(random.below(1 << 30)));
          known.push({ bytes, length });
        }
        for (let k = 0; k < 4; k++) {
          const bytes = octets(random, family);
          const near = known[random.below(known.length)];
          if (near !== undefined) bytes.set(near.bytes.subarray(0, near.length >>> 3));
          const answer = family === 4 ? routes.lookup4(bytes, 0) : routes.lookup6(bytes, 0);
          expect(reader.answers({ family, bytes })).toBe(answer);
        }
      }
      // The next history begins with an empty table.
      for (const { bytes, length } of known) routes.remove(family, bytes, 0, length);
      expect(routes.size[family]).toBe(0);
    }),
    { numRuns: 40 * SOAK },
  );
});

test('while a change is under way the last answer counts for three seconds, then there is none', () => {
  const reader = new Reader();
  const routes = createRouteTable(WORDS_MAX, reader.plane.life(0, KEY_PAIR_ROWS).plane);
  const [known, unknown] = [address('10.1.2.3'), address('10.1.2.4')];
  routes.set(4, known.bytes, 0, 24, interfaceId(7));
  expect(reader.answers(known)).toBe(7);
  // What a packet looks up is remembered anew, also when nothing has changed.
  reader.now += 5000;
  expect(reader.answers(known)).toBe(7);
  reader.beginChange();
  reader.now += 2900;
  expect(reader.answers(known)).toBe(7);
  expect(reader.answers(unknown)).toBe(BUSY);
  reader.now += 200;
  expect(reader.answers(known)).toBe(BUSY);
  reader.endChange();
  expect(reader.answers(known)).toBe(7);
  expect(reader.answers(unknown)).toBe(7);
});

test('is never wrong while another thread changes the table as fast as it can', {
  timeout: STORM_MS + 30_000,
}, async () => {
  const seed = Number(process.env.ROOTLESS42_SEED ?? Date.now() % 0x7fffffff);
  const reader = new Reader();
  reader.plane.life(0, KEY_PAIR_ROWS);
  const watched = watchedRoutes(seededRandom(seed));
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const data: RouteWriterData = { buffer: reader.plane.buffer, stop, seed, watched };
  const writer = new Worker(new URL('./testing/route-writer.mjs', import.meta.url), {
    workerData: data,
  });
  await once(writer, 'message');
  const random = seededRandom(seed + 1);
  const wrong = new Map<string, number>();
  const counts = { lookups: 0, busy: 0, strangers: 0, busyStrangers: 0 };
  for (const end = performance.now() + STORM_MS; performance.now() < end; ) {
    reader.now = performance.now();
    for (let i = 0; i < 1000; i++) {
      const route = watched[random.below(watched.length)];
      assert(route !== undefined, 'a watched route');
      const answer = reader.answers(route.address);
      counts.lookups++;
      if (answer === BUSY) counts.busy++;
      else if (!isRight(route, answer)) wrong.set(`${route.kind} ${route.id}`, answer);
    }
    // Nothing is remembered of addresses nobody asked for before.
    const stranger = { family: 4 as const, bytes: random.bytes(4) };
    const answer = reader.answers(stranger);
    counts.strangers++;
    if (answer === BUSY) counts.busyStrangers++;
    else if (answer !== COVER && answer !== NONE) wrong.set(stranger.bytes.join('.'), answer);
  }
  Atomics.store(stop, 0, 1);
  const [changes] = await once(writer, 'message');
  await writer.terminate();
  console.info(`seed ${seed}: ${changes} changes in ${STORM_MS} ms; ${JSON.stringify(counts)}`);
  expect([...wrong]).toEqual([]);
  // Only of addresses that a stranger drove out of the cache there is none while the writer waits.
  expect(counts.busy / counts.lookups).toBeLessThan(0.05);
  expect(changes).toBeGreaterThan(0);
});

/** The module's lookup over the tables of bank 0. */
class Reader {
  readonly plane = new TestPlane();
  now = 1000;
  private readonly bytes = new Uint8Array(this.plane.buffer);
  private readonly words = new Int32Array(this.plane.buffer);

  answers({ family, bytes }: IpAddress): number {
    this.bytes.set(bytes, L.IO);
    const table = L.BANK + (family === 4 ? L.BANK_FIB4 : L.BANK_FIB6);
    return this.plane.functions.lookupRoute(table, L.IO, bytes.length, this.now);
  }

  /** What the table looks like when its writer was stopped in the middle. */
  beginChange(): void {
    Atomics.add(this.words, (L.BANK + L.BANK_FIB4) >> 2, 1);
  }

  endChange(): void {
    this.beginChange();
  }
}

function isRight({ kind, id }: WatchedRoute, answer: number): boolean {
  if (kind === 'fixed') return answer === id;
  if (kind === 'replaced') return answer === id || answer === id + 1;
  return answer === id || answer === COVER || answer === NONE;
}

/** Host routes of both families, close together so that they share nodes of the tree. */
function watchedRoutes(random: Random): WatchedRoute[] {
  const kinds = ['fixed', 'fixed', 'replaced', 'removed'] as const;
  const taken = new Set<string>();
  const routes: WatchedRoute[] = [];
  while (routes.length < 64) {
    const family = random.below(2) === 0 ? 4 : 6;
    const bytes = octets(random, family);
    if (taken.has(bytes.join('.'))) continue;
    taken.add(bytes.join('.'));
    const kind = kinds[routes.length % 4] ?? 'fixed';
    routes.push({ kind, address: { family, bytes }, id: 10 + 2 * routes.length });
  }
  return routes;
}

/** Few different octets, so that prefixes cover each other. */
function octets(random: Random, family: IpFamily): Uint8Array {
  return Uint8Array.from({ length: family === 4 ? 4 : 16 }, () =>
    random.below(4) === 0 ? random.below(256) : ([0, 0xff, 0x80][random.below(3)] as number),
  );
}

function address(text: string): IpAddress {
  const parsed = parseIpAddress(text);
  assert(parsed !== undefined, 'an address');
  return parsed;
}
