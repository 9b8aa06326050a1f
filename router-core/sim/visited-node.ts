/**
 * The portal's own node on the virtual network, for journeys: `ROOTLESS42_ROUTER=simulated`.
 *
 * Not standardized; docs/architecture.md §13. It is the real Router; what is simulated is the underlay
 * and everybody else. Whoever asks for a peering with a well-known key (networks.ts) gets a peer that
 * comes up by itself; see visitors.ts for what happens with other keys.
 *
 * @module
 */
import type { MeshFiles, NodeConfig, RouterRegistry, WireguardCrypto } from '../router/index.ts';
import { createSimulatedNode, type SimulatedNode } from './node.ts';
import { pace, type RealTime } from './pace.ts';
import { syntheticRegistry } from './registry.ts';
import { createSimulation } from './simulation.ts';
import { createVisitors } from './visitors.ts';

export type VisitedNodeOptions = {
  readonly time: RealTime;
  readonly crypto: WireguardCrypto;
  readonly version: string;
  readonly seed: number;
  privateKeyOf(path: string): Uint8Array;
  readRegistry(indexPath: string, checkedAt: string): RouterRegistry;
  meshFilesOf(config: NodeConfig): MeshFiles;
};

/** Where the node stands, whatever endpoint it tells its peers. */
const UNDERLAY = { ipv4: '192.0.2.1', ipv6: '2001:db8:42::1' } as const;
/** After this everybody has heard the goodbye, or never will. */
const STOP_LIMIT_MS = 3000;

/** Starts a node whose peers appear with each document. */
export function createVisitedNode(options: VisitedNodeOptions): SimulatedNode {
  const { time, crypto, seed } = options;
  const simulation = createSimulation({
    seed,
    crypto,
    startsAt: time.now(),
    wallStartsAt: time.wallClock.now(),
  });
  const visitors = createVisitors({
    simulation,
    registry: syntheticRegistry(time.wallClock.now()),
  });
  const stopPacing = pace(simulation, time);
  const node = createSimulatedNode({
    simulation,
    time,
    underlay: UNDERLAY,
    version: options.version,
    privateKeyOf: options.privateKeyOf,
    readRegistry: options.readRegistry,
    meshFilesOf: options.meshFilesOf,
    applied(config, router) {
      const { publicKey } = router;
      visitors.follow(config, { node: config.node, publicKey, underlay: UNDERLAY });
    },
  });
  node.onState((state) => {
    if (state === 'stopped') time.schedule(STOP_LIMIT_MS, stopPacing);
  });
  return node;
}
