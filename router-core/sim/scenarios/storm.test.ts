/** Bad networks and bad luck, decided by a seed; after the storm everything agrees. */
import { expect } from 'vitest';
import { seconds } from '../../base/units.ts';
import { type OperatedRouter, peer } from '../operated-router.ts';
import type { Simulation } from '../simulation.ts';
import { mendAll, misfortune } from '../testing/misfortune.ts';
import {
  establish,
  expectAllRoutes,
  expectHealthy,
  isEstablished,
  minutes,
  routersOf,
  scenario,
} from '../testing/scenario.ts';

scenario(
  'with 20 % loss and reordering sessions stay up for an hour and all routes agree',
  (simulation) => {
    const { alder, basalt, cinder } = routersOf(simulation, 'alder', 'basalt', 'cinder');
    simulation.network.setConditions({ loss: 0.2, latencyMs: 15, jitterMs: 40, duplication: 0.02 });
    peer(alder, basalt);
    peer(basalt, cinder);
    establish(simulation, [
      [alder, basalt],
      [basalt, cinder],
    ]);
    const since = [alder.session('basalt').since, basalt.session('cinder').since];
    for (let quarter = 0; quarter < 4; quarter++) {
      simulation.run(minutes(15));
      expect([alder.session('basalt').since, basalt.session('cinder').since]).toEqual(since);
    }
    expectAllRoutes(simulation, [alder, basalt, cinder]);
    expectHealthyAfterQuiet(simulation, alder, basalt, cinder);
  },
  { seeds: [1, 2, 3] },
);

scenario(
  'crashes, partitions and wrong clocks for ten minutes; afterwards all is as if nothing had been',
  (simulation) => {
    const routers = routersOf(simulation, 'alder', 'basalt', 'cinder', 'drift');
    const { alder, basalt, cinder, drift } = routers;
    const all = [alder, basalt, cinder, drift];
    const pairs = [
      [alder, basalt],
      [basalt, cinder],
      [cinder, drift],
      [drift, alder],
    ] as const;
    for (const [a, b] of pairs) peer(a, b);
    establish(simulation, pairs);
    for (let i = 0; i < 60; i++) {
      misfortune(simulation, all);
      simulation.run(seconds(10));
    }
    mendAll(simulation, all);
    // A hold timer may have to run out, and a connect retry after it.
    establish(simulation, pairs, minutes(5));
    simulation.run(minutes(1));
    expectAllRoutes(simulation, all);
    expectHealthyAfterQuiet(simulation, ...all);
  },
  { seeds: [1, 2, 3, 4] },
);

/** On a calm network nothing is under way for longer than a moment. */
function expectHealthyAfterQuiet(
  simulation: Simulation,
  ...routers: readonly OperatedRouter[]
): void {
  simulation.network.setConditions({ loss: 0, jitterMs: 0, duplication: 0 });
  simulation.run(seconds(5));
  expect(
    routers.every((router) => router.peerings.every(({ id }) => isEstablished(router, id))),
  ).toBe(true);
  expectHealthy(...routers);
}
