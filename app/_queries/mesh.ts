/**
 * The mesh of our nodes: as everybody may see it, and whole for operators.
 *
 * Not standardized; view-models.ts. Of several nodes the one that knows most tells: whoever coordinates, else the
 * first edge.
 *
 * @module
 */
import 'server-only';
import type { MeshHistoryView, MeshRange } from '../../router-core/index.ts';
import { type Actor, canSeeOperations } from '../_auth/index.ts';
import { getPortal, type NodeRuntime, type Portal } from '../_router/index.ts';
import { meshObjectOf } from './mesh-object.ts';
import { readNodes } from './read-peerings.ts';
import type { MeshObject, Viewer } from './view-models.ts';
import { actorOfViewer } from './viewer.ts';

/** A page does not wait longer for what it can do without. */
const HISTORY_MS = 2000;

export const getMesh = (viewer: Viewer, range: MeshRange): Promise<MeshObject | null> =>
  readMesh(getPortal(), actorOfViewer(viewer), range);

/** Null: none of our nodes takes part in one. */
export async function readMesh(
  portal: Portal,
  actor: Actor,
  range: MeshRange,
): Promise<MeshObject | null> {
  const inMesh = [...portal.nodes].flatMap(([name, runtime]) => {
    const view = runtime.hub.mesh();
    return view === undefined ? [] : [{ name, runtime, view }];
  });
  const teller = inMesh.find(({ view }) => view.supernode !== undefined) ?? inMesh[0];
  if (teller === undefined) return null;
  const { name, runtime, view } = teller;
  const [nodes, history] = await Promise.all([
    readNodes(portal),
    readHistory(portal, runtime, range),
  ]);
  return meshObjectOf({
    node: name,
    place: nodes.get(name)?.facts.place ?? null,
    view,
    range,
    history,
    isForOperator: canSeeOperations(actor),
  });
}

/** What is true now is shown without it too, and a router that is away has no history any more. */
async function readHistory(
  portal: Portal,
  { name, router }: NodeRuntime,
  range: MeshRange,
): Promise<MeshHistoryView | undefined> {
  try {
    return await router.client.call('meshHistory', { range }, HISTORY_MS);
  } catch (error) {
    portal.log('debug', 'a router did not tell the history of its mesh', { node: name, error });
    return undefined;
  }
}
