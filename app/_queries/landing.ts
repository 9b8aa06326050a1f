/**
 * The first page: nodes, totals, how fast peerings come up.
 *
 * Not standardized; view-models.ts.
 *
 * @module
 */
import 'server-only';
import { getPortal, type Portal } from '../_router/index.ts';
import { readNodeCards } from './nodes.ts';
import { readOurNetwork, registryAge } from './site.ts';
import type { LandingView } from './view-models.ts';

/** The median counts this many of the newest peerings. */
const SAMPLE = 50;

export async function getLandingView(): Promise<LandingView> {
  const portal = getPortal();
  const nodes = await readNodeCards(portal);
  const sum = (pick: (node: (typeof nodes)[number]) => number): number =>
    nodes.reduce((total, node) => total + pick(node), 0);
  return {
    network: await readOurNetwork(portal),
    nodes,
    peerings: {
      total: sum((node) => node.places.taken),
      established: sum((node) => node.established),
    },
    routes: { ipv4: sum((node) => node.routes.ipv4), ipv6: sum((node) => node.routes.ipv6) },
    medianSecondsToEstablished: await medianSecondsToEstablished(portal),
    registry: portal.registry.state().commit === null ? null : registryAge(portal),
  };
}

async function medianSecondsToEstablished(portal: Portal): Promise<number | null> {
  const peerings = await portal.database.peering.findMany({
    orderBy: { createdAt: 'desc' },
    take: SAMPLE,
    select: { id: true, createdAt: true },
  });
  const firsts = await portal.database.timeline.groupBy({
    by: ['peering'],
    where: { peering: { in: peerings.map((peering) => peering.id) }, step: 'established' },
    _min: { at: true },
  });
  const createdAt = new Map(peerings.map((peering) => [peering.id, peering.createdAt]));
  const seconds = firsts
    .flatMap(({ peering, _min }) => {
      const from = createdAt.get(peering);
      return from === undefined || _min.at === null
        ? []
        : [(_min.at.getTime() - from.getTime()) / 1000];
    })
    .sort((a, b) => a - b);
  const median = seconds[Math.floor(seconds.length / 2)];
  return median === undefined ? null : Math.round(median);
}
