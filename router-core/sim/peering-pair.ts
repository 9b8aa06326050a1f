/**
 * Both halves of a peering: what each side writes about the other.
 *
 * Not standardized; portal specification §4.1. The other half mirrors the first, as a person does who
 * pastes the offered configuration.
 *
 * @module
 */
import { firstOfFamily } from '../base/ip-address.ts';
import type { NodeSettings, PeeringConfig } from '../router/types.ts';
import type { UnderlayPlace } from './simulated-router.ts';

/** What a side knows of the other beside its documents. */
export type PeeringEnd = {
  readonly node: NodeSettings;
  readonly publicKey: string;
  readonly underlay: UnderlayPlace;
};

/** Returns what somebody writes who wants to peer with `there`, all defaults. */
export function peeringWith(
  there: PeeringEnd,
  change: Partial<PeeringConfig> & { readonly withoutEndpoint?: boolean } = {},
): PeeringConfig {
  const { withoutEndpoint, ...rest } = change;
  const endpoint = withoutEndpoint ? undefined : endpointOf(there, 4);
  return {
    id: there.node.name,
    name: there.node.name,
    asn: there.node.asn,
    publicKey: there.publicKey,
    ...(endpoint === undefined ? {} : { endpoint }),
    linkLocal: there.node.linkLocal,
    addresses: tunnelAddresses(there.node),
    sessions: 'mp-bgp',
    extendedNextHop: true,
    keepalive: withoutEndpoint ? 25 : 0,
    mtu: 1420,
    policy: 'full',
    importLimit: 9000,
    enabled: true,
    ...rest,
  };
}

/** What one end sends with, the other one receives. */
const crosswise = (keys: NonNullable<PeeringConfig['tcpAo']>): typeof keys =>
  keys.map(({ sendId, receiveId, ...rest }) => ({
    ...rest,
    sendId: receiveId,
    receiveId: sendId,
  }));

/** Returns the half of the other side, for a peering of `here` as its form has it. */
export function mirrored(
  here: PeeringEnd,
  peering: PeeringConfig,
  family: 4 | 6 = 4,
): PeeringConfig {
  const endpoint = endpointOf(here, family, peering.listenPort);
  return {
    id: here.node.name,
    name: here.node.name,
    asn: here.node.asn,
    publicKey: here.publicKey,
    ...(peering.presharedKey === undefined ? {} : { presharedKey: peering.presharedKey }),
    ...(peering.password === undefined ? {} : { password: peering.password }),
    ...(peering.tcpAo === undefined ? {} : { tcpAo: crosswise(peering.tcpAo) }),
    ...(peering.ttlSecurity ? { ttlSecurity: true } : {}),
    ...(endpoint === undefined ? {} : { endpoint }),
    linkLocal: peering.ourLinkLocal ?? here.node.linkLocal,
    ourLinkLocal: peering.linkLocal,
    addresses: tunnelAddresses(here.node),
    sessions: peering.sessions,
    ...(peering.families === undefined ? {} : { families: peering.families }),
    extendedNextHop: peering.extendedNextHop,
    keepalive: 25,
    mtu: peering.mtu,
    ...(peering.obfuscation === undefined ? {} : { obfuscation: peering.obfuscation }),
    policy: 'full',
    importLimit: 9000,
    enabled: true,
  };
}

function endpointOf(
  { underlay, node }: PeeringEnd,
  family: 4 | 6,
  port = node.listen.port,
): string | undefined {
  const { ipv4, ipv6 } = underlay;
  if (ipv6 !== undefined && (family === 6 || ipv4 === undefined)) return `[${ipv6}]:${port}`;
  return ipv4 === undefined ? undefined : `${ipv4}:${port}`;
}

function tunnelAddresses({ addresses }: NodeSettings): { ipv4?: string; ipv6?: string } {
  const ipv4 = firstOfFamily(addresses, 4);
  const ipv6 = firstOfFamily(addresses, 6);
  return { ...(ipv4 === undefined ? {} : { ipv4 }), ...(ipv6 === undefined ? {} : { ipv6 }) };
}
