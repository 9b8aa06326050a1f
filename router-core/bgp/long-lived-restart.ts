/**
 * Long-lived graceful restart between two speakers: what we announce, and what a session of it is worth.
 *
 * Standard: RFC 9494 §3 (capability 71), §4.1, §4.2. It begins where graceful restart ends
 * (graceful-restart.ts), and nothing of it holds without that. What happens to the routes stands in
 * routes/stale-routes.ts.
 *
 *   session lost ──restart time──► stale ──stale time──► gone
 *                  used as before          last choice, marked LLGR_STALE
 *
 * Each side announces for how long its routes may be used; how long we do is limited by what we announce
 * ourselves, so the operator has one number for both.
 *
 * @module
 */
import type { Capability } from './capability/capability.ts';
import { capabilitiesOf } from './capability/codec.ts';
import { AFI_OF_FAMILY, familyOf, SAFI_UNICAST } from './constants.ts';
import type { Family, LongLivedFamily } from './types.ts';

/** What we announce to one neighbor. */
export type LongLivedWish = {
  readonly families: readonly Family[];
  readonly staleTimeSeconds: number;
  /** F: packets of these families never stopped. */
  readonly isForwarding: boolean;
};

/** Returns our capability 71. */
export const longLivedCapability = (wish: LongLivedWish): Capability => ({
  kind: 'long-lived-graceful-restart',
  families: wish.families.map((family) => ({
    afi: AFI_OF_FAMILY[family],
    safi: SAFI_UNICAST,
    forwarding: wish.isForwarding,
    staleTime: wish.staleTimeSeconds,
  })),
});

/** Returns for how long routes of the other side may be stale, for the families of the session. */
export function readLongLived(
  theirs: readonly Capability[],
  families: readonly Family[],
  ours: LongLivedWish | undefined,
): readonly LongLivedFamily[] {
  // As with capability 64 the last of several instances counts (RFC 4724 §3).
  const last = capabilitiesOf(theirs, 'long-lived-graceful-restart').at(-1);
  return families.flatMap((family) => {
    const listed = last?.families.find(({ afi, safi }) => familyOf(afi, safi) === family);
    const staleTimeSeconds = Math.min(listed?.staleTime ?? 0, ours?.staleTimeSeconds ?? 0);
    return listed === undefined || staleTimeSeconds === 0
      ? []
      : [{ family, staleTimeSeconds, isForwarding: listed.forwarding }];
  });
}
