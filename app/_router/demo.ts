/**
 * The demo: a simulated node with simulated neighbors, in this process and beside the real node.
 *
 * Not standardized; docs/architecture.md §13. None of its routes is ever in a real table.
 *
 * @module
 */
import 'server-only';
import { type RouterSupervisor, startDemoNode } from '../../router-core/client.ts';
import type {
  MeshSettings,
  NodeSettings,
  PeeringRequest,
  RegistrySource,
} from '../../router-core/index.ts';
import type { NodeFacts, Settings } from '../_settings/index.ts';
import { handleOf, type RouterHandle } from './supervisor.ts';

/** The demo's `node.name`; no real node may have it. */
export const DEMO_NODE = 'demo';

/** What the second door gives for the demo: a router like any other, and what it is about. */
export type DemoNode = {
  readonly supervisor: RouterSupervisor;
  /** Its `name` is `DEMO_NODE`. */
  readonly node: NodeSettings;
  readonly place: string;
  /** A folder below `<data>/demo`: the synthetic registry, written there. */
  readonly registry: RegistrySource;
  /** Absent: it is part of none. */
  readonly mesh?: MeshSettings;
  /** The neighbors that will call. */
  readonly peerings: readonly Omit<PeeringRequest, 'node'>[];
};
export type StartDemoNode = () => Promise<DemoNode>;

export type RunningDemo = {
  readonly facts: NodeFacts;
  readonly router: RouterHandle;
  readonly registry: RegistrySource;
  readonly mesh: MeshSettings | undefined;
  readonly peerings: DemoNode['peerings'];
};

/** Returns the demo of this build: a network of simulated routers, driven by this event loop. */
export const demoNodeOf =
  (settings: Settings, version: string): StartDemoNode =>
  () =>
    startDemoNode({ dataFolder: settings.dataFolder, version });

export async function startDemo(start: StartDemoNode): Promise<RunningDemo> {
  const { supervisor, node, place, registry, mesh, peerings } = await start();
  return {
    facts: {
      ...node,
      endpoint: node.endpoint ?? null,
      networkName: 'demo',
      place,
      country: null,
      routes: [],
    },
    router: handleOf(supervisor),
    registry,
    mesh,
    peerings,
  };
}
