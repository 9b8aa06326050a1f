/**
 * POST /api/v1/admin/nodes/{id}/mesh/edges {count?, first?, name?, host?, ipv4?, ipv6?}: 201; adds edges to the
 * supernode of a node. Their files, with private keys, are in this answer only.
 *
 * @module
 */
import { addMeshEdges } from '../../../../../../../_services/mesh/edges.ts';
import { readBody } from '../../../../../../_http/body.ts';
import { json, route } from '../../../../../../_http/route.ts';
import { newMeshEdgesShape } from '../../../../../../_http/shapes.ts';

export const dynamic = 'force-dynamic';

export const POST = route<{ id: string }>(async ({ ctx, request, parameters }) => {
  const input = await readBody(request, newMeshEdgesShape);
  const edges = await addMeshEdges({ ctx, node: parameters.id, input });
  return json(
    { edges: edges.map(({ node, name, text }) => ({ node, name, text })) },
    { status: 201 },
  );
});
