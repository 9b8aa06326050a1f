/**
 * Turns what edge and supernode show of themselves into what the door shows.
 *
 * Not standardized.
 *
 * Invariant: a view is bounded: ways, latencies and addresses have limits of their own (limits.ts).
 *
 * @module
 */
import { toBase64 } from '../../base/bytes.ts';
import type { DropCounters } from '../../base/drop-reason.ts';
import { formatEndpoint } from '../../base/endpoint.ts';
import { formatIpAddress } from '../../base/ip-address.ts';
import { formatMacAddress } from '../../base/mac-address.ts';
import { formatWallTime } from '../../base/rfc3339.ts';
import { elapsed, type Instant, type WallTime, wallTime } from '../../base/units.ts';
import type { MeshEdgeView, MeshLinkView } from '../../mesh/etherguard/edge/edge-contract.ts';
import type { SupernodeView } from '../../mesh/etherguard/supernode/supernode-contract.ts';
import type { NextHopTable } from '../../mesh/graph/index.ts';
import { NO_NODE, type NodeNumber } from '../../mesh/node-number.ts';
import type { EthernetPortView } from '../../netstack/index.ts';
import type { WireguardPeerView } from '../../wireguard/index.ts';
import { MESH_ADDRESSES_SHOWN, MESH_LATENCIES_SHOWN, MESH_WAYS_SHOWN } from '../limits.ts';
import { sumDrops } from '../views.ts';
import { problemOfLink } from './link-words.ts';
import type {
  MeshEdgeStatus,
  MeshLatency,
  MeshLinkStatus,
  MeshSessionView,
  MeshSupernodeStatus,
  MeshWay,
} from './mesh-view-types.ts';

/** Both clocks at one moment: instants are shown as calendar time. */
export type Clocks = { readonly now: Instant; readonly wall: WallTime };

export type PortStatus = EthernetPortView & { readonly mtu: number };

export function viewEdge(
  edge: MeshEdgeView,
  port: PortStatus | undefined,
  drops: DropCounters,
  clocks: Clocks,
): MeshEdgeStatus {
  const { node, name, mode, publicKey, listenPorts, tableFrom, table, supernode, clock } = edge;
  return {
    node,
    name,
    mode,
    publicKey: toBase64(publicKey),
    listenPorts,
    links: edge.links.map((link) => viewLink(link, clocks)),
    ways: table.nodes
      .filter((to) => to !== node)
      .slice(0, MESH_WAYS_SHOWN)
      .flatMap((to) => wayOf(table, node, to)),
    tableFrom,
    addresses: edge.addresses
      .toSorted((a, b) => b.learned - a.learned)
      .slice(0, MESH_ADDRESSES_SHOWN)
      .map(({ address, node: owner, learned }) => ({
        address: formatMacAddress(address),
        node: owner,
        learnedAt: timeOf(learned, clocks),
      })),
    latencies: latenciesOf(edge.latencies),
    supernode:
      supernode === undefined
        ? null
        : {
            url: supernode.url,
            lastRegisteredAt: wallText(supernode.lastRegistered),
            lastReportedAt: wallText(supernode.lastReported),
            problem: supernode.problem ?? null,
          },
    clock: { offsetMs: rounded(clock.offset), serversAnswering: clock.serversAnswering },
    endpointsOfOurs: edge.endpointsOfOurs.map(formatEndpoint),
    port: port === undefined ? null : viewPort(port),
    drops: sumDrops(drops),
  };
}

export function viewSupernode(
  supernode: SupernodeView,
  drops: DropCounters,
  clocks: Clocks,
): MeshSupernodeStatus {
  const { name, publicKeys, listenPorts, edges, table } = supernode;
  return {
    name,
    publicKeys: { v4: keyText(publicKeys.v4), v6: keyText(publicKeys.v6) },
    listenPorts,
    edges: edges.map(({ v4, v6, lastSeen, ...edge }) => ({
      node: edge.node,
      name: edge.name,
      publicKey: toBase64(edge.publicKey),
      isAlive: edge.isAlive,
      lastSeenAt: wallText(lastSeen),
      v4: v4 === undefined ? null : viewSession(v4, clocks),
      v6: v6 === undefined ? null : viewSession(v6, clocks),
      localAddresses: edge.localAddresses,
      externalAddresses: edge.externalAddresses.map(formatEndpoint),
    })),
    ways: waysOf(table),
    latencies: latenciesOf(supernode.latencies),
    drops: sumDrops(drops),
  };
}

function viewLink(link: MeshLinkView, clocks: Clocks): MeshLinkStatus {
  const { latencySeconds, jitterMs, loss } = link;
  return {
    node: link.node,
    role: link.role,
    publicKey: toBase64(link.publicKey),
    origin: link.origin,
    isStatic: link.isStatic,
    isAlive: link.isAlive,
    problem: problemOfLink(link, clocks) ?? null,
    latencyMs: latencySeconds === undefined ? null : rounded(latencySeconds * 1000),
    jitterMs: jitterMs === undefined ? null : rounded(jitterMs),
    loss: loss ?? null,
    candidates: link.candidates,
    relayedFrames: link.relayedFrames,
    relayedBytes: link.relayedBytes,
    ...viewSession(link, clocks),
  };
}

function viewSession(peer: WireguardPeerView, clocks: Clocks): MeshSessionView {
  const { endpoint, lastHandshake, lastReceived, rxBytes, txBytes } = peer;
  return {
    endpoint: endpoint === undefined ? null : formatEndpoint(endpoint),
    lastHandshakeAt: wallText(lastHandshake),
    lastReceivedAt: lastReceived === undefined ? null : timeOf(lastReceived, clocks),
    rxBytes,
    txBytes,
  };
}

function viewPort({ linkAddress, mtu, addresses, neighbors }: PortStatus): MeshEdgeStatus['port'] {
  return {
    linkAddress: formatMacAddress(linkAddress),
    mtu,
    addresses: addresses.map(({ address, state }) => ({
      address: formatIpAddress(address),
      state,
    })),
    neighbors: neighbors.map(({ address, linkAddress: known, state }) => ({
      address: formatIpAddress(address),
      linkAddress: known === undefined ? null : formatMacAddress(known),
      state,
    })),
  };
}

/** All ways of a table, up to the limit. */
function waysOf(table: NextHopTable): MeshWay[] {
  const ways: MeshWay[] = [];
  for (const from of table.nodes) {
    for (const to of table.nodes) {
      if (ways.length >= MESH_WAYS_SHOWN) return ways;
      if (from !== to) ways.push(...wayOf(table, from, to));
    }
  }
  return ways;
}

/** The way a table says, none when it has none. A loop in a table that others made is shown once. */
function wayOf(table: NextHopTable, from: NodeNumber, to: NodeNumber): MeshWay[] {
  const nodes = [from];
  for (let at = from; at !== to; ) {
    at = table.nextHop(at, to);
    if (at === NO_NODE) break;
    const isLoop = nodes.includes(at);
    nodes.push(at);
    if (isLoop) break;
  }
  return nodes.length === 1 ? [] : [{ from, to, nodes }];
}

const latenciesOf = (latencies: MeshEdgeView['latencies']): MeshLatency[] =>
  latencies.slice(0, MESH_LATENCIES_SHOWN).map(({ from, to, seconds, costSeconds }) => ({
    from,
    to,
    ms: rounded(seconds * 1000),
    costMs: rounded(costSeconds * 1000),
  }));

const timeOf = (at: Instant, { now, wall }: Clocks): string =>
  formatWallTime(wallTime(wall - elapsed(at, now)));

const wallText = (at: WallTime | undefined): string | null =>
  at === undefined ? null : formatWallTime(at);

const keyText = (key: Uint8Array | undefined): string | null =>
  key === undefined ? null : toBase64(key);

/** Microseconds are the finest a reader can use. */
const rounded = (ms: number): number => Math.round(ms * 1000) / 1000;
