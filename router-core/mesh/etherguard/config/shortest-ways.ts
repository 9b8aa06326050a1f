/**
 * All shortest ways of a matrix, as a running mesh would compute them.
 *
 * Not standardized; `solve` and `gencfg` of EtherGuard. Values have no unit of their own and are taken for seconds.
 *
 * Invariant: of equally short ways the one with the fewest links, then the lowest next hop, so equal graphs have
 * equal tables.
 *
 * @module
 */
import { instant, milliseconds } from '../../../base/units.ts';
import { type DistanceMaps, LatencyGraph } from '../../graph/index.ts';
import { NO_NODE, type NodeNumber } from '../../node-number.ts';
import type { LinkGraph, Solution } from './solve.ts';
import { INFINITE_DISTANCE } from './tables.ts';

const START = instant(0);

/**
 * Finds the shortest ways.
 *
 * A graph with a negative circle has none: as in the original, negative links then count as 0, which leaves no circle.
 */
export function shortestWays({ nodes, links }: LinkGraph): Solution {
  const graph = new LatencyGraph(
    'super',
    {
      isStatic: false,
      manualLatency: {},
      jitter: { toleranceMs: 0, multiplier: 1 },
      recalculateCoolDown: milliseconds(0),
      timeoutCheckInterval: milliseconds(0),
    },
    START,
  );
  for (const { from, to, distance, cost } of links)
    graph.update(
      { from, to, seconds: distance, timeToAliveSeconds: 1, additionalCostMs: cost * 1000 },
      START,
    );
  while (graph.hasWork(START)) graph.run(Number.POSITIVE_INFINITY, START);

  const { table } = graph;
  const tableOf = <T>(cell: (from: NodeNumber, to: NodeNumber) => T | undefined) =>
    new Map(
      nodes.map((from) => {
        const row = new Map<NodeNumber, T>();
        for (const to of nodes) {
          const value = cell(from, to);
          if (value !== undefined) row.set(to, value);
        }
        return [from, row];
      }),
    );
  const distanceIn = (maps: DistanceMaps) => (from: NodeNumber, to: NodeNumber) =>
    from === to ? 0 : (maps[from]?.[to] ?? INFINITE_DISTANCE);
  return {
    nextHop: tableOf((from, to) => {
      const hop = from === to ? NO_NODE : table.nextHop(from, to);
      return hop === NO_NODE ? undefined : hop;
    }),
    distance: tableOf(distanceIn(graph.distances(true))),
    distanceWithoutCost: tableOf(distanceIn(graph.distances(false))),
  };
}
