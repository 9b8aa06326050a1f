/**
 * GET, PUT, DELETE /api/v1/admin/nodes/{id}/mesh: a node's part in a mesh.
 *
 * PUT {edge?, supernode?, dryRun?}: an original file as text, or its fields; null ends one, an absent one stays. With
 * `dryRun` nothing is stored: `findings` says what is wrong. DELETE {confirm: <name of the node>, instance?}.
 *
 * @module
 */
import { readMeshSettings } from '../../../../../../_queries/mesh-settings.ts';
import { leaveMesh } from '../../../../../../_services/mesh/leave.ts';
import { setMesh } from '../../../../../../_services/mesh/set.ts';
import { readBody } from '../../../../../_http/body.ts';
import { json, noContent, route } from '../../../../../_http/route.ts';
import { meshEndShape, meshSettingsShape } from '../../../../../_http/shapes.ts';

export const dynamic = 'force-dynamic';

export const GET = route<{ id: string }>(async ({ ctx, parameters }) =>
  json(await readMeshSettings(ctx.portal, ctx.actor, parameters.id)),
);

export const PUT = route<{ id: string }>(async ({ ctx, request, parameters }) => {
  const { dryRun, ...input } = await readBody(request, meshSettingsShape);
  const findings = await setMesh({ ctx, node: parameters.id, input, isDryRun: dryRun });
  return json({ findings, ...(await readMeshSettings(ctx.portal, ctx.actor, parameters.id)) });
});

export const DELETE = route<{ id: string }>(async ({ ctx, request, parameters }) => {
  const { confirm, instance } = await readBody(request, meshEndShape);
  await leaveMesh({
    ctx,
    node: parameters.id,
    confirm,
    ...(instance === undefined ? {} : { instance }),
  });
  return noContent();
});
