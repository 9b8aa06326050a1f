/**
 * The demo node: a simulated node of its own, beside the real ones, with the demo network around it.
 *
 * Not standardized; docs/architecture.md §13. None of its routes is ever in a real table. Its peerings
 * are ordinary ones: the portal stores and applies them, and the neighbors follow each document, so a
 * peering that is edited, disabled or deleted behaves as a real one.
 *
 * @module
 */
import type { MeshSettings, WireguardCrypto } from '../../router/index.ts';
import type { PeeringRequest } from '../../router/peering-rules.ts';
import { createSimulatedNode, type SimulatedNode } from '../node.ts';
import { pace, type RealTime } from '../pace.ts';
import { syntheticRegistry } from '../registry.ts';
import { createSimulation } from '../simulation.ts';
import { DEMO_UNDERLAY, demoPeerings, demoSettings } from './cast.ts';
import { createDemoMesh } from './demo-mesh.ts';
import { createDemoNetwork } from './demo-network.ts';
import { demoMesh, MESH_CITIES, meshFilesOf } from './mesh-cast.ts';

/** After this everybody has heard the goodbye, or never will. */
const STOP_LIMIT_MS = 3000;

export type DemoNodeOptions = {
  readonly time: RealTime;
  readonly crypto: WireguardCrypto;
  readonly version: string;
  readonly seed: number;
  privateKeyOf(path: string): Uint8Array;
};

export type DemoNode = {
  /** Like a supervisor's handle; stopping it stops the whole network. */
  readonly node: SimulatedNode;
  readonly settings: ReturnType<typeof demoSettings>;
  /** For its document. */
  readonly mesh: MeshSettings;
  readonly peerings: readonly (Omit<PeeringRequest, 'node'> & { name: string })[];
};

/** Builds the demo network and lets it run with real time. It is up when a document is applied. */
export function createDemoNode(options: DemoNodeOptions): DemoNode {
  const { time, crypto, seed } = options;
  const simulation = createSimulation({
    seed,
    crypto,
    startsAt: time.now(),
    wallStartsAt: time.wallClock.now(),
  });
  const registry = syntheticRegistry(time.wallClock.now());
  const network = createDemoNetwork(simulation, registry);
  createDemoMesh(simulation);
  const stopPacing = pace(simulation, time);
  const node = createSimulatedNode({
    simulation,
    time,
    underlay: DEMO_UNDERLAY,
    version: options.version,
    meshFilesOf: () => meshFilesOf(MESH_CITIES[0]?.name ?? ''),
    privateKeyOf: options.privateKeyOf,
    registry,
    applied(config, router) {
      const { publicKey } = router;
      network.follow(config, { node: config.node, publicKey, underlay: DEMO_UNDERLAY });
    },
  });
  node.onState((state) => {
    if (state === 'stopped') time.schedule(STOP_LIMIT_MS, stopPacing);
  });
  return { node, settings: demoSettings(), mesh: demoMesh(), peerings: demoPeerings() };
}
