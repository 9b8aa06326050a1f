/**
 * The state of the whole mesh, for people and their programs.
 *
 * Not standardized; `/manage/super/state` of etherguard-go v0.3.5, JSON under `text/plain`. Seconds throughout;
 * what cannot be reached is left out, where the original writes 99999 for a part of it.
 *
 * @module
 */
import { elapsed, type Instant } from '../../../../base/units.ts';
import { INFINITE_SECONDS } from '../../../graph/index.ts';
import type { NodeNumber } from '../../../node-number.ts';
import type { SuperCore } from '../core.ts';
import type { Measurements } from '../measurements.ts';
import { goTime, NEVER } from './go-time.ts';

type Seconds = Record<string, Record<string, number>>;

export function statePage(core: SuperCore, { graph }: Measurements, now: Instant): string {
  const edges = [...core.edges.all()];
  const nodes = edges.map(({ node }) => node);
  const people = edges.map(({ node, settings, lastSeen, lastSeenAt }) => [
    node,
    {
      Name: settings.Name,
      LastSeen:
        lastSeen === undefined || lastSeenAt === undefined
          ? NEVER
          : goTime(lastSeenAt, elapsed(core.startedAt, lastSeen)),
    },
  ]);
  return JSON.stringify({
    PeerInfo: Object.fromEntries(people),
    Infinity: INFINITE_SECONDS,
    Edges: links(nodes, (from, to) => graph.latency(from, to, now)),
    Edges_Nh: links(nodes, (from, to) => graph.appliedLatency(from, to)),
    NhTable: graph.table.toMaps(),
    Dist: graph.distances(true),
    Dist_noAC: graph.distances(false),
  });
}

function links(
  nodes: readonly NodeNumber[],
  secondsOf: (from: NodeNumber, to: NodeNumber) => number,
): Seconds {
  const rows: Seconds = {};
  for (const from of nodes) {
    const row: Record<string, number> = {};
    for (const to of nodes) {
      if (from === to) continue;
      const seconds = secondsOf(from, to);
      if (seconds < INFINITE_SECONDS) row[to] = seconds;
    }
    rows[from] = row;
  }
  return rows;
}
