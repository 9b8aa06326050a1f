/**
 * A supernode as people see it.
 *
 * @module
 */
import type { Instant } from '../../../base/units.ts';
import { INFINITE_SECONDS, type LatencyGraph } from '../../graph/index.ts';
import { isAlive, type SuperCore } from './core.ts';
import type { Edge } from './edge-table.ts';
import type { SupernodeEdgeView, SupernodeView } from './supernode-contract.ts';
import type { SuperTunnels } from './tunnels.ts';

export function supernodeView(
  core: SuperCore,
  tunnels: SuperTunnels,
  graph: LatencyGraph,
  now: Instant,
): SupernodeView {
  const v4 = tunnels.publicKey(4);
  const v6 = tunnels.publicKey(6);
  return {
    name: core.config.NodeName,
    publicKeys: { ...(v4 !== undefined && { v4 }), ...(v6 !== undefined && { v6 }) },
    listenPorts: tunnels.listenPorts(),
    edges: [...core.edges.all()].map((edge) => edgeView(core, tunnels, edge, now)),
    table: graph.table,
    latencies: latenciesOf(core, graph, now),
  };
}

function edgeView(
  core: SuperCore,
  tunnels: SuperTunnels,
  edge: Edge,
  now: Instant,
): SupernodeEdgeView {
  const v4 = tunnels.view(edge, 4);
  const v6 = tunnels.view(edge, 6);
  return {
    node: edge.node,
    name: edge.settings.Name,
    publicKey: edge.settings.PubKey,
    isAlive: isAlive(core, edge, now),
    ...(edge.lastSeenAt !== undefined && { lastSeen: edge.lastSeenAt }),
    ...(v4 !== undefined && { v4 }),
    ...(v6 !== undefined && { v6 }),
    localAddresses: [...Object.keys(edge.localV4 ?? {}), ...Object.keys(edge.localV6 ?? {})],
    externalAddresses: [v4?.endpoint, v6?.endpoint].filter((endpoint) => endpoint !== undefined),
  };
}

/** Links there are; their number is that of what edges measured. */
function latenciesOf(
  core: SuperCore,
  graph: LatencyGraph,
  now: Instant,
): SupernodeView['latencies'] {
  const nodes = [...core.edges.all()].map(({ node }) => node);
  return nodes.flatMap((from) =>
    nodes.flatMap((to) => {
      const latency = from === to ? INFINITE_SECONDS : graph.latency(from, to, now);
      if (latency >= INFINITE_SECONDS) return [];
      const costSeconds = graph.latency(from, to, now, true) - latency;
      return [{ from, to, seconds: latency, costSeconds }];
    }),
  );
}
