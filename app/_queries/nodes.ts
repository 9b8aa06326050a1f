/**
 * Our nodes as everybody may see them.
 *
 * Not standardized; view-models.ts, portal specification §8.1.
 *
 * @module
 */
import 'server-only';
import { parseIpAddress } from '../../router-core/index.ts';
import { getPortal, type NodeRuntime, type Portal } from '../_router/index.ts';
import { type NodeFacts, readApproval } from '../_settings/index.ts';
import { ourEndOf } from './our-end.ts';
import { type ReadNode, readNodes } from './read-peerings.ts';
import type { NodeCard, NodeState } from './view-models.ts';

export async function getNodes(): Promise<readonly NodeCard[]> {
  return readNodeCards(getPortal());
}

export const readNodeCards = async (portal: Portal): Promise<NodeCard[]> =>
  nodeCardsOf(portal, await readNodes(portal));

/** The same of nodes that were read already. */
export async function nodeCardsOf(
  portal: Portal,
  nodes: ReadonlyMap<string, ReadNode>,
): Promise<NodeCard[]> {
  const approval = await readApproval(portal.settings, portal.database);
  const taken = await portal.database.peering.groupBy({
    by: ['node'],
    where: { deletedAt: null, administrative: { in: ['enabled', 'disabled', 'suspended'] } },
    _count: { _all: true },
  });
  const takenOf = new Map(taken.map((row) => [row.node, row._count._all]));
  return [...nodes.values()].map(({ facts, publicKey }) => {
    const runtime = portal.nodes.get(facts.name);
    const view = runtime?.hub.node();
    const established = (runtime?.hub.peerings() ?? []).filter((peering) =>
      peering.sessions.some((session) => session.state === 'established'),
    );
    return {
      name: facts.name,
      place: facts.place,
      country: facts.country,
      ...stateOf(runtime),
      isOpen: true,
      closedReason: null,
      families: underlayFamilies(facts),
      places: { taken: takenOf.get(facts.name) ?? 0, limit: null },
      established: established.length,
      routes: view?.routes ?? { ipv4: 0, ipv6: 0 },
      approval,
      ours: ourEndOf(facts, publicKey),
      rttUrl: '/rtt',
    };
  });
}

function stateOf(
  runtime: NodeRuntime | undefined,
): Pick<NodeCard, 'state' | 'stateSince' | 'stateReason'> {
  if (runtime === undefined)
    return { state: 'down', stateSince: null, stateReason: 'The router has not been started.' };
  const state = runtime.router.state();
  const kind: NodeState = state.kind === 'stopped' ? 'down' : state.kind;
  return {
    state: kind,
    stateSince: state.since.toISOString(),
    stateReason: kind === 'up' ? null : (state.reason ?? 'The router is starting.'),
  };
}

/** What strangers can reach, as far as the endpoint tells. */
function underlayFamilies(facts: NodeFacts): ('ipv4' | 'ipv6')[] {
  if (facts.endpoint === null || facts.endpoint === 'none') return [];
  const address = parseIpAddress(facts.endpoint);
  if (address !== undefined) return [address.family === 4 ? 'ipv4' : 'ipv6'];
  return parseIpAddress(facts.listen.host)?.family === 4 ? ['ipv4'] : ['ipv4', 'ipv6'];
}
