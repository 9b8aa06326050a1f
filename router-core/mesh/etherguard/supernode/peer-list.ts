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

type Entry = {
  readonly edge: Edge;
  /** `Connurl` as JSON: with the addresses it reported, and without. */
  readonly connurl: string;
  readonly withoutLocals: string;
};

export class PeerList {
  /** What makes one list differ from another, for any reader. */
  readonly text: string;
  private readonly core: SuperCore;
  private readonly entries: readonly Entry[];
  /** Answers that are the same for many readers. */
  private readonly shared = new Map<boolean, string>();

  constructor(core: SuperCore, tunnels: SuperTunnels, now: Instant) {
    this.core = core;
    this.entries = [...core.edges.all()].flatMap((edge) => entryOf(core, tunnels, edge, now) ?? []);
    this.text = this.entries
      .map(({ edge, connurl }) => `${edge.keyText} ${edge.id} ${edge.node} ${connurl}`)
      .join('\n');
  }

  /** Returns the answer for one edge, as JSON. */
  answerFor(reader: Edge): string {
    const { SkipLocalIP } = reader.settings;
    if (this.core.config.UsePSKForInterEdge) {
      const others = this.entries.filter(({ edge }) => edge !== reader);
      return objectOf(others, SkipLocalIP, ({ edge }) =>
        keyText(pairKey(this.core.ports.crypto, reader, edge)),
      );
    }
    const known = this.shared.get(SkipLocalIP);
    if (known !== undefined) return known;
    const answer = objectOf(this.entries, SkipLocalIP, () => '');
    this.shared.set(SkipLocalIP, answer);
    return answer;
  }
}

/** Put together of parts: a thousand readers ask for a thousand edges each time one of these comes. */
function objectOf(
  entries: readonly Entry[],
  skipsLocals: boolean,
  presharedKeyOf: (entry: Entry) => string,
): string {
  const parts = entries.map((entry) => {
    const { edge, connurl, withoutLocals } = entry;
    const Connurl = skipsLocals ? withoutLocals : connurl;
    return `"${edge.keyText}":{"NodeID":${edge.node},"PSKey":"${presharedKeyOf(entry)}","Connurl":${Connurl}}`;
  });
  return `{${parts.join(',')}}`;
}

function entryOf(
  core: SuperCore,
  tunnels: SuperTunnels,
  edge: Edge,
  now: Instant,
): Entry | undefined {
  const v4 = externalAddress(tunnels, edge, 4);
  const v6 = externalAddress(tunnels, edge, 6);
  if (v4 === undefined && v6 === undefined) return undefined;
  const alive = isAlive(core, edge, now);
  const isLocalTold = alive && !edge.settings.SkipLocalIP;
  const external = {
    ExternalV4: ranked(alive ? v4 : undefined, 4),
    ExternalV6: ranked(alive ? v6 : undefined, 6),
  };
  return {
    edge,
    connurl: JSON.stringify({
      ...external,
      LocalV4: isLocalTold ? orNull(edge.localV4) : null,
      LocalV6: isLocalTold ? orNull(edge.localV6) : null,
    }),
    withoutLocals: JSON.stringify({ ...external, LocalV4: {}, LocalV6: {} }),
  };
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
