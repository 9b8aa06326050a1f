/**
 * What we announce, and what an OPEN of the other side makes of it.
 *
 * Standard: RFC 4271 §6.2 (errors, in the order of the fields), RFC 6286 §2.1 (identifier), RFC 6793
 * §4.1 (AS number), RFC 7607 §2 (AS 0), RFC 5492 §3 to §5, RFC 8950 §4, RFC 4724 §3, RFC 9234 §4.2,
 * RFC 7911 §4.
 *
 * Order of checks: version, AS, identifier, hold time, parameters, capabilities, families, roles. When the
 * parameters cannot be read, the AS number is known only if it is zero in its two-octet field: the
 * parameters are complained about instead.
 *
 * Invariant: a family, an extension or a length is used only if both sides announced it.
 *
 * @module
 */
import { AS_TRANS } from '../base/asn.ts';
import { concatBytes, writeUint32 } from '../base/bytes.ts';
import type { IpAddress } from '../base/ip-address.ts';
import type { Asn } from '../base/units.ts';
import {
  type AddPathWish,
  addPathCapability,
  agreedAddPathCapability,
  negotiateAddPath,
} from './add-path.ts';
import type { Capability } from './capability/capability.ts';
import {
  capabilitiesOf,
  capabilityCode,
  capabilityWords,
  encodeCapability,
} from './capability/codec.ts';
import {
  AFI_IPV4,
  AFI_IPV6,
  AFI_OF_FAMILY,
  BAD_BGP_IDENTIFIER,
  BAD_PEER_AS,
  BGP_VERSION,
  CAPABILITY_ROUTE_REFRESH_CISCO,
  familyOf,
  HOLD_TIME_SECONDS_MIN,
  MAX_EXTENDED_MESSAGE_BYTES,
  MAX_MESSAGE_BYTES,
  OPEN_MESSAGE_ERROR,
  ROLE_MISMATCH,
  SAFI_UNICAST,
  UNACCEPTABLE_HOLD_TIME,
  UNSUPPORTED_CAPABILITY,
  UNSUPPORTED_VERSION_NUMBER,
} from './constants.ts';
import {
  type GracefulRestartWish,
  gracefulRestartCapability,
  readGracefulRestart,
} from './graceful-restart.ts';
import { type LongLivedWish, longLivedCapability, readLongLived } from './long-lived-restart.ts';
import { describeNotification, notification } from './message/notification.ts';
import { buildOpen, capabilitiesOfOpen, type OpenMessage } from './message/open.ts';
import {
  conflictWords,
  judgeRoles,
  type RoleConflict,
  type RoleWish,
  roleCapability,
} from './role.ts';
import type { BgpNotification, Family, NegotiatedSession } from './types.ts';

/** Our side of a session, as the configuration wants it. */
export type SessionSettings = {
  readonly localAsn: Asn;
  readonly peerAsn: Asn;
  /** Absent: `peerAsn` alone. */
  readonly peerAsns?: readonly Asn[];
  readonly routerId: number;
  readonly families: readonly Family[];
  readonly extendedNextHop: boolean;
  readonly holdTimeSeconds: number;
  /** Absent: a third of the hold time. */
  readonly keepaliveSeconds?: number;
  /** Absent: not announced, and theirs is ignored. */
  readonly gracefulRestart?: GracefulRestartWish;
  /** Absent: not announced, and theirs is ignored; without `gracefulRestart` it means nothing. */
  readonly longLived?: LongLivedWish;
  /** Absent: no role is announced, and theirs is ignored. */
  readonly role?: RoleWish;
  /** Absent: not announced, and theirs is ignored. */
  readonly addPath?: AddPathWish;
};

export type Negotiation =
  | { readonly kind: 'accepted'; readonly session: NegotiatedSession }
  | {
      readonly kind: 'refused';
      readonly notification: BgpNotification;
      /** For people. */
      readonly because: string;
      /** The AS number offered, where that was the reason. */
      readonly offeredAsn?: Asn;
      /** The roles, where they were the reason. */
      readonly roles?: RoleConflict;
    };

const NO_ADD_PATH: AddPathWish = { send: false, receive: false };

/** Returns the capabilities we announce on a connection, in ascending order of code. */
export function announcedCapabilities(
  settings: SessionSettings,
  transport: IpAddress,
): readonly Capability[] {
  const { families } = settings;
  const all: Capability[] = families.map((family) => ({
    kind: 'multiprotocol',
    afi: AFI_OF_FAMILY[family],
    safi: SAFI_UNICAST,
  }));
  all.push({ kind: 'route-refresh' });
  if (settings.extendedNextHop && transport.family === 6 && families.includes('ipv4'))
    all.push({
      kind: 'extended-next-hop',
      tuples: [{ afi: AFI_IPV4, safi: SAFI_UNICAST, nextHopAfi: AFI_IPV6 }],
    });
  all.push({ kind: 'extended-message' });
  if (settings.role !== undefined) all.push(roleCapability(settings.role));
  if (settings.gracefulRestart !== undefined)
    all.push(gracefulRestartCapability(settings.gracefulRestart));
  all.push({ kind: 'four-octet-as', asn: settings.localAsn });
  const addPath = addPathCapability(settings.addPath ?? NO_ADD_PATH, families);
  if (addPath !== undefined) all.push(addPath);
  all.push({ kind: 'enhanced-route-refresh' });
  if (settings.gracefulRestart !== undefined && settings.longLived !== undefined)
    all.push(longLivedCapability(settings.longLived));
  return all;
}

/** Returns our OPEN. */
export function buildOurOpen(settings: SessionSettings, transport: IpAddress): Uint8Array {
  return buildOpen({
    asField: settings.localAsn > 0xffff ? AS_TRANS : settings.localAsn,
    holdTimeSeconds: settings.holdTimeSeconds,
    routerId: settings.routerId,
    capabilities: announcedCapabilities(settings, transport),
  });
}

/** Judges the OPEN of the other side. */
export function negotiate(
  settings: SessionSettings,
  addresses: { readonly local: IpAddress; readonly remote: IpAddress },
  open: OpenMessage,
): Negotiation {
  if (open.version !== BGP_VERSION)
    return refused(
      notification(OPEN_MESSAGE_ERROR, UNSUPPORTED_VERSION_NUMBER, Uint8Array.of(0, BGP_VERSION)),
      `the other side speaks version ${open.version} of BGP`,
    );
  const theirs = capabilitiesOfOpen(open);
  const offered = offeredAsn(open, theirs);
  if (open.asField === 0 || offered === 0)
    return refused(badPeerAs(0), 'the other side offered AS 0, which is never valid');
  const peerAsns = settings.peerAsns ?? [settings.peerAsn];
  const peerAsn = peerAsns.find((asn) => asn === offered);
  if (open.problem === undefined && peerAsn === undefined)
    return {
      ...refused(
        badPeerAs(offered),
        `the other side is AS${offered}, and ${peerAsns.map((asn) => `AS${asn}`).join(' or ')} is configured`,
      ),
      offeredAsn: offered as Asn,
    };
  const isInternal = peerAsn === settings.localAsn;
  if (open.routerId === 0 || (isInternal && open.routerId === settings.routerId))
    return refused(
      notification(OPEN_MESSAGE_ERROR, BAD_BGP_IDENTIFIER),
      open.routerId === 0
        ? 'the router id of the other side is 0.0.0.0'
        : 'the other side has the same router id as we',
    );
  if (open.holdTimeSeconds !== 0 && open.holdTimeSeconds < HOLD_TIME_SECONDS_MIN)
    return refused(
      notification(OPEN_MESSAGE_ERROR, UNACCEPTABLE_HOLD_TIME),
      `the other side wants a hold time of ${open.holdTimeSeconds} s`,
    );
  if (open.problem !== undefined)
    return refused(open.problem, describeNotification(open.problem).sentence);
  return negotiateCapabilities(settings, offered as Asn, addresses, open, theirs);
}

function negotiateCapabilities(
  settings: SessionSettings,
  peerAsn: Asn,
  addresses: { readonly local: IpAddress; readonly remote: IpAddress },
  open: OpenMessage,
  theirs: readonly Capability[],
): Negotiation {
  const ours = announcedCapabilities(settings, addresses.remote);
  const families = commonFamilies(settings.families, theirs);
  const addPath = negotiateAddPath(settings.addPath ?? NO_ADD_PATH, families, theirs);
  const common = ours.filter((capability) =>
    capability.kind === 'add-path' ? addPath !== undefined : isAnnounced(capability, theirs),
  );
  const has = (kind: Capability['kind']): boolean => common.some((c) => c.kind === kind);
  if (families.length === 0) {
    const wanted = capabilitiesOf(ours, 'multiprotocol');
    return refused(
      // RFC 5492 §5: the data lists what is missing.
      notification(
        OPEN_MESSAGE_ERROR,
        UNSUPPORTED_CAPABILITY,
        concatBytes(...wanted.map(encodeCapability)),
      ),
      `the other side announced none of: ${wanted.map(capabilityWords).join(', ')}`,
    );
  }
  const roles = judgeRoles(settings.role, theirs);
  if (roles !== undefined)
    return {
      ...refused(notification(OPEN_MESSAGE_ERROR, ROLE_MISMATCH), conflictWords(roles)),
      roles,
    };
  const gracefulRestart = has('graceful-restart')
    ? readGracefulRestart(theirs, families)
    : undefined;
  // RFC 9494 §3: without capability 64 it is ignored.
  const longLived =
    gracefulRestart !== undefined && has('long-lived-graceful-restart')
      ? readLongLived(theirs, families, settings.longLived)
      : undefined;
  const holdTimeSeconds = Math.min(settings.holdTimeSeconds, open.holdTimeSeconds);
  return {
    kind: 'accepted',
    session: {
      peerAsn,
      localAsn: settings.localAsn,
      peerRouterId: open.routerId,
      isInternal: peerAsn === settings.localAsn,
      fourOctetAs: has('four-octet-as'),
      families,
      extendedNextHop: has('extended-next-hop') && families.includes('ipv4'),
      routeRefresh: has('route-refresh'),
      enhancedRouteRefresh: has('route-refresh') && has('enhanced-route-refresh'),
      maxMessage: has('extended-message') ? MAX_EXTENDED_MESSAGE_BYTES : MAX_MESSAGE_BYTES,
      holdTimeSeconds,
      // RFC 4271 §4.4: a third of the hold time, or less.
      keepaliveSeconds: Math.min(
        Math.floor(holdTimeSeconds / 3),
        settings.keepaliveSeconds ?? holdTimeSeconds,
      ),
      ...(gracefulRestart === undefined ? {} : { gracefulRestart }),
      ...(longLived === undefined ? {} : { longLived }),
      ...(settings.role === undefined ? {} : { role: settings.role.role }),
      ...(addPath === undefined ? {} : { addPath }),
      localAddress: addresses.local,
      remoteAddress: addresses.remote,
      capabilities: common.map((capability) =>
        capability.kind === 'add-path' && addPath !== undefined
          ? capabilityWords(agreedAddPathCapability(addPath, families))
          : capabilityWords(capability),
      ),
      missingCapabilities: ours
        .filter((c) => !common.includes(c) && !isImplied(c, theirs))
        .map(capabilityWords),
    },
  };
}

/** RFC 6793 §4.1: the capability's number counts, wherever it is announced. */
function offeredAsn(open: OpenMessage, theirs: readonly Capability[]): number {
  return capabilitiesOf(theirs, 'four-octet-as').at(-1)?.asn ?? open.asField;
}

/** RFC 4760 §8: without any capability 1 the session carries IPv4 unicast. */
function commonFamilies(ours: readonly Family[], theirs: readonly Capability[]): Family[] {
  const announced = capabilitiesOf(theirs, 'multiprotocol');
  if (announced.length === 0) return ours.filter((family) => family === 'ipv4');
  const known = announced.map(({ afi, safi }) => familyOf(afi, safi));
  return ours.filter((family) => known.includes(family));
}

const isImplied = (ours: Capability, theirs: readonly Capability[]): boolean =>
  ours.kind === 'multiprotocol' &&
  ours.afi === AFI_IPV4 &&
  capabilitiesOf(theirs, 'multiprotocol').length === 0;

function isAnnounced(ours: Capability, theirs: readonly Capability[]): boolean {
  switch (ours.kind) {
    case 'multiprotocol':
      return capabilitiesOf(theirs, 'multiprotocol').some(
        ({ afi, safi }) => afi === ours.afi && safi === ours.safi,
      );
    case 'extended-next-hop':
      return capabilitiesOf(theirs, 'extended-next-hop').some(({ tuples }) =>
        tuples.some(
          (t) => t.afi === AFI_IPV4 && t.safi === SAFI_UNICAST && t.nextHopAfi === AFI_IPV6,
        ),
      );
    case 'route-refresh':
      return theirs.some(
        (c) => c.kind === 'route-refresh' || capabilityCode(c) === CAPABILITY_ROUTE_REFRESH_CISCO,
      );
    default:
      return theirs.some((c) => c.kind === ours.kind);
  }
}

/** BIRD adds the offered number as data, which helps whoever reads it. */
function badPeerAs(offered: number): BgpNotification {
  const data = new Uint8Array(4);
  writeUint32(data, 0, offered);
  return notification(OPEN_MESSAGE_ERROR, BAD_PEER_AS, data);
}

const refused = (
  of: BgpNotification,
  because: string,
): Extract<Negotiation, { kind: 'refused' }> => ({
  kind: 'refused',
  notification: of,
  because,
});
