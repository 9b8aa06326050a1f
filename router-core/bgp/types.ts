/**
 * The words both halves of the BGP room share: sessions (who talks) and routes (what is said).
 *
 * Standard: RFC 4271; the families are the two of DN42 (RFC 4760).
 *
 *   transport (netstack TCP) ──octets──► sessions ──UPDATE bodies──► routes
 *                            ◄──octets──          ◄──whole UPDATEs──
 *
 * Both interfaces here are hot edges: called synchronously, with numbers and byte ranges that are
 * valid during the call only.
 *
 * @module
 */
import type { BgpRole } from '../base/bgp-role.ts';
import type { IpAddress } from '../base/ip-address.ts';
import type { Asn, Branded, Instant } from '../base/units.ts';

/** One configured neighbor; the numbers are never used again. */
export type NeighborId = Branded<number, 'NeighborId'>;
/** One TCP connection, numbered by whoever implements `TransportPort`. */
export type TransportId = Branded<number, 'TransportId'>;

/** What a speaker is to the other side. */
export { BGP_ROLES, type BgpRole } from '../base/bgp-role.ts';

export const neighborId = (n: number): NeighborId => n as NeighborId;
export const transportId = (n: number): TransportId => n as TransportId;

export const FAMILIES = ['ipv4', 'ipv6'] as const;
/** An address family of unicast routes. */
export type Family = (typeof FAMILIES)[number];

/** Error code, subcode and data of a NOTIFICATION (RFC 4271 §4.5). */
export type BgpNotification = {
  readonly code: number;
  readonly subcode: number;
  readonly data: Uint8Array;
};

/** The subtype of a ROUTE-REFRESH: request, beginning or end of the refresh (RFC 7313 §3.2). */
export type RefreshSubtype = 0 | 1 | 2;

/** What the other side promised about restarts (RFC 4724 §3, RFC 8538 §2), when we announced the same. */
export type GracefulRestart = {
  /** R: it comes back from a restart, and waits for nobody to tell it first. */
  readonly isRestarting: boolean;
  /** N: it keeps routes after a NOTIFICATION too, as we do. */
  readonly coversNotifications: boolean;
  readonly restartTimeSeconds: number;
  /** Families of this session whose routes are kept while it is away. */
  readonly families: readonly Family[];
  /** F: of these, the ones it kept forwarding for. */
  readonly forwarding: readonly Family[];
};

/** For how long stale routes of a family outlive the restart time (RFC 9494 §3). */
export type LongLivedFamily = {
  readonly family: Family;
  /** Never 0. */
  readonly staleTimeSeconds: number;
  /** F: the other side kept forwarding for it. */
  readonly isForwarding: boolean;
};

/** Several paths per prefix (RFC 7911), by direction: the families whose prefixes carry path ids. */
export type AddPath = {
  readonly receive: readonly Family[];
  readonly send: readonly Family[];
};

/** What both OPENs agreed on; it lasts as long as the session is established. */
export type NegotiatedSession = {
  readonly peerAsn: Asn;
  readonly localAsn: Asn;
  readonly peerRouterId: number;
  readonly isInternal: boolean;
  readonly fourOctetAs: boolean;
  readonly families: readonly Family[];
  /** IPv4 routes may carry an IPv6 next hop (RFC 8950). */
  readonly extendedNextHop: boolean;
  readonly routeRefresh: boolean;
  readonly enhancedRouteRefresh: boolean;
  /** The longest message we may send, header included (RFC 8654). */
  readonly maxMessage: 4096 | 65535;
  /** 0: neither hold timer nor keepalives. */
  readonly holdTimeSeconds: number;
  readonly keepaliveSeconds: number;
  readonly gracefulRestart?: GracefulRestart;
  /** Announced by both; empty: the other side knows what stale routes are, and wants none kept. */
  readonly longLived?: readonly LongLivedFamily[];
  /** What we are to the other side (RFC 9234); absent: no role is configured. */
  readonly role?: BgpRole;
  readonly addPath?: AddPath;
  readonly localAddress: IpAddress;
  readonly remoteAddress: IpAddress;
  /** What both sides announced, in words for people. */
  readonly capabilities: readonly string[];
  /** What we announced and the other side did not, in the same words. */
  readonly missingCapabilities: readonly string[];
};

/** The route side, seen from the sessions. */
export interface RouteExchange {
  established(neighbor: NeighborId, session: NegotiatedSession, now: Instant): void;
  /**
   * The body of an UPDATE, after the 19 octets of the header.
   *
   * Returns the NOTIFICATION that ends the session, or undefined.
   */
  receiveUpdate(
    neighbor: NeighborId,
    bytes: Uint8Array,
    start: number,
    end: number,
    now: Instant,
  ): BgpNotification | undefined;
  receiveRouteRefresh(
    neighbor: NeighborId,
    family: Family,
    subtype: RefreshSubtype,
    now: Instant,
  ): void;
  /** `sendUpdate` or `sendRouteRefresh` was refused and is worth another try. */
  writable(neighbor: NeighborId, now: Instant): void;
  /** An established session is no more; `keepsRoutes`: the neighbor is expected back (RFC 4724 §4.2). */
  ended(neighbor: NeighborId, keepsRoutes: boolean, now: Instant): void;
  /** Nobody is expected back any more: what is kept of the neighbor goes. */
  forget(neighbor: NeighborId, now: Instant): void;
}

/** TCP, seen from the sessions. None of these may call back before it returns. */
export interface TransportPort {
  /** Dials; the outcome comes by `transportOpened` or `transportClosed`. */
  open(neighbor: NeighborId, now: Instant): TransportId;
  /** Returns how many octets were accepted; after fewer than all, `transportWritable` follows. */
  write(
    transport: TransportId,
    bytes: Uint8Array,
    start: number,
    end: number,
    now: Instant,
  ): number;
  /** `graceful`: FIN after what was accepted. `abort`: RST; the number is dead at once. */
  close(transport: TransportId, how: 'graceful' | 'abort', now: Instant): void;
}
