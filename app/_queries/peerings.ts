/**
 * Peerings for pages.
 *
 * Not standardized; the shapes are view-models.ts.
 *
 * @module
 */
import 'server-only';
import { customaryLinkLocal, DEFAULT_IMPORT_LIMIT, DEFAULT_MTU } from '../../router-core/index.ts';
import { getPortal, ruleNodeOf } from '../_router/index.ts';
import { nodeCardsOf } from './nodes.ts';
import {
  readNodes,
  readPeering,
  readPeeringConfig,
  readPeeringPlace,
  readPeerings,
} from './read-peerings.ts';
import type { ConfigFile, NewPeeringView, PeeringObject, Viewer } from './view-models.ts';
import { actorOfViewer } from './viewer.ts';

/** All peerings of all the viewer's networks; empty for visitors. */
export async function getMyPeerings(viewer: Viewer): Promise<readonly PeeringObject[]> {
  return viewer.kind === 'member' ? readPeerings(getPortal(), actorOfViewer(viewer)) : [];
}

/** undefined: does not exist or belongs to another AS. */
export async function getPeering(viewer: Viewer, id: string): Promise<PeeringObject | undefined> {
  return readPeering(getPortal(), actorOfViewer(viewer), id);
}

/** Files of all formats: wg-quick first. */
export async function getPeeringConfig(viewer: Viewer, id: string): Promise<readonly ConfigFile[]> {
  return (await readPeeringConfig(getPortal(), actorOfViewer(viewer), id)) ?? [];
}

/**
 * What the form needs.
 *
 * @param edited the peering it changes; absent: a new one, in the default virtual router.
 */
export async function getNewPeeringView(viewer: Viewer, edited?: string): Promise<NewPeeringView> {
  const portal = getPortal();
  const known = await readNodes(portal);
  const nodes = await nodeCardsOf(portal, known);
  const place =
    edited === undefined
      ? undefined
      : await readPeeringPlace(portal, actorOfViewer(viewer), edited);
  const network =
    viewer.kind === 'member' ? viewer.network : { asn: nodes[0]?.ours.asn ?? 0, name: null };
  return {
    nodes,
    ruleNodes: [...known.values()].map(({ facts, publicKey }) =>
      ruleNodeOf(facts, publicKey, facts.name === place?.node ? place.vrf : undefined),
    ),
    portDisguises: Object.fromEntries(
      [...known.values()].flatMap(({ facts }) =>
        facts.listen.obfuscation === undefined ? [] : [[facts.name, facts.listen.obfuscation]],
      ),
    ),
    network,
    prefixes: portal.registry.find()?.prefixesOf(network.asn) ?? [],
    defaults: {
      linkLocal: customaryLinkLocal(network.asn),
      mtu: DEFAULT_MTU,
      policy: 'full',
      importLimit: DEFAULT_IMPORT_LIMIT,
      contact: portal.registry.find()?.network(network.asn, new Date())?.mail ?? null,
    },
  };
}
