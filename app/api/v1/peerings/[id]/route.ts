/**
 * GET, PATCH, DELETE /api/v1/peerings/{id}. A peering of another AS does not exist (404).
 *
 * Standard: RFC 9110 §13.1.1 (If-Match with the revision as ETag).
 *
 * @module
 */
import { type Context, takeFromLimit } from '../../../../_auth/index.ts';
import { readPeering } from '../../../../_queries/read-peerings.ts';
import { deletePeering } from '../../../../_services/peering/delete.ts';
import { editPeering } from '../../../../_services/peering/edit.ts';
import { PortalError } from '../../../../_text/errors.ts';
import { readBody } from '../../../_http/body.ts';
import { json, noContent, route } from '../../../_http/route.ts';
import { deletionShape, peeringChangesShape } from '../../../_http/shapes.ts';

export const dynamic = 'force-dynamic';

export const GET = route<{ id: string }>(({ ctx, parameters }) => answer(ctx, parameters.id));

export const PATCH = route<{ id: string }>(async ({ ctx, request, parameters }) => {
  if (ctx.actor.kind === 'member') takeFromLimit('change', ctx.address, ctx.now);
  const input = await readBody(request, peeringChangesShape);
  const revision = readIfMatch(request.headers.get('if-match'));
  await editPeering({
    ctx,
    id: parameters.id,
    input,
    ...(revision === undefined ? {} : { revision }),
  });
  return answer(ctx, parameters.id);
});

export const DELETE = route<{ id: string }>(async ({ ctx, request, parameters }) => {
  const { confirm } = await readBody(request, deletionShape);
  await deletePeering({
    ctx,
    id: parameters.id,
    ...(confirm === undefined ? {} : { confirm }),
  });
  return noContent();
});

async function answer(ctx: Context, id: string): Promise<Response> {
  if (ctx.actor.kind === 'visitor') throw new PortalError('UNAUTHENTICATED');
  const peering = await readPeering(ctx.portal, ctx.actor, id);
  if (peering === undefined) throw new PortalError('PEERING_UNKNOWN');
  return json(peering, { headers: { etag: `"${peering.revision}"` } });
}

function readIfMatch(header: string | null): number | undefined {
  if (header === null || header.trim() === '*') return undefined;
  const match = /^"([0-9]{1,15})"$/.exec(header.trim());
  if (match === null) throw new PortalError('REVISION_MISMATCH');
  return Number(match[1]);
}
