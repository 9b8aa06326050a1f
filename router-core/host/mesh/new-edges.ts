/**
 * Makes edges for a supernode that runs: fresh keys, the entry of its list, and the whole file for the other machine.
 *
 * Not standardized; the file is the original's sample with the places changed that `gencfg` changes.
 *
 * Invariant: a private key is in the text only, which is nowhere kept.
 *
 * @module
 */
import { parseIpAddress } from '../../base/ip-address.ts';
import {
  ALWAYS_QUOTED,
  change,
  EDGE_SAMPLE,
  freshKeys,
  superEndpoint,
  superPeer,
} from '../../mesh/etherguard/config/index.ts';
import { createNobleCrypto } from '../../router/index.ts';
import { createNativeCrypto } from '../native-crypto.ts';
import { systemRandom } from '../system-random.ts';
import { newYamlFile } from '../yaml-file.ts';

/** What edges have to know of their supernode. */
export type SupernodeToJoin = {
  /** A name or an address that they reach it by. */
  readonly host: string;
  readonly port: number;
  readonly apiPort: number;
  /** Empty, or with a slash before it and none behind it. */
  readonly apiPrefix: string;
  readonly publicKeys: { readonly v4: string | null; readonly v6: string | null };
};

/** What all edges of a network have alike; an empty prefix of MAC addresses is a random one, another range is left out. */
type EdgeRanges = {
  readonly MacAddrPrefix: string;
  readonly IPv4CIDR: string;
  readonly IPv6CIDR: string;
  readonly IPv6LLPrefix: string;
};

export type NewEdge = {
  readonly node: number;
  readonly name: string;
  /** The entry of `Peers`. */
  readonly peer: Readonly<Record<string, unknown>>;
  /** Its configuration file, with its private key. */
  readonly text: string;
};

/** Makes one edge for each number. */
export function makeEdges(
  supernode: SupernodeToJoin,
  ranges: EdgeRanges,
  edges: readonly { readonly node: number; readonly name: string }[],
): NewEdge[] {
  const keys = freshKeys(systemRandom, createNativeCrypto(createNobleCrypto(systemRandom)));
  const at = 'DynamicRoute.SuperNode';
  const { host, port, apiPort, apiPrefix, publicKeys } = supernode;
  // Real edges end when a name has no address of the family, so a name stands for IPv4 only.
  const isIpv6 = parseIpAddress(host.replace(/^\[(.*)\]$/, '$1'))?.family === 6;
  const [endpoint, publicKey] = isIpv6
    ? (['EndpointV6', 'PubKeyV6'] as const)
    : (['EndpointV4', 'PubKeyV4'] as const);
  const common = [
    change('Interface.MacAddrPrefix', ranges.MacAddrPrefix || keys.macPrefix()),
    change('Interface.IPv4CIDR', ranges.IPv4CIDR),
    change('Interface.IPv6CIDR', ranges.IPv6CIDR),
    change('Interface.IPv6LLPrefix', ranges.IPv6LLPrefix),
    change(`${at}.${endpoint}`, superEndpoint(host, port) ?? ''),
    change(`${at}.${publicKey}`, (isIpv6 ? publicKeys.v6 : publicKeys.v4) ?? ''),
    change(`${at}.EndpointEdgeAPIUrl`, `http://${superEndpoint(host, apiPort) ?? ''}${apiPrefix}`),
  ];
  return edges.map(({ node, name }) => {
    const [pair, preshared] = [keys.pair(), keys.preshared()];
    const file = newYamlFile(EDGE_SAMPLE);
    file.change([
      ...common,
      change('NodeID', node),
      change('NodeName', name),
      change('PrivKey', pair.privateKey),
      change(`${at}.PSKey`, preshared),
    ]);
    return {
      node,
      name,
      peer: superPeer(node, name, pair.publicKey, preshared),
      text: file.text(ALWAYS_QUOTED),
    };
  });
}
