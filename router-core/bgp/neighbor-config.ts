/**
 * What is configured for a neighbor, and which change needs a new session.
 *
 * Standard: RFC 4486 §4 (Cease, Other Configuration Change).
 *
 * @module
 */
import { assert } from '../base/assert.ts';
import { equalAddresses, type IpAddress } from '../base/ip-address.ts';
import type { Asn } from '../base/units.ts';
import type { AddPathWish } from './add-path.ts';
import { HOLD_TIME_SECONDS_MIN } from './constants.ts';
import type { BgpRole, Family } from './types.ts';

export type NeighborConfig = {
  readonly name: string;
  readonly peerAsn: Asn;
  /** Any of these will do, of a neighbor that came by itself; absent: `peerAsn` alone. */
  readonly peerAsns?: readonly Asn[];
  /** Another number than the router's, towards this neighbor only. */
  readonly localAsn?: Asn;
  readonly remoteAddress: IpAddress;
  readonly localAddress: IpAddress;
  readonly families: readonly Family[];
  /** Announce capability 5: IPv4 routes with IPv6 next hops. Has no effect over IPv4. */
  readonly extendedNextHop: boolean;
  /** Announce capability 64 and keep routes of a neighbor that does; absent: no. */
  readonly gracefulRestart?: boolean;
  /**
   * Announce capability 71: for so many seconds stale routes may be used after the restart time, theirs
   * by us and ours by them; absent or 0: no.
   */
  readonly longLivedSeconds?: number;
  /** What we are to the neighbor, announced by capability 9; never inside an AS. */
  readonly role?: BgpRole;
  /** A neighbor that announces no role is refused. */
  readonly strictRole?: boolean;
  /** Announce capability 69 (RFC 7911) for these directions of every family; absent: no. */
  readonly addPath?: AddPathWish;
  /** 0 (no hold timer) or at least 3. */
  readonly holdTimeSeconds: number;
  /** Between KEEPALIVEs, at most a third of the hold time; absent: that third. */
  readonly keepaliveSeconds?: number;
  /** Never dial. */
  readonly passive: boolean;
  readonly connectRetrySeconds?: number;
  /** Shut down, with this text for the other side. */
  readonly disabled?: string;
};

type MayBeAbsent =
  | 'localAsn'
  | 'peerAsns'
  | 'gracefulRestart'
  | 'keepaliveSeconds'
  | 'connectRetrySeconds'
  | 'disabled';

/** Fields to replace; those that may be absent go when they are undefined, so that `disabled` enables. */
export type NeighborChange = Partial<Omit<NeighborConfig, MayBeAbsent>> & {
  readonly [Key in MayBeAbsent]?: NeighborConfig[Key] | undefined;
};

/** Returns the configuration with the change in it. */
export function applyChange(config: NeighborConfig, change: NeighborChange): NeighborConfig {
  const fields = Object.entries({ ...config, ...change });
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined)) as NeighborConfig;
}

/** A configuration that breaks these was not checked where a person wrote it. */
export function assertConfig(config: NeighborConfig): void {
  const { holdTimeSeconds, families, localAddress, remoteAddress } = config;
  assert(Number.isInteger(holdTimeSeconds), 'a hold time has whole seconds');
  assert(holdTimeSeconds <= 0xffff, 'a hold time fits two octets');
  assert(
    holdTimeSeconds === 0 || holdTimeSeconds >= HOLD_TIME_SECONDS_MIN,
    'a hold time is 0 or at least 3 s',
  );
  const { keepaliveSeconds = 0, connectRetrySeconds = 1 } = config;
  assert(keepaliveSeconds * 3 <= holdTimeSeconds, 'three keepalives fit a hold time');
  assert(connectRetrySeconds >= 1, 'a dial is given a second');
  assert(families.length > 0, 'a neighbor has a family');
  assert(localAddress.family === remoteAddress.family, 'both ends have one address family');
}

/** Whether the change needs a new session; everything else works at once. */
export function isRestartNeeded(a: NeighborConfig, b: NeighborConfig): boolean {
  return (
    a.peerAsn !== b.peerAsn ||
    a.localAsn !== b.localAsn ||
    a.extendedNextHop !== b.extendedNextHop ||
    (a.gracefulRestart ?? false) !== (b.gracefulRestart ?? false) ||
    (a.longLivedSeconds ?? 0) !== (b.longLivedSeconds ?? 0) ||
    a.role !== b.role ||
    (a.strictRole ?? false) !== (b.strictRole ?? false) ||
    (a.addPath?.send ?? false) !== (b.addPath?.send ?? false) ||
    (a.addPath?.receive ?? false) !== (b.addPath?.receive ?? false) ||
    a.holdTimeSeconds !== b.holdTimeSeconds ||
    a.keepaliveSeconds !== b.keepaliveSeconds ||
    a.peerAsns?.join() !== b.peerAsns?.join() ||
    a.families.join() !== b.families.join() ||
    !equalAddresses(a.remoteAddress, b.remoteAddress) ||
    !equalAddresses(a.localAddress, b.localAddress)
  );
}
