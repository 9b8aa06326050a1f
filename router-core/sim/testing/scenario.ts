/**
 * Scenarios: tests on a simulation that say which seed failed, and what must be true after each.
 *
 * For tests only. A scenario's name ends in its seed, so that `-t` replays exactly that run.
 *
 * @module
 */
import { expect, test } from 'vitest';
import type { Milliseconds } from '../../base/units.ts';
import { milliseconds, seconds } from '../../base/units.ts';
import type { RouteView } from '../../bgp/index.ts';
import type { QueryInput, QueryRow } from '../../router/door/contract.ts';
import { startQuery } from '../../router/door/queries/index.ts';
import { testNetwork } from '../networks.ts';
import { addNetworkRouter, type OperatedRouter } from '../operated-router.ts';
import { syntheticRegistry } from '../registry.ts';
import { createSimulation, type Simulation } from '../simulation.ts';

export type ScenarioOptions = {
  readonly seeds?: readonly number[];
  /** Milliseconds; absent: as the project says. */
  readonly timeout?: number;
};

/** Declares one test per seed. */
export function scenario(
  story: string,
  run: (simulation: Simulation) => void,
  { seeds = [1], timeout }: ScenarioOptions = {},
): void {
  test.each(forSoak(seeds))(`${story} [seed %i]`, { ...(timeout && { timeout }) }, (seed) => {
    const simulation = createSimulation({ seed });
    try {
      run(simulation);
    } catch (error) {
      if (error instanceof Error && !error.message.includes('seed'))
        error.message = `seed ${seed}, at ${simulation.now / 1000} s of virtual time: ${error.message}`;
      throw error;
    }
  });
}

/** `npm run soak` multiplies the seeds of those stories that have several. */
function forSoak(seeds: readonly number[]): number[] {
  const times = Number(process.env.ROOTLESS42_SOAK ?? 1);
  const more = seeds.length > 1 ? seeds.length * (times - 1) : 0;
  return [...seeds, ...Array.from({ length: more }, (_, i) => Math.max(...seeds) + 1 + i)];
}

export const minutes = (n: number): Milliseconds => milliseconds(n * 60_000);

/** Returns routers of these networks with the synthetic registry loaded. */
export function routersOf<Name extends Parameters<typeof testNetwork>[0]>(
  simulation: Simulation,
  ...names: readonly Name[]
): Record<Name, OperatedRouter> {
  const registry = syntheticRegistry(simulation.wallClock.now());
  return Object.fromEntries(
    names.map((name) => {
      const router = addNetworkRouter(simulation, testNetwork(name));
      router.simulated.setRegistry(registry);
      return [name, router];
    }),
  ) as Record<Name, OperatedRouter>;
}

export const isEstablished = (router: OperatedRouter, id: string): boolean =>
  router.simulated.isUp &&
  router.peering(id).sessions.length > 0 &&
  router.peering(id).sessions.every((session) => session.state === 'established');

/** Lets time pass until both halves of every pair are established; returns how long it took. */
export function establish(
  simulation: Simulation,
  pairs: readonly (readonly [OperatedRouter, OperatedRouter])[],
  within: Milliseconds = seconds(60),
): Milliseconds {
  const names = pairs.map(([a, b]) => `${a.node.name} and ${b.node.name}`).join(', ');
  return simulation.until(
    `established: ${names}`,
    () => pairs.every(([a, b]) => isEstablished(a, b.node.name) && isEstablished(b, a.node.name)),
    within,
  );
}

/** Asks a question of the looking glass and returns all rows, letting time pass for the answer. */
export function ask(
  simulation: Simulation,
  router: OperatedRouter,
  name: QueryInput['name'],
  argument: string,
  options: QueryInput['options'] = {},
): QueryRow[] {
  const run = startQuery(router.simulated.router, { name, argument, options }, simulation.now);
  router.simulated.touch();
  const rows: QueryRow[] = [];
  let isDone = false;
  const take = (): boolean => {
    for (let step = run.next(); ; step = run.next()) {
      if (step.done === true) isDone = true;
      if (step.done === true || step.value === undefined) return isDone;
      rows.push(step.value);
    }
  };
  simulation.until(`an answer to ${name} ${argument}`, take, minutes(1));
  return rows;
}

/** Returns the routes of a prefix or address as the looking glass shows them. */
export const routesTo = (
  simulation: Simulation,
  router: OperatedRouter,
  target: string,
): RouteView[] => ask(simulation, router, 'route', target) as unknown as RouteView[];

/** The AS path of the best route, or undefined. */
export function bestPath(
  simulation: Simulation,
  router: OperatedRouter,
  prefix: string,
): string | undefined {
  const best = routesTo(simulation, router, prefix).find(
    (route) => route.isBest && route.prefix === prefix,
  );
  return best?.attributes.asPathText;
}

/** Diagnosis codes of a peering. */
export const codesOf = (router: OperatedRouter, id: string): string[] =>
  router.peering(id).diagnosis.map((finding) => finding.code);

/** Everybody has what everybody announces. */
export function expectAllRoutes(simulation: Simulation, routers: readonly OperatedRouter[]): void {
  for (const here of routers) {
    for (const there of routers) {
      if (here === there) continue;
      for (const prefix of there.node.announce)
        expect(
          bestPath(simulation, here, prefix),
          `${prefix} of ${there.node.name} at ${here.node.name}`,
        ).toMatch(new RegExp(`${there.node.asn}$`));
    }
  }
}

/** Counters agree with the tables, no slot is lost. */
export function expectHealthy(...routers: readonly OperatedRouter[]): void {
  for (const router of routers) {
    const { name } = router.node;
    for (const { vrfName, routes } of router.simulated.router.engine.vrfs.running)
      expect(routes.audit(), `audit of ${name}, vrf ${vrfName ?? 'default'}`).toEqual([]);
    const { free, all } = router.simulated.slots;
    expect(free, `free slots of ${name}`).toBe(all);
  }
}
