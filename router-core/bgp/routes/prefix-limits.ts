/**
 * How many prefixes a neighbor may have here: received before policy, accepted after it, per family.
 *
 * Standard: RFC 4271 §6.7, RFC 4486 §4; BGP specification §6.7 and §15.
 *
 *   new prefix ──► received limit ──► policy ──► accepted limit ──► accepted
 *                     │ receive-limit                │ prefix-limit
 *                     ▼                              ▼
 *                   kept with the reason, and looked at again when there is room
 *
 * Only `warn` lets more in. `restart` and `disable` block as well until the session has ended: the
 * event goes round by whoever owns the sessions.
 *
 * Invariants
 * - What is counted already stays, also below a limit that was lowered.
 * - Near and hit are said once each until the count is well below again.
 *
 * @module
 */
import type { NeighborFamily, RouteNeighbor } from './neighbor.ts';
import type { LimitEvent } from './types.ts';

/** What was said last of a limit. */
const UNDER = 0;
const NEAR = 1;
const HIT = 2;
/** Only a count below this share of a threshold has left it: one prefix that comes and goes is no news. */
const STILL_THERE = 0.9;

/** Whether one more prefix may be received. */
export const mayReceive = ({ received, unread, receivedMax }: NeighborFamily): boolean =>
  received - unread < receivedMax;

/** Whether one more prefix may be accepted. */
export const mayAccept = ({ accepted, acceptedMax }: NeighborFamily): boolean =>
  accepted < acceptedMax;

/** Whether routes that waited for room could be taken. */
export const hasRoom = (of: NeighborFamily): boolean =>
  (of.unread > 0 && mayReceive(of)) || (of.limited > 0 && mayAccept(of));

/** Reports what is to be said of the neighbor's limits. O(1): it is asked after every UPDATE. */
export function watchLimits(neighbor: RouteNeighbor, report: (event: LimitEvent) => void): void {
  watch(neighbor, neighbor.ipv4, report);
  watch(neighbor, neighbor.ipv6, report);
}

/** A new session begins below its limits. */
export function forgetLimits(neighbor: RouteNeighbor): void {
  for (const { told } of [neighbor.ipv4, neighbor.ipv6]) {
    told.received = UNDER;
    told.accepted = UNDER;
  }
}

const acceptedLimit = (neighbor: RouteNeighbor, of: NeighborFamily): number =>
  of.options.prefixLimit.accepted ?? neighbor.config.importLimit;

function watch(
  neighbor: RouteNeighbor,
  of: NeighborFamily,
  report: (event: LimitEvent) => void,
): void {
  const { received, unread, accepted, limited } = of;
  const limit = of.options.prefixLimit.received;
  if (limit !== undefined)
    watchOne(neighbor, of, 'received', received - unread, unread, limit, report);
  watchOne(neighbor, of, 'accepted', accepted, limited, acceptedLimit(neighbor, of), report);
}

function watchOne(
  neighbor: RouteNeighbor,
  of: NeighborFamily,
  counted: LimitEvent['counted'],
  count: number,
  refused: number,
  limit: number,
  report: (event: LimitEvent) => void,
): void {
  const { action, warnAtPercent } = of.options.prefixLimit;
  const level = levelOf(of.told[counted], count, refused, limit, (limit * warnAtPercent) / 100);
  const isNews = level > of.told[counted];
  of.told[counted] = level;
  if (!isNews) return;
  const kind = level === HIT ? 'limit-hit' : 'limit-near';
  report({ kind, neighbor: neighbor.id, family: of.family, counted, limit, action });
}

function levelOf(
  told: number,
  count: number,
  refused: number,
  limit: number,
  warnAt: number,
): number {
  if (refused > 0 || count > limit) return HIT;
  if (told === HIT && count > limit * STILL_THERE) return HIT;
  if (count >= warnAt || (told !== UNDER && count > warnAt * STILL_THERE)) return NEAR;
  return UNDER;
}
