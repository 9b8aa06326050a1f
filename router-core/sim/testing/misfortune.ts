/**
 * What goes wrong in a network, drawn from the seed of its simulation.
 *
 * For tests only.
 *
 * @module
 */
import { milliseconds } from '../../base/units.ts';
import type { OperatedRouter } from '../operated-router.ts';
import type { Simulation } from '../simulation.ts';

/** One of several things that go wrong, or that are mended. */
export function misfortune(simulation: Simulation, routers: readonly OperatedRouter[]): void {
  const { random, network } = simulation;
  const victim = routers[random.below(routers.length)] as OperatedRouter;
  switch (random.below(6)) {
    case 0:
      victim.simulated.crash();
      return;
    case 1:
      startAll(routers);
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

/** The network is calm again, and everybody is there. */
export function mendAll(simulation: Simulation, routers: readonly OperatedRouter[]): void {
  simulation.network.setFilter(undefined);
  simulation.network.setConditions({ loss: 0, jitterMs: 0, duplication: 0 });
  startAll(routers);
}

function startAll(routers: readonly OperatedRouter[]): void {
  for (const router of routers) if (!router.simulated.isUp) router.simulated.start();
}
