/**
 * The demo network: the demo node's neighbors, who is behind them, and a little life.
 *
 * Not standardized; docs/architecture.md §13. All are real Routers. Churn comes from the seed: now and
 * then a network behind the neighbors withdraws a prefix for half a minute.
 *
 * @module
 */
import { milliseconds, seconds } from '../../base/units.ts';
import type { NodeConfig, RouterRegistry } from '../../router/index.ts';
import { type NetworkName, testNetwork } from '../networks.ts';
import { addNetworkRouter, type OperatedRouter, peer } from '../operated-router.ts';
import type { PeeringEnd } from '../peering-pair.ts';
import type { Simulation } from '../simulation.ts';
import { createVisitors } from '../visitors.ts';
import { BEHIND, LINKS, mannersOf } from './cast.ts';

const CHURN_EVERY_MS = 60_000;
const WITHDRAWN_FOR = seconds(30);

export interface DemoNetwork {
  /** Makes the other side of the demo node's document. */
  follow(config: NodeConfig, here: PeeringEnd): void;
}

export function createDemoNetwork(simulation: Simulation, registry: RouterRegistry): DemoNetwork {
  const { random, network } = simulation;
  network.setConditions({ latencyMs: 12, jitterMs: 6, loss: 0.002 });
  const routers = new Map<NetworkName, OperatedRouter>();
  for (const name of BEHIND) {
    const router = addNetworkRouter(simulation, testNetwork(name));
    router.simulated.setRegistry(registry);
    routers.set(name, router);
  }
  for (const [a, b] of LINKS) linkUp(a, b);

  function linkUp(a: NetworkName, b: NetworkName): void {
    const here = routers.get(a);
    const there = routers.get(b);
    if (here === undefined || there === undefined) return;
    // A neighbor that moved is another machine: its old peering there ends.
    there.setPeerings(there.peerings.filter(({ id }) => id !== here.node.name));
    peer(here, there);
  }

  const visitors = createVisitors({
    simulation,
    registry,
    manners: mannersOf,
    appeared({ name }, router) {
      routers.set(name, router);
      for (const [a, b] of LINKS) if (a === name) linkUp(a, b);
    },
  });

  function churn(): void {
    const name = BEHIND[random.below(BEHIND.length)];
    const router = name === undefined ? undefined : routers.get(name);
    if (router !== undefined) {
      const all = router.node.announce;
      router.setNode({ announce: all.slice(0, random.below(all.length)) });
      simulation.after(WITHDRAWN_FOR, () => router.setNode({ announce: all }));
    }
    churnLater();
  }
  function churnLater(): void {
    simulation.after(milliseconds(CHURN_EVERY_MS + random.below(CHURN_EVERY_MS)), churn);
  }
  churnLater();

  return { follow: (config, here) => visitors.follow(config, here) };
}
