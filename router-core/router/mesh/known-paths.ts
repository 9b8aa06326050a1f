/**
 * What a node knows of a whole mesh, whether it coordinates it, is an edge of it, or both.
 *
 * Not standardized. A supernode hears the latencies of all and makes the table, so its word counts; an edge adds
 * what it measures itself and the ways of its own table.
 *
 * @module
 */
import type { MeshLatency, MeshView, MeshWay } from './mesh-view-types.ts';

/** One way, as measured; the cost is what the computation of next hops adds. */
export function knownLatencies({ edge, supernode }: MeshView): MeshLatency[] {
  const known = new Map<string, MeshLatency>();
  const own = edge?.status;
  for (const { node, role, latencyMs } of own?.links ?? []) {
    if (own === null || own === undefined || role !== 'edge' || latencyMs === null) continue;
    known.set(`${node} ${own.node}`, {
      from: node,
      to: own.node,
      ms: latencyMs,
      costMs: latencyMs,
    });
  }
  for (const each of [...(own?.latencies ?? []), ...(supernode?.status?.latencies ?? [])])
    known.set(`${each.from} ${each.to}`, each);
  return [...known.values()];
}

/** The ways packets take at this moment. */
export function knownWays({ edge, supernode }: MeshView): MeshWay[] {
  const known = new Map<string, MeshWay>();
  for (const way of [...(supernode?.status?.ways ?? []), ...(edge?.status?.ways ?? [])])
    known.set(`${way.from} ${way.to}`, way);
  return [...known.values()];
}
