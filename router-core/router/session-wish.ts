/**
 * What a peering wants of its sessions, in the words of the BGP room.
 *
 * Not standardized; docs/architecture.md §5 step 10.
 *
 * @module
 */
import { RouterError } from '../base/errors.ts';
import { type IpAddress, isLinkLocal, parseIpAddress } from '../base/ip-address.ts';
import { type Asn, type InterfaceId, NONE } from '../base/units.ts';
import {
  type Family,
  HOLD_TIME_SECONDS_DEFAULT,
  type NeighborChange,
  type NeighborConfig,
  type PolicyBinding,
  type RouteNeighborConfig,
} from '../bgp/index.ts';
import { GTSM_HOP_LIMIT, ROUTED } from '../netstack/index.ts';
import { addPathWishOf, sentPathsMaxOf } from './add-path.ts';
import type { TypedHostNeighbor, TypedNode, TypedPeering } from './config.ts';
import type { MeshLink } from './mesh/mesh-link.ts';
import { routeOptionsIn } from './session-options.ts';
import type { NeighborLink } from './transport.ts';
import type { PeeringConfig, SessionSettings } from './types.ts';

/** A peering as far as its sessions go: with a tunnel, or over the machine's TCP. */
export type SessionOwner = { readonly asn: Asn; readonly config: SessionSettings };

/** The sessions a peering wants: what they are called, between which addresses, for which families. */
export type SessionWish = {
  name: string;
  local: IpAddress;
  remote: IpAddress;
  families: readonly Family[];
  extendedNextHop: boolean;
};

/** Returns the sessions of a peering that are known beforehand. @throws RouterError when one cannot be. */
export function sessionsOf(wish: TypedPeering, node: TypedNode): SessionWish[] {
  const { sessions, families = ['ipv4', 'ipv6'], extendedNextHop, name } = wish.config;
  const { sourceAddress } = wish.config;
  const ourV4 = sourceAddress === undefined ? ipv4Of(node) : parseIpAddress(sourceAddress);
  const overIpv6 = (suffix: string, carried: readonly Family[]): SessionWish => ({
    name: `${name}${suffix}`,
    ...(wish.config.multihop === undefined
      ? { local: wish.ourLinkLocal, remote: wish.linkLocal }
      : farEnds(wish, node)),
    families: carried,
    extendedNextHop: extendedNextHop && carried.includes('ipv4'),
  });
  const overIpv4 = (suffix: string): SessionWish => {
    if (wish.ipv4 === undefined || ourV4 === undefined) {
      throw new RouterError(
        'V4_NEEDS_ADDRESS',
        'A session over IPv4 needs an IPv4 address on both sides.',
        { path: 'addresses.ipv4' },
      );
    }
    return {
      name: `${name}${suffix}`,
      local: ourV4,
      remote: wish.ipv4,
      families: ['ipv4'],
      extendedNextHop: false,
    };
  };
  switch (sessions) {
    case 'mp-bgp':
      return [overIpv6('', families)];
    case 'separate':
      return [
        ...(families.includes('ipv6') ? [overIpv6('_v6', ['ipv6'])] : []),
        ...(families.includes('ipv4') ? [overIpv4('_v4')] : []),
      ];
    case 'ipv6-only':
      return [overIpv6('', ['ipv6'])];
    case 'ipv4-only':
      return [overIpv4('')];
    case 'none':
      return [];
  }
}

/** Both ends of a session over IPv6 and several hops: no link-local address reaches that far. */
function farEnds(
  { ipv6: remote }: TypedPeering,
  node: TypedNode,
): { local: IpAddress; remote: IpAddress } {
  const local = globalIpv6Of(node);
  if (local === undefined || remote === undefined)
    throw new RouterError(
      'SESSION_OPTION_INVALID',
      'A session over several hops needs an IPv6 address on both sides.',
      { path: 'multihop' },
    );
  return { local, remote };
}

const ipv4Of = ({ addresses }: TypedNode): IpAddress | undefined =>
  addresses.find(({ family }) => family === 4);

const globalIpv6Of = ({ addresses }: TypedNode): IpAddress | undefined =>
  addresses.find((address) => address.family === 6 && !isLinkLocal(address));

/** By which interface segments of its sessions come; of one over several hops by whichever. */
export const segmentsComeBy = (
  { config: { multihop } }: TypedPeering,
  link: InterfaceId,
): NeighborLink['interface'] => (multihop === undefined ? link : ROUTED);

/** Where the segments of a session come from and go to, and what they must prove (RFC 5082). */
export function sessionLinkOf(
  wish: TypedPeering,
  { local, remote }: SessionWish,
  link: InterfaceId,
): NeighborLink {
  const { password, masterKeys } = wish;
  const { multihop, ttlSecurity } = wish.config;
  return {
    interface: segmentsComeBy(wish, link),
    local,
    remote,
    md5Key: password,
    ...(masterKeys === undefined ? {} : { masterKeys }),
    hopLimitMin: ttlSecurity ? GTSM_HOP_LIMIT + 1 - (multihop ?? 1) : 0,
    ...(multihop === undefined ? {} : { hopLimit: multihop }),
  };
}

/** What of a session may change while its peering stays. */
const changeableOf = ({ config }: SessionOwner, session: SessionWish) => ({
  name: session.name,
  localAddress: session.local,
  gracefulRestart: config.gracefulRestart !== false,
  longLivedSeconds: longLivedSeconds(config.gracefulRestart),
  holdTimeSeconds: config.holdTime ?? HOLD_TIME_SECONDS_DEFAULT,
  ...(config.localAs === undefined ? {} : { localAsn: config.localAs.asn as Asn }),
  ...(config.keepaliveTime === undefined ? {} : { keepaliveSeconds: config.keepaliveTime }),
  ...(config.connectRetryTime === undefined
    ? {}
    : { connectRetrySeconds: config.connectRetryTime }),
});

export const neighborConfigOf = (wish: SessionOwner, session: SessionWish): NeighborConfig => ({
  ...changeableOf(wish, session),
  peerAsn: wish.asn,
  remoteAddress: session.remote,
  families: session.families,
  extendedNextHop: session.extendedNextHop,
  ...(wish.config.role === undefined ? {} : { role: wish.config.role }),
  strictRole: wish.config.strictRole ?? false,
  ...(wish.config.addPath === undefined ? {} : { addPath: addPathWishOf(wish.config.addPath) }),
  passive: false,
  ...(wish.config.enabled ? {} : { disabled: wish.config.disabledReason ?? 'disabled' }),
});

const longLivedSeconds = (wish: PeeringConfig['gracefulRestart']): number =>
  typeof wish === 'object' ? wish.longLived : 0;

export function routeConfigOf(
  wish: TypedPeering,
  node: TypedNode,
  session: SessionWish,
  link: InterfaceId,
  rules: PolicyBinding,
): RouteNeighborConfig {
  const { multihop } = wish.config;
  const ipv4 = ipv4Of(node);
  return {
    ...routesOf(wish, node, session, rules),
    interface: link,
    isMultihop: multihop !== undefined,
    // No global part in a tunnel: an address of ours that is not on it makes BIRD refuse the next hop.
    nextHopSelf:
      multihop === undefined
        ? { ...(ipv4 === undefined ? {} : { ipv4 }), linkLocal: wish.ourLinkLocal }
        : nextHopSelfOf(node),
  };
}

/** What holds for routes whatever carries the session. */
const routesOf = (
  { asn, config }: SessionOwner,
  node: TypedNode,
  session: SessionWish,
  rules: PolicyBinding,
) => ({
  name: session.name,
  peerAsn: asn,
  policy: config.policy,
  ...(config.role === undefined ? {} : { role: config.role }),
  rules,
  importLimit: config.importLimit,
  sentPathsMax: sentPathsMaxOf(config.addPath ?? {}),
  remoteAddress: session.remote,
  options: routeOptionsIn(config, node.asn),
  routeReflectorClient: config.routeReflectorClient ?? false,
  routeServerClient: config.routeServerClient ?? false,
});

/** The one session of a neighbor over the machine's TCP, which chooses our end itself. */
export const hostSessionOf = ({ address, config }: TypedHostNeighbor): SessionWish => ({
  name: config.name,
  local: unspecified(address.family),
  remote: address,
  families: config.families,
  extendedNextHop: config.extendedNextHop,
});

export const unspecified = (family: 4 | 6): IpAddress => ({
  family,
  bytes: new Uint8Array(family === 4 ? 4 : 16),
});

export const hostNeighborConfigOf = (
  wish: TypedHostNeighbor,
  session: SessionWish,
): NeighborConfig => ({ ...neighborConfigOf(wish, session), passive: wish.config.passive });

/** Packets to its routes have no interface to leave by. */
export const hostRouteConfigOf = (
  wish: TypedHostNeighbor,
  node: TypedNode,
  session: SessionWish,
  rules: PolicyBinding,
): RouteNeighborConfig => ({
  ...routesOf(wish, node, session, rules),
  interface: NONE as InterfaceId,
  nextHopSelf: nextHopSelfOf(node),
});

/** Where segments of a session over the mesh come from and go to. */
export const meshSessionLinkOf = (wish: TypedHostNeighbor, link: MeshLink): NeighborLink => ({
  interface: link.port,
  local: link.local,
  remote: wish.address,
  md5Key: undefined,
  hopLimitMin: 0,
});

/** Packets to routes of a neighbor on the mesh leave by that neighbor, and ours are told with our addresses there. */
export function meshRouteConfigOf(
  config: RouteNeighborConfig,
  link: MeshLink,
): RouteNeighborConfig {
  const [ipv4] = link.ours.filter(({ family }) => family === 4);
  const [ipv6Global] = link.ours.filter(({ family }) => family === 6);
  return {
    ...config,
    interface: link.hop,
    nextHopSelf: {
      ...(ipv4 === undefined ? {} : { ipv4 }),
      ...(ipv6Global === undefined ? {} : { ipv6Global }),
    },
  };
}

/** Of the node: told where the session's own address will not do. */
export function nextHopSelfOf(node: TypedNode): RouteNeighborConfig['nextHopSelf'] {
  const [ipv4, ipv6Global] = [ipv4Of(node), globalIpv6Of(node)];
  return {
    ...(ipv4 === undefined ? {} : { ipv4 }),
    ...(ipv6Global === undefined ? {} : { ipv6Global }),
  };
}

/** Of a neighbor that came by itself: it is one of several ASes, and nobody waits for its return. */
export const dynamicConfigOf = (
  wish: TypedPeering,
  session: SessionWish,
  asns: readonly number[],
): NeighborConfig => ({
  ...neighborConfigOf(wish, session),
  peerAsn: asns[0] as Asn,
  peerAsns: asns as readonly Asn[],
  gracefulRestart: false,
  passive: true,
});

/** The same as a change: what is not said any more goes back to its default. */
export const sessionChangeOf = (wish: SessionOwner, session: SessionWish): NeighborChange => ({
  localAsn: undefined,
  keepaliveSeconds: undefined,
  connectRetrySeconds: undefined,
  ...changeableOf(wish, session),
});
