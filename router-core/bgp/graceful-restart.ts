/**
 * Graceful restart between two speakers: what we announce, what a session of it is worth, which ends
 * of a session leave the routes in use.
 *
 * Standard: RFC 4724 §3 to §5; RFC 8538 §2 (N bit), §3 (hard reset), §4. What happens to the routes
 * stands in routes/stale-routes.ts, how a router itself returns in router/return-to-service.ts.
 *
 *   the session ends by                 N on both sides    otherwise
 *   ─────────────────────────────────   ───────────────    ─────────
 *   loss of the transport               kept               kept
 *   another connection of the peer      kept               kept         RFC 4724 §4.2
 *   hold timer, any NOTIFICATION        kept               forgotten    RFC 8538 §1, §4
 *   Cease, Hard Reset (6/9)             forgotten          forgotten
 *   an operator of ours                 forgotten          forgotten    sent as 6/9 when N is on both sides
 *
 * The hold timer is RFC 8538's, not RFC 4724's: a NOTIFICATION leaves with it, and a neighbor without N
 * (BIRD 2) answers that by forgetting us. With a silent tunnel there is no forwarding to preserve either.
 *
 * @module
 */
import type { Capability } from './capability/capability.ts';
import { capabilitiesOf } from './capability/codec.ts';
import {
  AFI_OF_FAMILY,
  CEASE,
  familyOf,
  HARD_RESET,
  RESTART_TIME_SECONDS,
  SAFI_UNICAST,
} from './constants.ts';
import type { BgpNotification, Family, GracefulRestart } from './types.ts';

/** What becomes of packets when this speaker restarts, and what became of them when it last did. */
export type ForwardingState =
  /** They stop with us: we only help others. */
  | 'ends-with-us'
  /** They would go on by the tables we leave. */
  | 'outlives-us'
  /** They do go on, by the tables a former life left. */
  | 'preserved';

/** What we announce to one neighbor. */
export type GracefulRestartWish = {
  /** R: we come back from a restart. */
  readonly isRestarting: boolean;
  /** Families whose routes are to be kept while we are away; none: we only help. */
  readonly families: readonly Family[];
  /** F: packets of these families never stopped. */
  readonly isForwarding: boolean;
};

/**
 * Returns our capability 64. N is always announced, a time only where routes shall wait for us: BIRD would
 * keep families of capability 71 for so long before it takes them for long-lived stale (RFC 9494 §4.2).
 */
export const gracefulRestartCapability = (wish: GracefulRestartWish): Capability => ({
  kind: 'graceful-restart',
  restarting: wish.isRestarting,
  notification: true,
  restartTime: wish.families.length === 0 ? 0 : RESTART_TIME_SECONDS,
  families: wish.families.map((family) => ({
    afi: AFI_OF_FAMILY[family],
    safi: SAFI_UNICAST,
    forwarding: wish.isForwarding,
  })),
});

/** Returns what the other side promised, for the families of the session; undefined without capability 64. */
export function readGracefulRestart(
  theirs: readonly Capability[],
  families: readonly Family[],
): GracefulRestart | undefined {
  // RFC 4724 §3: of several instances the last one counts.
  const last = capabilitiesOf(theirs, 'graceful-restart').at(-1);
  if (last === undefined) return undefined;
  const listed = (needsForwarding: boolean): Family[] =>
    families.filter((family) =>
      last.families.some(
        ({ afi, safi, forwarding }) =>
          familyOf(afi, safi) === family && (forwarding || !needsForwarding),
      ),
    );
  return {
    isRestarting: last.restarting,
    coversNotifications: last.notification,
    restartTimeSeconds: last.restartTime,
    families: listed(false),
    forwarding: listed(true),
  };
}

/** Whether routes stay in use after a session that ended by this NOTIFICATION, or without one. */
export function keepsRoutes(
  agreed: GracefulRestart | undefined,
  last: BgpNotification | undefined,
): boolean {
  if (agreed === undefined) return false;
  if (last === undefined) return true;
  return agreed.coversNotifications && !isHardReset(last);
}

/** RFC 8538 §3: what shall really end the routes must say so to a neighbor that would keep them. */
export function withHardReset(
  agreed: GracefulRestart | undefined,
  last: BgpNotification,
): BgpNotification {
  if (agreed?.coversNotifications !== true || last.code !== CEASE || isHardReset(last)) return last;
  const data = Uint8Array.of(last.code, last.subcode, ...last.data);
  return { code: CEASE, subcode: HARD_RESET, data };
}

const isHardReset = ({ code, subcode }: BgpNotification): boolean =>
  code === CEASE && subcode === HARD_RESET;
