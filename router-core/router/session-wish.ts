/**
 * What a peering wants of its sessions, in the words of the BGP room.
 *
 * Not standardized; docs/architecture.md §5 step 10.
 *
 * @module
 */
import { RouterError } from '../base/errors.ts';
import { type IpAddress, parseIpAddress } from '../base/ip-address.ts';
import type { Asn, InterfaceId } from '../base/units.ts';
import {
  type Family,
  HOLD_TIME_SECONDS_DEFAULT,
  type NeighborChange,
  type NeighborConfig,
  type RouteNeighborConfig,
} from '../bgp/index.ts';
import { addPathWishOf, sentPathsMaxOf } from './add-path.ts';
import type { TypedNode, TypedPeering } from './config.ts';
import { routeOptionsIn } from './session-options.ts';
import type { PeeringConfig } from './types.ts';

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
  const ourV4 =
    sourceAddress === undefined
      ? node.addresses.find((address) => address.family === 4)
      : parseIpAddress(sourceAddress);
  const overIpv6 = (suffix: string, carried: readonly Family[]): SessionWish => ({
    name: `${name}${suffix}`,
    local: wish.ourLinkLocal,
    remote: wish.linkLocal,
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

type Timing = Pick<
  NeighborConfig,
  'holdTimeSeconds' | 'localAsn' | 'keepaliveSeconds' | 'connectRetrySeconds'
>;

/** What the session options say to the sessions. */
const sessionSettingsOf = ({ config }: TypedPeering): Timing => ({
  holdTimeSeconds: config.holdTime ?? HOLD_TIME_SECONDS_DEFAULT,
  ...(config.localAs === undefined ? {} : { localAsn: config.localAs.asn as Asn }),
  ...(config.keepaliveTime === undefined ? {} : { keepaliveSeconds: config.keepaliveTime }),
  ...(config.connectRetryTime === undefined
    ? {}
    : { connectRetrySeconds: config.connectRetryTime }),
});

export const neighborConfigOf = (wish: TypedPeering, session: SessionWish): NeighborConfig => ({
  name: session.name,
  peerAsn: wish.asn,
  remoteAddress: session.remote,
  localAddress: session.local,
  families: session.families,
  extendedNextHop: session.extendedNextHop,
  gracefulRestart: wish.config.gracefulRestart !== false,
  longLivedSeconds: longLivedSeconds(wish.config.gracefulRestart),
  ...(wish.config.role === undefined ? {} : { role: wish.config.role }),
  strictRole: wish.config.strictRole ?? false,
  ...(wish.config.addPath === undefined ? {} : { addPath: addPathWishOf(wish.config.addPath) }),
  passive: false,
  ...sessionSettingsOf(wish),
  ...(wish.config.enabled ? {} : { disabled: wish.config.disabledReason ?? 'disabled' }),
});

const longLivedSeconds = (wish: PeeringConfig['gracefulRestart']): number =>
  typeof wish === 'object' ? wish.longLived : 0;

export function routeConfigOf(
  wish: TypedPeering,
  node: TypedNode,
  session: SessionWish,
  link: InterfaceId,
): RouteNeighborConfig {
  const ipv4 = node.addresses.find((address) => address.family === 4);
  const { routeReflectorClient = false, routeServerClient = false } = wish.config;
  return {
    name: session.name,
    peerAsn: wish.asn,
    interface: link,
    nextHopSelf: {
      ...(ipv4 === undefined ? {} : { ipv4 }),
      // No global part: an address of ours that is not on the tunnel makes BIRD refuse the next hop.
      linkLocal: wish.ourLinkLocal,
    },
    policy: wish.config.policy,
    importLimit: wish.config.importLimit,
    sentPathsMax: sentPathsMaxOf(wish.config.addPath ?? {}),
    remoteAddress: session.remote,
    options: routeOptionsIn(wish.config, node.asn),
    routeReflectorClient,
    routeServerClient,
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

/** What of a session may have changed while its peering stayed. */
export const sessionChangeOf = (wish: TypedPeering, session: SessionWish): NeighborChange => ({
  localAsn: undefined,
  keepaliveSeconds: undefined,
  connectRetrySeconds: undefined,
  ...sessionSettingsOf(wish),
  name: session.name,
  localAddress: session.local,
  gracefulRestart: wish.config.gracefulRestart !== false,
  longLivedSeconds: longLivedSeconds(wish.config.gracefulRestart),
});
