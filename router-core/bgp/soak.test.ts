/**
 * Two days in the life of a speaker, on virtual time: routes that change, sessions that come and go, an
 * operator who thinks again. Whatever happened, its tables are those of a plain model fed the same, and
 * it holds no more than what is alive.
 */
import { expect, test } from 'vitest';
import { formatIpPrefix } from '../base/ip-address.ts';
import { heapUsed } from '../base/testing/heap.ts';
import { LongLife, OUR_ASN, type Peer, prefixOf, WINDOW } from './testing/long-life.ts';
import type { PlainAnnouncement, RouteNumber } from './testing/plain-speaker.ts';

/** A fiftieth of two days; `npm run soak` lives through all of them. */
const HOURS = Math.round(96 * Number(process.env.ROOTLESS42_SOAK ?? 1)) / 100;
const SEED = Number(process.env.ROOTLESS42_SEED ?? Date.now() % 0x7fffffff);
const LOOK_EVERY_MS = 600_000;
/** Those of all paths there may be, and of freed sets of 80 octets and more, a mebibyte together. */
const ATTRIBUTE_IDS_MAX = 20_000;
/** Of a mebibyte of sets, as many octets freed, and what comes at one time. */
const ATTRIBUTE_BYTES_MAX = 3 * 1024 * 1024;
/**
 * What flaps is written down in at most 10 MiB (flap/README.md), and the compiler and the test itself may take
 * some; a row kept per change would be twenty times as much.
 */
const HEAP_GROWTH_MAX = 16 * 1024 * 1024;

test(`${HOURS} h of churn and misfortune leave the tables right and nothing behind [seed ${SEED}]`, {
  timeout: 60_000 + HOURS * 120_000,
}, () => {
  const life = new LongLife(SEED);
  let heapAtFirst: number | undefined;
  while (life.now < HOURS * 3_600_000) {
    life.pass(LOOK_EVERY_MS);
    life.comeToRest();
    const context = `seed ${SEED}, after ${Math.round(life.now / 60_000)} min`;
    expectTablesToBeRight(life, context);
    expectOnlyWhatIsAlive(life, context);
    const heap = heapUsed() - life.attributeRoom;
    heapAtFirst ??= heap;
    expect(heap - heapAtFirst, `${context}: growth of the heap`).toBeLessThan(HEAP_GROWTH_MAX);
  }
  // Nothing was left out, or this says less than it seems to.
  expect(Object.keys(life.happened).length, JSON.stringify(life.happened)).toBe(12);
  life.end();
  expect(life.routes.audit()).toEqual([]);
  expect(life.footprint()).toMatchObject({
    timers: 0,
    transports: 0,
    connections: 0,
    // The own one and the empty one.
    attributeSets: 2,
  });
  expect([life.routes.totals(), life.fib.size]).toEqual([{ ipv4: 0, ipv6: 0 }, 0]);
});

/** At rest, whatever came before: two timers at each end of a session, rows for what there may be at once. */
function expectOnlyWhatIsAlive(life: LongLife, context: string): void {
  const print = life.footprint();
  const { length: peers } = life.peers;
  const paths = life.peers.reduce((sum, { id }) => sum + life.routes.counters(id).received, 0);
  expect(print, context).toMatchObject({
    timers: 4 * peers,
    transports: peers,
    connections: 2 * peers,
  });
  // As it was received, and as a policy made it.
  expect(print.attributeSets, context).toBeLessThanOrEqual(2 + 2 * paths);
  expect(print.attributeIds, context).toBeLessThan(ATTRIBUTE_IDS_MAX);
  expect(print.attributeBytes, context).toBeLessThanOrEqual(ATTRIBUTE_BYTES_MAX);
  expect(print.prefixIds, context).toBeLessThan(1.5 * WINDOW);
  // Blocks of 8 rows for the paths of five peers and our own.
  expect(print.pathRows, context).toBeLessThanOrEqual(8 * print.prefixIds);
}

type Candidate = PlainAnnouncement & { readonly peer: Peer };

/** Everybody has what the model says, the FIB leads there, and every count agrees. */
function expectTablesToBeRight(life: LongLife, context: string): void {
  expect(life.routes.audit(), context).toEqual([]);
  const best = new Map<RouteNumber, Candidate>();
  const routes = new Set(life.peers.flatMap(({ speaker }) => [...speaker.announced.keys()]));
  for (const route of routes) {
    const candidates = life.peers.flatMap((peer) => {
      const announcement = peer.speaker.announced.get(route);
      return announcement === undefined ? [] : [{ ...announcement, peer }];
    });
    const found = bestOf(candidates.filter(isAccepted));
    if (found !== undefined) best.set(route, found);
  }
  for (const peer of life.peers) {
    const expected = new Map<RouteNumber, number>(life.ownRoutes.map((route) => [route, 0]));
    for (const [route, candidate] of best)
      if (isTold(candidate, peer)) expected.set(route, candidate.community);
    const who = `${context}: what peer ${peer.number} holds`;
    expect(sorted(peer.speaker.held), who).toEqual(sorted(expected));
    expect(life.routes.counters(peer.id).sent, who).toBe(expected.size);
  }
  const fib = new Map<string, number>();
  for (const [route, { peer }] of best) fib.set(formatIpPrefix(prefixOf(route)), peer.number);
  expect(sorted(life.fib), `${context}: the FIB`).toEqual(sorted(fib));
  const { ipv4, ipv6 } = life.routes.totals();
  expect(ipv4 + ipv6, context).toBe(best.size + life.ownRoutes.length);
}

function isAccepted({ path, peer }: Candidate): boolean {
  return !path.includes(OUR_ASN) && !path.includes(peer.rules.refused ?? 0);
}

function isTold({ path, peer: from }: Candidate, to: Peer): boolean {
  const whole: readonly number[] = [from.asn, ...path];
  return from !== to && !whole.includes(to.asn) && !whole.includes(to.rules.withheld ?? 0);
}

/** RFC 4271 §9.1.2.2, read plainly: the best of each neighbor AS by MED, then the best of these without. */
function bestOf(candidates: readonly Candidate[]): Candidate | undefined {
  const keys = ({ path, origin, med, peer }: Candidate, usesMed: boolean): number[] => [
    path.includes(peer.rules.preferred ?? 0) ? 0 : 1,
    path.length,
    origin,
    usesMed ? (med ?? 0) : 0,
    peer.number,
  ];
  const first = (some: readonly Candidate[], usesMed: boolean): Candidate | undefined =>
    some.toSorted((x, y) => {
      const [a, b] = [keys(x, usesMed), keys(y, usesMed)];
      const step = a.findIndex((value, i) => value !== b[i]);
      return (a[step] ?? 0) - (b[step] ?? 0);
    })[0];
  const asns = new Set(candidates.map(({ peer }) => peer.asn));
  const winners = [...asns].flatMap(
    (asn) =>
      first(
        candidates.filter(({ peer }) => peer.asn === asn),
        true,
      ) ?? [],
  );
  return first(winners, false);
}

const sorted = <Key>(map: ReadonlyMap<Key, number>): string[] =>
  [...map].map(([key, value]) => `${key} ${value}`).toSorted();
