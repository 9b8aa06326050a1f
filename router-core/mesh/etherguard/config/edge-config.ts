/**
 * Reads the configuration of an edge: its shape, and what its values must be to each other.
 *
 * Not standardized; EtherGuard's rules. An error is what the original refuses, crashes on or silently takes for
 * something else; a warning is what it ignores, and an operator may want to know.
 *
 * @module
 */

import { toHex } from '../../../base/bytes.ts';
import { parseEndpoint } from '../../../base/endpoint.ts';
import { ipAddressOf, macAddressOf } from './derive-addresses.ts';
import { type EdgeConfig, edge, type InterfaceConf, type InterfaceType } from './edge-shape.ts';
import {
  checkEndpoint,
  checkListenAddresses,
  checkNodeName,
  checkPostScript,
  findRepeated,
} from './shared-fields.ts';
import { type Notes, type Reading, readWith } from './value-readers.ts';

/** Reads the values of an edge's file. */
export const readEdgeConfig = (values: unknown): Reading<EdgeConfig> =>
  readWith(edge, checkEdge, values);

function checkEdge(config: EdgeConfig, notes: Notes): void {
  checkNodeName(config.NodeName, notes);
  checkPostScript(config.PostScript, notes);
  checkListenAddresses(config.DisabledAf, notes);
  checkInterface(config, notes);
  checkPeers(config, notes);
  checkModes(config, notes);
}

const SOCKETS: readonly InterfaceType[] = [
  'udpsock',
  'tcpsock',
  'unixsock',
  'unixgramsock',
  'unixpacketsock',
];
/** Those with a MAC address of their own. */
const WITH_MAC: readonly InterfaceType[] = ['tap', 'vpp', 'stdio', 'router'];
/** Those that get IP addresses. */
const WITH_IP: readonly InterfaceType[] = ['tap', 'router'];
/** Names of interfaces in Linux: IFNAMSIZ less the final zero. */
const KERNEL_NAME_MAX = 15;

function checkInterface(config: EdgeConfig, notes: Notes): void {
  const { Interface, NodeID } = config;
  const { IType } = Interface;
  if ((IType === 'tap' || IType === 'vpp') && !isKernelName(Interface.Name))
    notes.error(
      'NAME_INVALID',
      'Interface.Name',
      `must be 1 to ${KERNEL_NAME_MAX} characters without blank or slash.`,
    );

  if (Interface.MacAddrPrefix !== '') {
    const mac = macAddressOf(Interface.MacAddrPrefix, NodeID);
    if ('problem' in mac) notes.error('MESH_ADDRESS', 'Interface.MacAddrPrefix', mac.problem);
  } else if (WITH_MAC.includes(IType) || config.PostScript !== '') {
    notes.error(
      'CONFIG_MISSING_KEY',
      'Interface.MacAddrPrefix',
      `is missing; ${IType} has a MAC address.`,
    );
  }

  for (const [name, family] of [
    ['IPv4CIDR', 4],
    ['IPv6CIDR', 6],
    ['IPv6LLPrefix', 6],
  ] as const) {
    if (Interface[name] === '') continue;
    const ip = ipAddressOf(Interface[name], NodeID, family);
    if (!('problem' in ip)) continue;
    const path = `Interface.${name}`;
    if (WITH_IP.includes(IType)) notes.error('MESH_ADDRESS', path, ip.problem);
    else notes.warning('MESH_ADDRESS', path, ip.problem, `${IType} does not use it.`);
  }
  checkSocketAddresses(Interface, notes);
}

const isKernelName = (name: string): boolean =>
  /^[^\s/:]+$/.test(name) && name.length <= KERNEL_NAME_MAX && name !== '.' && name !== '..';

function checkSocketAddresses({ IType, RecvAddr, SendAddr }: InterfaceConf, notes: Notes): void {
  if (!SOCKETS.includes(IType)) return;
  if (RecvAddr === '' && SendAddr === '')
    notes.error('CONFIG_MISSING_KEY', 'Interface.RecvAddr', `or SendAddr is needed for ${IType}.`);
  if (IType !== 'udpsock' && IType !== 'tcpsock') return;
  // Without a host a socket listens on every address.
  if (RecvAddr !== '' && parseEndpoint(RecvAddr.replace(/^:/, '0.0.0.0:')) === undefined)
    notes.error(
      'ENDPOINT_SYNTAX',
      'Interface.RecvAddr',
      'must be host:port, [IPv6]:port or :port.',
    );
  checkEndpoint(SendAddr, 'Interface.SendAddr', notes);
}

function checkPeers({ Peers, NodeID }: EdgeConfig, notes: Notes): void {
  for (const [i, peer] of Peers.entries()) {
    checkEndpoint(peer.EndPoint, `Peers[${i}].EndPoint`, notes);
    if (peer.NodeID === NodeID)
      notes.error('MESH_NODE_NUMBER', `Peers[${i}].NodeID`, 'is the number of this edge.');
  }
  findRepeated(
    Peers,
    (peer) => peer.NodeID,
    (i, first) =>
      notes.error('DUPLICATE', `Peers[${i}].NodeID`, `is that of Peers[${first}] as well.`),
  );
  findRepeated(
    Peers,
    (peer) => toHex(peer.PubKey),
    (i, first) =>
      notes.error('DUPLICATE', `Peers[${i}].PubKey`, `is that of Peers[${first}] as well.`),
  );
  const secret = Peers.findIndex((peer) => peer.PSKey !== undefined);
  if (secret !== -1)
    notes.warning(
      'MESH_KEY_UNUSED',
      `Peers[${secret}].PSKey`,
      'protects nothing: real edges read the preshared keys of edges and do not use them.',
      'In super mode the supernode hands out keys for every pair (UsePSKForInterEdge).',
    );
}

function checkModes({ DynamicRoute, NextHopTable, NodeID }: EdgeConfig, notes: Notes): void {
  const { SuperNode, P2P } = DynamicRoute;
  for (const [i, address] of SuperNode.AdditionalLocalIP.entries())
    checkEndpoint(address, `DynamicRoute.SuperNode.AdditionalLocalIP[${i}]`, notes);
  if (SuperNode.UseSuperNode) checkSuperNode(SuperNode, notes);
  if (P2P.UseP2P && P2P.SendPeerInterval <= 0)
    notes.error(
      'CONFIG_TYPE',
      'DynamicRoute.P2P.SendPeerInterval',
      'must be more than 0 in P2P mode.',
    );
  if ((P2P.UseP2P || SuperNode.UseSuperNode) && DynamicRoute.PeerAliveTimeout <= 0)
    notes.error(
      'CONFIG_TYPE',
      'DynamicRoute.PeerAliveTimeout',
      'must be more than 0, or no peer is ever alive.',
    );
  if (!SuperNode.UseSuperNode && !P2P.UseP2P && (NextHopTable.get(NodeID)?.size ?? 0) === 0)
    notes.warning(
      'MESH_TABLE',
      'NextHopTable',
      `has no row for node ${NodeID}: in static mode it sends nothing.`,
      'Or switch on DynamicRoute.SuperNode.UseSuperNode or DynamicRoute.P2P.UseP2P.',
    );
}

function checkSuperNode(superNode: EdgeConfig['DynamicRoute']['SuperNode'], notes: Notes): void {
  const at = 'DynamicRoute.SuperNode';
  if (superNode.EndpointV4 === '' && superNode.EndpointV6 === '')
    notes.error('ENDPOINT_REQUIRED', `${at}.EndpointV4`, 'or EndpointV6 is needed in super mode.');
  for (const [endpoint, publicKey] of [
    ['EndpointV4', 'PubKeyV4'],
    ['EndpointV6', 'PubKeyV6'],
  ] as const) {
    checkEndpoint(superNode[endpoint], `${at}.${endpoint}`, notes);
    if (superNode[endpoint] !== '' && superNode[publicKey] === undefined)
      notes.error('CONFIG_MISSING_KEY', `${at}.${publicKey}`, `is missing beside ${endpoint}.`);
  }
  if (!isApiUrl(superNode.EndpointEdgeAPIUrl))
    notes.error(
      'CONFIG_TYPE',
      `${at}.EndpointEdgeAPIUrl`,
      'must be an http or https URL with the prefix of the API.',
      'For example http://198.51.100.1:3456/eg_net/eg_api.',
    );
}

/** Whether paths can be appended to the URL. */
const isApiUrl = (url: string): boolean =>
  URL.canParse(url) && /^https?:\/\/[^/?#]+(?:\/[^?#]*)?$/.test(url);
