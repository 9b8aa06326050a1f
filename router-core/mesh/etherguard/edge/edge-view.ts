/**
 * What an edge shows of itself.
 *
 * Not standardized.
 *
 * @module
 */
import { parseEndpoint, type UnderlayAddress } from '../../../base/endpoint.ts';
import type { Instant } from '../../../base/units.ts';
import type { MeshRelayed } from '../../../packet/forwarding-plane.ts';
import type { WireguardDevice } from '../../../wireguard/index.ts';
import { INFINITE_SECONDS, type LatencyGraph } from '../../graph/index.ts';
import { type NodeNumber, SUPERNODE } from '../../node-number.ts';
import type { MacTable } from '../../switch/index.ts';
import type { EdgeConfig } from '../config/index.ts';
import { MESH_HEADER_BYTES } from '../wire/index.ts';
import type { MeshEdgeView, MeshLinkView, MeshMode } from './edge-contract.ts';
import { type AdmissionParts, type NotTried, whyNotTried } from './endpoint-admission.ts';
import { LATENCIES_SHOWN_MAX } from './limits.ts';
import type { Link, LinkTable } from './links.ts';
import type { MeshClock } from './mesh-clock.ts';
import type { NextHops } from './next-hops.ts';
import type { SharedKeyWatch } from './shared-key-watch.ts';
import type { Sockets } from './sockets.ts';
import type { SupernodeClient } from './supernode-client.ts';

type Latencies = MeshEdgeView['latencies'][number][];

export type ViewParts = {
  readonly now: Instant;
  readonly config: EdgeConfig;
  readonly publicKey: Uint8Array;
  readonly device: WireguardDevice;
  readonly sockets: Sockets;
  readonly links: LinkTable;
  readonly isAlive: (link: Link) => boolean;
  readonly nextHops: NextHops;
  /** What the plane passed on, by the peer it left to. */
  readonly relayed: MeshRelayed | undefined;
  readonly macTable: MacTable;
  readonly graph: LatencyGraph;
  readonly modes: { readonly isSuper: boolean; readonly isP2p: boolean };
  readonly additionalCostOf: (link: Link) => number;
  readonly supernode: SupernodeClient;
  /** Whether the log was told so. */
  readonly isSilent: (link: Link) => boolean;
  readonly clock: MeshClock;
  readonly ownEndpoints: readonly UnderlayAddress[];
  readonly admission: AdmissionParts;
  readonly sharedKeys: SharedKeyWatch;
};

export function viewOf(parts: ViewParts): MeshEdgeView {
  const { config, sockets, links, nextHops, macTable, modes, clock } = parts;
  return {
    node: nextHops.own,
    name: config.NodeName,
    mode: modeOf(modes),
    publicKey: parts.publicKey,
    listenPorts: sockets.families.flatMap((family) => {
      const port = sockets.port(family);
      return port === undefined ? [] : [{ family, port }];
    }),
    links: [...links.all()].map((link) => linkView(parts, link)),
    table: nextHops.table,
    tableFrom: nextHops.tableFrom,
    addresses: [...macTable.entries()].map(({ address, node, heardAt }) => ({
      address,
      node,
      learned: heardAt,
    })),
    latencies: modes.isP2p ? graphLatencies(parts) : linkLatencies(parts),
    ...(modes.isSuper && { supernode: supernodeView(parts) }),
    clock: { offset: clock.offset, serversAnswering: clock.serversAnswering },
    endpointsOfOurs: parts.ownEndpoints,
  };
}

function modeOf({ isSuper, isP2p }: ViewParts['modes']): MeshMode {
  if (isSuper && isP2p) return 'super and p2p';
  if (isSuper) return 'super';
  return isP2p ? 'p2p' : 'static';
}

function linkView(parts: ViewParts, link: Link): MeshLinkView {
  const { device, isAlive, relayed, sharedKeys, now } = parts;
  const untried = untriedOf(link, parts.admission);
  const sharedKeyEndpoints = sharedKeys.endpointsOf(link, now);
  const { latency, jitterMs, loss } = link.meter;
  const carriedFrames = relayed?.frames[link.peer] ?? 0;
  // The plane counts contents, node numbers included.
  const carriedBytes = (relayed?.bytes[link.peer] ?? 0) - carriedFrames * MESH_HEADER_BYTES;
  return {
    ...device.view(link.peer),
    node: link.node,
    role: link.node === SUPERNODE ? 'supernode' : 'edge',
    publicKey: link.publicKey,
    origin: link.origin,
    isStatic: link.isStatic,
    isAlive: isAlive(link),
    ...(latency !== undefined && { latencySeconds: latency }),
    ...(jitterMs !== undefined && { jitterMs }),
    ...(loss !== undefined && { loss }),
    candidates: link.candidates.texts(),
    ...(untried.length > 0 && { untried }),
    ...(sharedKeyEndpoints !== undefined && { sharedKeyEndpoints }),
    relayedFrames: link.relayedFrames + carriedFrames,
    relayedBytes: link.relayedBytes + carriedBytes,
  };
}

function untriedOf(link: Link, admission: AdmissionParts): NonNullable<MeshLinkView['untried']> {
  return link.candidates.texts().flatMap((endpoint) => {
    const because = link.isStatic ? 'static' : whyTextNotTried(endpoint, admission);
    return because === undefined ? [] : [{ endpoint, because }];
  });
}

/** A name may have any address: it is tried. */
function whyTextNotTried(text: string, admission: AdmissionParts): NotTried | undefined {
  const endpoint = parseEndpoint(text);
  if (endpoint?.address === undefined) return undefined;
  return whyNotTried({ address: endpoint.address, port: endpoint.port }, admission);
}

function supernodeView(parts: ViewParts): NonNullable<MeshEdgeView['supernode']> {
  const { config, supernode, now } = parts;
  const { lastReported } = supernode;
  const lastRegistered = supernode.lastRegistered(now);
  const problem = supernodeProblem(parts);
  return {
    url: config.DynamicRoute.SuperNode.EndpointEdgeAPIUrl,
    ...(lastRegistered !== undefined && { lastRegistered }),
    ...(lastReported !== undefined && { lastReported }),
    ...(problem !== undefined && { problem }),
  };
}

/** UDP and HTTP go different ways and have different firewalls: each has its own words. */
function supernodeProblem(parts: ViewParts): string | undefined {
  const { links, supernode, isSilent, now } = parts;
  const sessions = links.supernodes();
  if (sessions.length === 0 || !sessions.every(isSilent)) return supernode.problem;
  const silences = sessions.flatMap((link) => links.silence(link, now) ?? []);
  const overUdp =
    silences.length === 0
      ? 'it never answered over UDP'
      : `it has been silent over UDP for ${Math.round(Math.min(...silences) / 1000)} s`;
  return supernode.problem === undefined ? overUdp : `${overUdp}, and ${supernode.problem}`;
}

function linkLatencies({ links, nextHops, additionalCostOf }: ViewParts): Latencies {
  return [...links.edges()].flatMap((link) => {
    const { latency } = link.meter;
    if (latency === undefined) return [];
    const costSeconds = Math.max(additionalCostOf(link), 0) / 1000;
    return [{ from: link.node, to: nextHops.own, seconds: latency, costSeconds }];
  });
}

function graphLatencies({ graph, links, nextHops, now }: ViewParts): Latencies {
  const nodes = new Set<NodeNumber>([nextHops.own, ...graph.table.nodes]);
  for (const { node } of links.edges()) nodes.add(node);
  const latencies: Latencies = [];
  for (const from of nodes)
    for (const to of nodes) {
      if (from === to) continue;
      const seconds = graph.latency(from, to, now);
      if (seconds >= INFINITE_SECONDS) continue;
      if (latencies.length >= LATENCIES_SHOWN_MAX) return latencies;
      const costSeconds = graph.latency(from, to, now, true) - seconds;
      latencies.push({ from, to, seconds, costSeconds });
    }
  return latencies;
}
