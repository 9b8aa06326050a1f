/**
 * How far all nodes are from each other along the ways of a table, for people.
 *
 * Standard: EtherGuard, etherguard-go v0.3.5 (`DistanceTable`, `DistanceTableWithoutAdditionalaCost`): seconds,
 * 99999 for what cannot be reached.
 *
 * Not what ways are chosen by: those distances are rounded (packed-distance.ts), these are not.
 *
 * @module
 */
import { NO_NODE, type NodeNumber } from '../node-number.ts';
import { INFINITE_SECONDS } from './constants.ts';
import type { NextHopTable } from './next-hop-table.ts';

export type DistanceMaps = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Returns seconds by source, then by destination. `latencyOf` gives the length of a link. */
export function distancesAlong(
  table: NextHopTable,
  latencyOf: (from: NodeNumber, to: NodeNumber) => number,
): DistanceMaps {
  const maps: Record<string, Record<string, number>> = {};
  for (const from of table.nodes) maps[from] = {};
  for (const to of table.nodes) {
    const distances = distancesTo(table, to, latencyOf);
    for (const from of table.nodes)
      (maps[from] as Record<string, number>)[to] = distances.get(from) ?? INFINITE_SECONDS;
  }
  return maps;
}

/** Each node is passed once: who is on the way to a node whose distance is known adds to that. */
function distancesTo(
  table: NextHopTable,
  to: NodeNumber,
  latencyOf: (from: NodeNumber, to: NodeNumber) => number,
): ReadonlyMap<NodeNumber, number> {
  const distances = new Map<NodeNumber, number>([[to, 0]]);
  for (const from of table.nodes) {
    const way: NodeNumber[] = [];
    let at = from;
    while (!distances.has(at)) {
      way.push(at);
      // Until the way's end is known, a loop on it ends here.
      distances.set(at, INFINITE_SECONDS);
      at = table.nextHop(at, to);
      if (at === NO_NODE) break;
    }
    let distance = distances.get(at) ?? INFINITE_SECONDS;
    for (let before = way.pop(); before !== undefined; before = way.pop()) {
      const sum = latencyOf(before, at) + distance;
      distance = distance >= INFINITE_SECONDS || sum >= INFINITE_SECONDS ? INFINITE_SECONDS : sum;
      distances.set(before, distance);
      at = before;
    }
  }
  return distances;
}
