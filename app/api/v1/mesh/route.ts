/**
 * GET /api/v1/mesh?range=hour|day: nodes, one-way latencies, ways, who relays, history. An operator's token sees
 * endpoints and keys too (`details`).
 *
 * @module
 */
import { MESH_RANGES } from '../../../../router-core/index.ts';
import { readMesh } from '../../../_queries/mesh.ts';
import type { MeshAnswer } from '../../../_queries/view-models.ts';
import { PortalError } from '../../../_text/errors.ts';
import { json, route } from '../../_http/route.ts';

export const dynamic = 'force-dynamic';

export const GET = route(async ({ ctx, request }) => {
  const asked = new URL(request.url).searchParams.get('range') ?? 'hour';
  const range = MESH_RANGES.find((each) => each === asked);
  if (range === undefined)
    throw new PortalError('QUERY_MALFORMED', { message: `Ranges are ${MESH_RANGES.join(', ')}.` });
  const answer: MeshAnswer = { mesh: await readMesh(ctx.portal, ctx.actor, range) };
  return json(answer);
});
