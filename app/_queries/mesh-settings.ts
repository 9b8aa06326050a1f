/**
 * A node's part in a mesh as the operator set it up, and what the router says of it.
 *
 * Not standardized; view-models.ts. Rights are checked here again.
 *
 * Invariant: no secrets; passwords and preshared keys have a stand-in, and private keys are not known here.
 *
 * @module
 */
import 'server-only';
import type { MeshFields } from '../../router-core/index.ts';
import { type Actor, canSetMesh } from '../_auth/index.ts';
import { getPortal, ofFile, type Portal, readStoredMesh, writeMeshText } from '../_router/index.ts';
import { withHiddenSecrets } from '../_services/mesh/secrets.ts';
import type { NodeFacts } from '../_settings/index.ts';
import { PortalError } from '../_text/errors.ts';
import { refuseOthers } from './admin.ts';
import { readNodes } from './read-peerings.ts';
import type {
  MeshInstanceObject,
  MeshSettingsObject,
  MeshSupernodeFacts,
  Viewer,
} from './view-models.ts';

/** All nodes whose mesh can be set; the demo's cannot. */
export async function getMeshSettings(viewer: Viewer): Promise<readonly MeshSettingsObject[]> {
  refuseOthers(viewer);
  const portal = getPortal();
  const nodes = [...(await readNodes(portal)).values()].filter(
    ({ facts }) => portal.nodes.get(facts.name)?.isDemo === false,
  );
  return Promise.all(nodes.map(({ facts }) => objectOf(portal, facts)));
}

/** @throws PortalError PATH_UNKNOWN */
export async function readMeshSettings(
  portal: Portal,
  actor: Actor,
  node: string,
): Promise<MeshSettingsObject> {
  if (!canSetMesh(actor))
    throw new PortalError(actor.kind === 'visitor' ? 'UNAUTHENTICATED' : 'FORBIDDEN');
  const found = (await readNodes(portal)).get(node);
  if (found === undefined || portal.nodes.get(node)?.isDemo !== false)
    throw new PortalError('PATH_UNKNOWN', { message: 'There is no node of this name.' });
  return objectOf(portal, found.facts);
}

async function objectOf(portal: Portal, facts: NodeFacts): Promise<MeshSettingsObject> {
  const { database, sealer, settings, nodes } = portal;
  const { name, place, endpoint } = facts;
  const fixed = ofFile(settings, false).mesh;
  const { edge, supernode } = fixed ?? (await readStoredMesh(database, sealer, name));
  const view = nodes.get(name)?.hub.mesh();
  return {
    node: name,
    place,
    fixedBy: fixed === undefined ? null : (settings.file?.path ?? null),
    endpoint: endpoint === 'none' ? null : endpoint,
    edge: edge === undefined ? null : { ...instanceOf(edge), ...(view?.edge ?? UNKNOWN) },
    supernode:
      supernode === undefined
        ? null
        : { ...instanceOf(supernode), ...(view?.supernode ?? UNKNOWN), ...factsOf(supernode) },
  };
}

/** The router has not said anything yet. */
const UNKNOWN = { status: null, problem: null } as const;

const instanceOf = (fields: MeshFields): MeshInstanceObject => ({
  text: writeMeshText(withHiddenSecrets(fields)),
});

function factsOf({ Peers }: MeshFields): MeshSupernodeFacts {
  // Stored fields were judged: whatever is there is a list of peers.
  const peers = (Array.isArray(Peers) ? Peers : []) as readonly MeshFields[];
  const members = peers.map(({ NodeID, Name }) => ({
    node: Number(NodeID),
    name: typeof Name === 'string' && Name !== '' ? Name : String(NodeID),
  }));
  return { members: members.sort((a, b) => a.node - b.node) };
}
