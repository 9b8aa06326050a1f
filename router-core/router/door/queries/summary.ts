/**
 * `summary`: the neighbors of this node, one row per BGP session. Options: `vrf`, without it those of all.
 *
 * @module
 */
import type { PeeringView, SessionView } from '../../types.ts';
import { type Query, vrfAsked } from './query.ts';

export type SummaryRow = {
  readonly peering: string;
  /** Absent: the default virtual router. */
  readonly vrf?: string;
  readonly session: string;
  readonly asn: number;
  readonly state: SessionView['state'];
  readonly since: string;
  readonly families: readonly string[];
  readonly received: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly sent: number;
  readonly roundTripMs: number | null;
  readonly lastError: string | null;
};

export const summary: Query = {
  *run(router, input, now) {
    const only = vrfAsked(router, input);
    for (const peering of router.snapshot(now).peerings) {
      if (only !== undefined && peering.vrf !== only.vrfName) continue;
      for (const session of peering.sessions) yield rowOf(peering, session);
    }
  },
  text(row) {
    const { session, vrf, asn, state, since, accepted, rejected, sent } =
      row as unknown as SummaryRow;
    const where = vrf === undefined ? '' : `  vrf ${vrf}`;
    return `${session.padEnd(20)} AS${asn}  ${state.padEnd(12)} ${since}  ${accepted} in, ${rejected} rejected, ${sent} out${where}`;
  },
};

function rowOf(peering: PeeringView, session: SessionView): SummaryRow {
  const { name, state, since, received, accepted, rejected, sent, families, lastNotification } =
    session;
  return {
    peering: peering.name,
    ...(peering.vrf === undefined ? {} : { vrf: peering.vrf }),
    session: name,
    asn: peering.asn,
    state,
    since,
    families: Object.keys(families),
    received,
    accepted,
    rejected,
    sent,
    roundTripMs: peering.tunnel?.roundTripMs ?? null,
    lastError: lastNotification === null ? null : lastNotification.name,
  };
}
