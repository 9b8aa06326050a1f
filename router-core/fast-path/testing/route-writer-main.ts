/**
 * The thread of route-lookup.test.ts: sets and removes routes in the shared table as fast as it can.
 *
 * It says 'ready' when the fixed routes are there, and how many changes it has made when it was told to
 * stop.
 *
 * @module
 */
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../../base/assert.ts';
import { type IpAddress, type IpPrefix, prefixContains, prefixOf } from '../../base/ip-address.ts';
import { seededRandom } from '../../base/random.ts';
import { interfaceId } from '../../base/units.ts';
import { createRouteTable } from '../../netstack/route-table.ts';
import * as L from '../../packet/plane-layout.ts';

/** A host route that keeps its id, is replaced again and again, or comes and goes. */
export type WatchedRoute = {
  readonly kind: 'fixed' | 'replaced' | 'removed';
  readonly address: IpAddress;
  readonly id: number;
};
export type RouteWriterData = {
  readonly buffer: SharedArrayBuffer;
  /** One word: not zero ends it. */
  readonly stop: Int32Array;
  readonly seed: number;
  readonly watched: readonly WatchedRoute[];
};

const WORDS_MAX = 1 << 22;
/** Changes between two looks at `stop`. */
const ROUND = 1000;

assert(parentPort !== null, 'this is a thread');
const { buffer, stop, seed, watched } = workerData as RouteWriterData;
const random = seededRandom(seed);
const routes = createRouteTable(WORDS_MAX, {
  routeWords: (family) =>
    new Int32Array(buffer, L.BANK + (family === 4 ? L.BANK_FIB4 : L.BANK_FIB6), L.FIB_WORDS),
});
const moving = watched.filter(({ kind }) => kind !== 'fixed');

function setHost({ address: { family, bytes } }: WatchedRoute, id: number): void {
  routes.set(family, bytes, 0, bytes.length * 8, interfaceId(id));
}

/** Prefixes that cover watched addresses or lie beside them, but never one of them. */
function prefixNearby(): IpPrefix {
  const near = watched[random.below(watched.length)];
  assert(near !== undefined, 'there are watched routes');
  const { family } = near.address;
  const bytes = near.address.bytes.slice();
  const bits = bytes.length * 8;
  const length = random.below(bits + 1);
  if (random.below(2) === 0 && length > 0) {
    const bit = random.below(length);
    bytes[bit >>> 3] = (bytes[bit >>> 3] as number) ^ (0x80 >>> (bit & 7));
  }
  const prefix = prefixOf({ family, bytes }, length);
  return length === bits && watched.some(({ address }) => prefixContains(prefix, address))
    ? prefixOf(prefix, bits - 1)
    : prefix;
}

function change(): void {
  const route = moving[random.below(moving.length * 4)];
  if (route?.kind === 'replaced') setHost(route, route.id + random.below(2));
  else if (route !== undefined && random.below(2) === 0) setHost(route, route.id);
  else if (route !== undefined) {
    const { family, bytes } = route.address;
    routes.remove(family, bytes, 0, bytes.length * 8);
  } else {
    const prefix = prefixNearby();
    if (random.below(2) === 0) routes.remove(prefix.family, prefix.bytes, 0, prefix.length);
    else routes.set(prefix.family, prefix.bytes, 0, prefix.length, interfaceId(0));
  }
}

for (const route of watched) setHost(route, route.id);
parentPort.postMessage('ready');
let changes = 0;
for (; Atomics.load(stop, 0) === 0; changes += ROUND) for (let i = 0; i < ROUND; i++) change();
parentPort.postMessage(changes);
