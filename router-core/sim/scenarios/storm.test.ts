/** Bad networks and bad luck, decided by a seed; after the storm everything agrees. */
import { expect } from 'vitest';
import { milliseconds, seconds } from '../../base/units.ts';
import { type OperatedRouter, peer } from '../operated-router.ts';
import type { Simulation } from '../simulation.ts';
import {
  bestPath,
  establish,
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
    simulation.network.setFilter(undefined);
    simulation.network.setConditions({ loss: 0, jitterMs: 0, duplication: 0 });
    for (const router of all) if (!router.simulated.isUp) router.simulated.start();
    // A hold timer may have to run out, and a connect retry after it.
    establish(simulation, pairs, minutes(5));
    simulation.run(minutes(1));
    expectAllRoutes(simulation, all);
    expectHealthyAfterQuiet(simulation, ...all);
  },
  { seeds: [1, 2, 3, 4] },
);

/** One of several things that go wrong in a network. */
function misfortune(simulation: Simulation, routers: readonly OperatedRouter[]): void {
  const { random, network } = simulation;
  const victim = routers[random.below(routers.length)] as OperatedRouter;
  switch (random.below(6)) {
    case 0:
      victim.simulated.crash();
      return;
    case 1:
      for (const router of routers) if (!router.simulated.isUp) router.simulated.start();
      return;
    case 2: {
      const port = random.below(2) === 0 ? 'from' : 'to';
      const text = victim.underlay.ipv4?.split('.').at(-1);
      network.setFilter((datagram) => String(datagram[port].address.bytes[3]) !== text);
      return;
    }
    case 3:
      network.setFilter(undefined);
      return;
    case 4:
      network.setConditions({ loss: random.below(50) / 100, jitterMs: random.below(300) });
      return;
    case 5:
      simulation.moveWallClock(milliseconds(random.below(7_200_000) - 3_600_000));
  }
}

function expectAllRoutes(simulation: Simulation, routers: readonly OperatedRouter[]): void {
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
