/**
 * Two days of four routers in a ring, with all that packets are: tunnels that rekey every two minutes, TCP,
 * sessions; routes that come and go, a storm now and then. Afterwards all is as on the first day.
 */
import { expect } from 'vitest';
import { heapUsed } from '../../base/testing/heap.ts';
import { seconds } from '../../base/units.ts';
import { type OperatedRouter, peer } from '../operated-router.ts';
import type { Simulation } from '../simulation.ts';
import { mendAll, misfortune } from '../testing/misfortune.ts';
import {
  bestPath,
  establish,
  expectAllRoutes,
  expectHealthy,
  minutes,
  routersOf,
  scenario,
} from '../testing/scenario.ts';

/** A fiftieth of two days; `npm run soak` lives through all of them. */
const HOURS = Math.round(96 * Number(process.env.ROOTLESS42_SOAK ?? 1)) / 100;
const SEED = Number(process.env.ROOTLESS42_SEED ?? Date.now() % 0x7fffffff);
/** In the second half; two days have six thousand rekeys and as many changes of routes. */
const HEAP_GROWTH_MAX = 3 * 1024 * 1024;
/** WireGuard, TCP, BGP and the measurements of two peerings and their router arm 13 to 16. */
const TIMERS_MAX = 20;
/** What it writes for its next life. */
const MEMORY_LETTERS_MAX = 1000;
/** A key is used for two minutes, and a handshake may need several tries. */
const HANDSHAKE_AGE_MAX = minutes(4);

scenario(
  `after ${HOURS} h with tunnels that rekey, routes that change and storms all is as on the first day`,
  (simulation) => {
    const routers = Object.values(routersOf(simulation, 'alder', 'basalt', 'cinder', 'drift'));
    const pairs = routers.map((router, i) => [router, routers[(i + 1) % 4]] as const) as [
      OperatedRouter,
      OperatedRouter,
    ][];
    const prefixes = routers.map(({ node }) => node.announce);
    for (const [a, b] of pairs) peer(a, b);
    establish(simulation, pairs);
    let heapHalfway: number | undefined;
    const end = HOURS * 3_600_000;
    while (simulation.now < end) {
      storm(simulation, routers);
      mendAll(simulation, routers);
      // A hold timer may have to run out, and a long connect retry after it.
      establish(simulation, pairs, minutes(10));
      calm(simulation, routers, prefixes);
      expectAllRoutes(simulation, routers);
      expectNoOtherRoutes(simulation, routers, prefixes);
      expectYoungKeys(simulation, routers);
      expectHealthy(...routers);
      expectOnlyWhatIsAlive(routers);
      // Rings of histories and recorders fill in the first half.
      const heap = heapUsed();
      if (simulation.now > end / 2) heapHalfway ??= heap;
      expect(heap - (heapHalfway ?? heap), 'growth of the heap').toBeLessThan(HEAP_GROWTH_MAX);
    }
  },
  { seeds: [SEED], timeout: 60_000 + HOURS * 60_000 },
);

/** Half a minute in which anything may go wrong. */
function storm(simulation: Simulation, routers: readonly OperatedRouter[]): void {
  for (let i = 0; i < 6; i++) {
    misfortune(simulation, routers);
    simulation.run(seconds(5));
  }
}

/** Ten minutes with nothing but changes of routes: no session ends, every tunnel has young keys. */
function calm(
  simulation: Simulation,
  routers: readonly OperatedRouter[],
  prefixes: readonly (readonly string[])[],
): void {
  const established = sessionsOf(routers);
  const { random } = simulation;
  for (let i = 0; i < 60; i++) {
    const which = random.below(routers.length);
    const all = prefixes[which] ?? [];
    // One of them, or both.
    const announce = all.filter((_, place) => ((1 + random.below(3)) >> place) % 2 === 1);
    routers[which]?.setNode({ announce });
    simulation.run(seconds(10));
  }
  // The last change is on its way.
  simulation.run(seconds(10));
  expect(sessionsOf(routers)).toEqual(established);
}

/** Since when each session has its state. */
const sessionsOf = (routers: readonly OperatedRouter[]): string[] =>
  routers.flatMap((router) =>
    router.peerings.map(({ id }) => {
      const { state, since } = router.session(id);
      return `${router.node.name} ${id} ${state} ${since}`;
    }),
  );

/** Nobody has what was withdrawn. */
function expectNoOtherRoutes(
  simulation: Simulation,
  routers: readonly OperatedRouter[],
  prefixes: readonly (readonly string[])[],
): void {
  for (const [which, router] of routers.entries())
    for (const prefix of prefixes[which] ?? [])
      if (!router.node.announce.includes(prefix))
        for (const here of routers)
          expect(bestPath(simulation, here, prefix), `${prefix} at ${here.node.name}`).toBe(
            undefined,
          );
}

function expectYoungKeys(simulation: Simulation, routers: readonly OperatedRouter[]): void {
  const now = simulation.wallClock.now();
  for (const router of routers)
    for (const { id } of router.peerings) {
      const at = Date.parse(router.peering(id).tunnel?.lastHandshakeAt ?? '');
      expect(now - at, `${router.node.name} with ${id}`).toBeLessThan(HANDSHAKE_AGE_MAX);
    }
}

function expectOnlyWhatIsAlive(routers: readonly OperatedRouter[]): void {
  for (const { node, simulated } of routers) {
    expect(simulated.armedTimers, `timers of ${node.name}`).toBeLessThanOrEqual(TIMERS_MAX);
    const { length } = JSON.stringify(simulated.memory);
    expect(length, `memory of ${node.name}`).toBeLessThan(MEMORY_LETTERS_MAX);
  }
}
