/**
 * The peer list: who there is, and by which addresses others may find it.
 *
 * Not standardized; `/edge/peerinfo` of etherguard-go v0.3.5: an object by public key. An edge is listed when a
 * session of either family knows an address of it, and its addresses are told while it is alive.
 *
 *   ExternalV4, ExternalV6   as we see it; `ExternalIP` of the file stands for the address, the port is kept
 *   LocalV4, LocalV6         as it reported them, with ranks
 *
 * Departures: the maps of the reader's copy are its own, so that `SkipLocalIP` of one reader empties nobody
 * else's; a preshared key belongs to a pair of edges and is derived (pair-keys.ts).
 *
 * Invariant: `Connurl` is always an object; edges of the original crash without.
 *
 * @module
 */
import { formatEndpoint } from '../../../base/endpoint.ts';
import type { IpFamily } from '../../../base/ip-address.ts';
import type { Instant } from '../../../base/units.ts';
import { keyText } from '../config/index.ts';
import { isAlive, type SuperCore } from './core.ts';
import type { Edge, LocalAddresses } from './edge-table.ts';
import { pairKey } from './pair-keys.ts';
import type { SuperTunnels } from './tunnels.ts';

/** Ranks by which edges order what they try: the lower the sooner. */
const EXTERNAL_RANK: Readonly<Record<IpFamily, number>> = { 4: 4, 6: 6 };

type Addresses = Readonly<Record<string, number>> | null;

export type PeerListEntry = {
  readonly edge: Edge;
  readonly addresses: {
    readonly ExternalV4: Addresses;
    readonly ExternalV6: Addresses;
    readonly LocalV4: Addresses;
    readonly LocalV6: Addresses;
  };
};
export type PeerList = readonly PeerListEntry[];

export function peerListAt(core: SuperCore, tunnels: SuperTunnels, now: Instant): PeerList {
  return [...core.edges.all()].flatMap((edge) => {
    const v4 = externalAddress(tunnels, edge, 4);
    const v6 = externalAddress(tunnels, edge, 6);
    if (v4 === undefined && v6 === undefined) return [];
    const alive = isAlive(core, edge, now);
    const isLocalTold = alive && !edge.settings.SkipLocalIP;
    const addresses = {
      ExternalV4: ranked(alive ? v4 : undefined, 4),
      ExternalV6: ranked(alive ? v6 : undefined, 6),
      LocalV4: isLocalTold ? orNull(edge.localV4) : null,
      LocalV6: isLocalTold ? orNull(edge.localV6) : null,
    };
    return [{ edge, addresses }];
  });
}

/** Returns what makes one list differ from another, for any reader. */
export const peerListText = (list: PeerList): string =>
  JSON.stringify(list.map(({ edge, addresses }) => [edge.keyText, edge.id, edge.node, addresses]));

/** Returns the answer for one edge. */
export function peerListFor(core: SuperCore, list: PeerList, reader: Edge): string {
  const { UsePSKForInterEdge } = core.config;
  const entries = list
    .filter(({ edge }) => !UsePSKForInterEdge || edge !== reader)
    .map(({ edge, addresses }) => [
      edge.keyText,
      {
        NodeID: edge.node,
        PSKey: UsePSKForInterEdge ? keyText(pairKey(core.ports.crypto, reader, edge)) : '',
        Connurl: reader.settings.SkipLocalIP
          ? { ...addresses, LocalV4: {}, LocalV6: {} }
          : addresses,
      },
    ]);
  return JSON.stringify(Object.fromEntries(entries));
}

function externalAddress(tunnels: SuperTunnels, edge: Edge, family: IpFamily): string | undefined {
  const endpoint = tunnels.endpoint(edge, family);
  if (endpoint === undefined) return undefined;
  const told = edge.externalAddresses.find((address) => address.family === family);
  return formatEndpoint(told === undefined ? endpoint : { address: told, port: endpoint.port });
}

const ranked = (address: string | undefined, family: IpFamily): Addresses =>
  address === undefined ? null : { [address]: EXTERNAL_RANK[family] };

const orNull = (addresses: LocalAddresses): Addresses => addresses ?? null;
