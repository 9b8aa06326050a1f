/**
 * POST /api/v1/admin/nodes/{id}/restart {crash?}: 202; ends the router worker, which comes back.
 *
 * @module
 */
import { restartNode } from '../../../../../../_services/node/restart.ts';
import { readBody } from '../../../../../_http/body.ts';
import { json, route } from '../../../../../_http/route.ts';
import { nodeRestartShape } from '../../../../../_http/shapes.ts';

export const dynamic = 'force-dynamic';

export const POST = route<{ id: string }>(async ({ ctx, request, parameters }) => {
  const { crash } = await readBody(request, nodeRestartShape);
  await restartNode({ ctx, node: parameters.id, crash });
  return json({ node: parameters.id, crash }, { status: 202 });
});
