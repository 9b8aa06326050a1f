/** Random networks of thirty routers with failing links come to rest at what an oracle says. */
import { expect, test } from 'vitest';
import { seededRandom } from '../../base/random.ts';
import { Topology } from './testing/topology.ts';

const ROUTERS = 30;
const SEED = Number(process.env.ROOTLESS42_SEED ?? 7);
const NETWORKS = 2 * Number(process.env.ROOTLESS42_SOAK ?? 1);

/** A tree, so that all are joined, and as many links again. */
function randomNetwork(seed: number): Topology {
  const random = seededRandom(seed);
  const topology = new Topology(ROUTERS, seed);
  for (let i = 1; i < ROUTERS; i++) topology.join(random.below(i), i);
  for (let i = 0; i < ROUTERS; i++) {
    const [a, b] = [random.below(ROUTERS), random.below(ROUTERS)];
    if (a !== b) topology.join(a, b);
  }
  return topology;
}

/** Hops from every router to one of them over the links that are up; -1: none. */
function distancesTo(topology: Topology, target: number): number[] {
  const distances = Array<number>(ROUTERS).fill(-1);
  distances[target] = 0;
  const queue = [target];
  for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
    for (const next of neighborsOf(topology, at)) {
      if (distances[next] !== -1) continue;
      distances[next] = (distances[at] as number) + 1;
      queue.push(next);
    }
  }
  return distances;
}

const neighborsOf = (topology: Topology, at: number): number[] =>
  topology
    .joined()
    .filter(([a, b]) => (a === at || b === at) && topology.isUp(a, b))
    .map(([a, b]) => (a === at ? b : a));

/** The shortest path, of equal ones the one by the lowest router id. */
function oracle(topology: Topology): Map<string, number>[] {
  const fibs = topology.nodes.map(() => new Map<string, number>());
  for (const { number: target, prefix } of topology.nodes) {
    const distances = distancesTo(topology, target);
    for (const [at, distance] of distances.entries()) {
      if (distance <= 0) continue;
      const next = neighborsOf(topology, at).filter((n) => distances[n] === distance - 1);
      fibs[at]?.set(prefix, Math.min(...next));
    }
  }
  return fibs;
}

function expectOracle(topology: Topology, seed: number): void {
  const expected = oracle(topology);
  for (const { number, fib } of topology.nodes)
    expect([...fib].sort(), `router ${number} of network ${seed}`).toEqual(
      [...(expected[number] ?? [])].sort(),
    );
}

test(`${NETWORKS} networks converge after every failure and return, without loops or leftovers (seed ${SEED})`, () => {
  for (let n = 0; n < NETWORKS; n++) {
    const seed = SEED + n;
    const random = seededRandom(seed);
    const topology = randomNetwork(seed);
    for (const [a, b] of topology.joined()) topology.setLink(a, b, true);
    topology.converge();
    expectOracle(topology, seed);
    for (let round = 0; round < 8; round++) {
      // Some fail while the news of the others is still on its way.
      for (let i = 0; i < 6; i++) {
        const links = topology.joined();
        const [a, b] = links[random.below(links.length)] as [number, number];
        topology.setLink(a, b, !topology.isUp(a, b));
        topology.run(random.below(150));
      }
      topology.converge();
      expectOracle(topology, seed);
    }
    for (const [a, b] of topology.joined()) topology.setLink(a, b, false);
    topology.converge();
    for (const { routes, fib } of topology.nodes) {
      expect([fib.size, routes.totals()]).toEqual([0, { ipv4: 1, ipv6: 0 }]);
      expect(routes.audit()).toEqual([]);
    }
  }
});
