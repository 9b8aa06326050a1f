/**
 * DELETE /api/v1/admin/nodes/{id}/mesh/edges/{number}: takes an edge out of the supernode's list.
 *
 * @module
 */
import { removeMeshEdge } from '../../../../../../../../_services/mesh/edges.ts';
import { noContent, route } from '../../../../../../../_http/route.ts';

export const dynamic = 'force-dynamic';

export const DELETE = route<{ id: string; number: string }>(async ({ ctx, parameters }) => {
  await removeMeshEdge({ ctx, node: parameters.id, number: Number(parameters.number) });
  return noContent();
});
