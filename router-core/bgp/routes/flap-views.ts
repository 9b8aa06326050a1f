/**
 * What flaps, with the names of neighbors.
 *
 * Not standardized; ../flap/flap-detector.ts knows them by number.
 *
 * @module
 */
import { formatIpPrefix } from '../../base/ip-address.ts';
import type { Instant } from '../../base/units.ts';
import type { FlapChange, FlapDetector, FlapRow, FlapsUntold } from '../flap/flap-detector.ts';
import type { RouteNeighbor } from './neighbor.ts';
import type { FlapList, FlapNeighborView, FlapView, RouteEvent } from './types.ts';

type Neighbors = ReadonlyMap<number, RouteNeighbor>;

export function flapViews(detector: FlapDetector, neighbors: Neighbors, now: Instant): FlapList {
  const { threshold, flapping, isFull } = detector;
  return { ...threshold, flapping, isFull, flaps: viewsOf(detector, neighbors, now) };
}

function* viewsOf(
  detector: FlapDetector,
  neighbors: Neighbors,
  now: Instant,
): Generator<FlapView, void> {
  for (const row of detector.rows(() => neighbors.keys(), now)) yield viewOf(row, neighbors);
}

export function flapEvent(event: FlapChange | FlapsUntold, neighbors: Neighbors): RouteEvent {
  if (event.kind === 'flaps-untold') return event;
  const { kind, prefix, source, changes } = event;
  return { kind, prefix: formatIpPrefix(prefix), from: nameOf(neighbors, source), changes };
}

const viewOf = (row: FlapRow, neighbors: Neighbors): FlapView => ({
  prefix: formatIpPrefix(row.prefix),
  family: row.prefix.family === 4 ? 'ipv4' : 'ipv6',
  since: row.since,
  changes: row.changes,
  neighbors: row.sources.flatMap(({ source, ...counts }): FlapNeighborView[] => {
    const neighbor = neighbors.get(source);
    if (neighbor === undefined) return [];
    const { id, config } = neighbor;
    return [{ neighbor: id, name: config.name, peerAsn: config.peerAsn, ...counts }];
  }),
  paths: row.paths.map(({ source, ...path }) => ({ ...path, from: nameOf(neighbors, source) })),
  otherPaths: row.otherPaths,
});

/** A neighbor may be gone since it announced a path. */
const nameOf = (neighbors: Neighbors, source: number): string =>
  neighbors.get(source)?.config.name ?? 'a former neighbor';
