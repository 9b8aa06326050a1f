/**
 * Counters of all sessions of a peering together, and per family. Pure.
 *
 * @module
 */
import type { RouteCounters } from '../../../router-core/index.ts';
import type { PeeringSession } from '../../_queries/view-models.ts';

export type Family = 'ipv4' | 'ipv6';
const ZERO: RouteCounters = { received: 0, accepted: 0, rejected: 0, sent: 0 };

export const totalsOf = (sessions: readonly PeeringSession[]): RouteCounters =>
  sessions.reduce<RouteCounters>(add, ZERO);

/** Only families that a session carries. */
export function familiesOf(
  sessions: readonly PeeringSession[],
): readonly { readonly family: Family; readonly counters: RouteCounters }[] {
  return (['ipv4', 'ipv6'] as const).flatMap((family) => {
    const counters = sessions.flatMap(({ families }) => families[family] ?? []);
    return counters.length === 0 ? [] : [{ family, counters: counters.reduce(add, ZERO) }];
  });
}

/** Reasons with their numbers, the most frequent first. */
export function rejectedReasonsOf(
  sessions: readonly PeeringSession[],
): readonly { readonly reason: string; readonly count: number }[] {
  const counts = new Map<string, number>();
  for (const { rejectedReasons } of sessions) {
    for (const [reason, count] of Object.entries(rejectedReasons)) {
      if (count > 0) counts.set(reason, (counts.get(reason) ?? 0) + count);
    }
  }
  return [...counts]
    .map(([reason, count]) => ({ reason, count }))
    .sort((a, b) => b.count - a.count || a.reason.localeCompare(b.reason));
}

const add = (a: RouteCounters, b: RouteCounters): RouteCounters => ({
  received: a.received + b.received,
  accepted: a.accepted + b.accepted,
  rejected: a.rejected + b.rejected,
  sent: a.sent + b.sent,
});
