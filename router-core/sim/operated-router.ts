/**
 * A simulated router with an operator: one who changes settings and peerings, each change one document.
 *
 * Not standardized; docs/architecture.md §7 (complete, revisioned documents).
 *
 * @module
 */
import { withDigest } from '../router/digest.ts';
import {
  type ApplyReport,
  type HostNeighborConfig,
  NODE_CONFIG_SCHEMA,
  type NodeConfig,
  type NodeSettings,
  type PeeringConfig,
  type PeeringView,
  type SessionView,
} from '../router/types.ts';
import { type TestNetwork, testAddresses, testKeyPair } from './networks.ts';
import { mirrored, type PeeringEnd, peeringWith } from './peering-pair.ts';
import type { SimulatedRouter, SimulatedRouterOptions, UnderlayPlace } from './simulated-router.ts';
import type { Simulation } from './simulation.ts';

export type OperatedRouterOptions = Pick<SimulatedRouterOptions, 'meshFilesOf'> & {
  readonly node: NodeSettings;
  readonly privateKey: Uint8Array;
  readonly underlay: UnderlayPlace;
  /** It may have neighbors of `transport: host`. */
  readonly hasMachine?: boolean;
  readonly attributeBytesMax?: number;
};

export interface OperatedRouter extends PeeringEnd {
  readonly simulated: SimulatedRouter;
  readonly peerings: readonly PeeringConfig[];
  /** The document in force. */
  readonly document: NodeConfig;
  add(peering: PeeringConfig): ApplyReport;
  change(id: string, change: Partial<PeeringConfig>): ApplyReport;
  remove(id: string): ApplyReport;
  setNode(change: Partial<NodeSettings>): ApplyReport;
  setVrfs(vrfs: NodeConfig['vrfs']): ApplyReport;
  setPolicy(policy: NodeConfig['policy']): ApplyReport;
  /** The mesh, and the static routes, which may lead over it. */
  setMesh(mesh: NodeConfig['mesh'], routes?: NodeConfig['routes']): ApplyReport;
  setHostNeighbors(neighbors: readonly HostNeighborConfig[]): ApplyReport;
  setPeerings(peerings: readonly PeeringConfig[], isLossMeant?: boolean): ApplyReport;
  /** @throws Error when there is no such peering. */
  peering(id: string): PeeringView;
  /** The first session of a peering. @throws Error when there is none. */
  session(id: string): SessionView;
}

/** Puts a router on the network, with a first document without peerings. */
export function addOperatedRouter(
  simulation: Simulation,
  options: OperatedRouterOptions,
): OperatedRouter {
  const simulated = simulation.addRouter(options);
  let node = options.node;
  let peerings: readonly PeeringConfig[] = [];
  let vrfs: NodeConfig['vrfs'];
  let policy: NodeConfig['policy'];
  let mesh: NodeConfig['mesh'];
  let routes: NodeConfig['routes'] = [];
  let hostNeighbors: readonly HostNeighborConfig[] = [];
  let revision = 0;
  let document: NodeConfig;

  function apply(isLossMeant: boolean): ApplyReport {
    revision++;
    document = withDigest({
      schema: NODE_CONFIG_SCHEMA,
      source: 'demo',
      epoch: 'simulation',
      revision,
      node,
      ...(vrfs === undefined ? {} : { vrfs }),
      ...(policy === undefined ? {} : { policy }),
      ...(mesh === undefined ? {} : { mesh }),
      peerings,
      hostNeighbors,
      routes,
      ...(isLossMeant ? { allowMassRemoval: true } : {}),
    });
    return simulated.apply(document);
  }

  function setPeerings(next: readonly PeeringConfig[], isLossMeant = true): ApplyReport {
    const before = peerings;
    peerings = next;
    try {
      return apply(isLossMeant);
    } catch (error) {
      peerings = before;
      throw error;
    }
  }

  function peering(id: string): PeeringView {
    const view = simulated.router
      .snapshot(simulation.now)
      .peerings.find((candidate) => candidate.id === id);
    if (view === undefined) throw new Error(`${node.name} has no peering ${id}`);
    return view;
  }

  apply(false);
  return {
    simulated,
    publicKey: simulated.publicKey,
    underlay: options.underlay,
    get node() {
      return node;
    },
    get peerings() {
      return peerings;
    },
    get document() {
      return document;
    },
    add: (added) => setPeerings([...peerings, added]),
    change: (id, change) =>
      setPeerings(peerings.map((entry) => (entry.id === id ? { ...entry, ...change } : entry))),
    remove: (id) => setPeerings(peerings.filter((entry) => entry.id !== id)),
    setNode(change) {
      node = { ...node, ...change };
      return apply(true);
    },
    setVrfs(next) {
      vrfs = next;
      return apply(true);
    },
    setPolicy(next) {
      policy = next;
      return apply(true);
    },
    setMesh(next, nextRoutes = []) {
      mesh = next;
      routes = nextRoutes;
      return apply(true);
    },
    setHostNeighbors(next) {
      hostNeighbors = next;
      return apply(true);
    },
    setPeerings,
    peering,
    session(id) {
      const [session] = peering(id).sessions;
      if (session === undefined) throw new Error(`the peering ${id} has no session`);
      return session;
    },
  };
}

/** Returns the settings of a network's router; `host` counts its routers from 1. */
export function settingsOf(network: TestNetwork, host = 1): NodeSettings {
  const { ipv4, ipv6 } = testAddresses(network, host);
  return {
    name: host === 1 ? network.name : `${network.name}-${host}`,
    asn: network.asn,
    routerId: ipv4,
    addresses: [ipv4, ipv6],
    announce: [network.ipv4Prefix, network.ipv6Prefix],
    linkLocal: network.linkLocal,
    listen: { port: 51820, host: '::' },
    privateKeyFile: `/simulated/${network.name}.key`,
    privateEndpoints: false,
  };
}

/** Puts the router of a network of the synthetic registry on the virtual network. */
export const addNetworkRouter = (
  simulation: Simulation,
  network: TestNetwork,
  change: Partial<NodeSettings> = {},
  more: Pick<OperatedRouterOptions, 'hasMachine' | 'attributeBytesMax' | 'meshFilesOf'> = {},
): OperatedRouter =>
  addOperatedRouter(simulation, {
    ...more,
    node: { ...settingsOf(network), ...change },
    privateKey: testKeyPair(network.name).privateKey,
    underlay: network.underlay,
  });

/** Both operators write their half of a peering; `change` is what the first one writes otherwise. */
export function peer(
  here: OperatedRouter,
  there: OperatedRouter,
  change: Parameters<typeof peeringWith>[1] = {},
  changeThere: Partial<PeeringConfig> = {},
): void {
  const ours = peeringWith(there, change);
  here.add(ours);
  there.add({ ...mirrored(here, ours), keepalive: 0, ...changeThere });
}
