/**
 * GET /api/v1/peerings: one's own, or all for the operator. POST: ask for one.
 *
 * @module
 */
import { takeFromLimit } from '../../../_auth/index.ts';
import { readPeering, readPeerings } from '../../../_queries/read-peerings.ts';
import { requestPeering } from '../../../_services/peering/request.ts';
import { PortalError } from '../../../_text/errors.ts';
import { readBody } from '../../_http/body.ts';
import { json, route } from '../../_http/route.ts';
import { newPeeringShape } from '../../_http/shapes.ts';

export const dynamic = 'force-dynamic';

export const GET = route(async ({ ctx }) => {
  if (ctx.actor.kind === 'visitor') throw new PortalError('UNAUTHENTICATED');
  return json({ peerings: await readPeerings(ctx.portal, ctx.actor) });
});

export const POST = route(async ({ ctx, request }) => {
  if (ctx.actor.kind === 'visitor') throw new PortalError('UNAUTHENTICATED');
  if (ctx.actor.kind === 'member') takeFromLimit('change', ctx.address, ctx.now);
  const input = await readBody(request, newPeeringShape);
  const { id } = await requestPeering({ ctx, input });
  const peering = await readPeering(ctx.portal, ctx.actor, id);
  return json(peering, {
    status: 201,
    headers: {
      location: `/api/v1/peerings/${id}`,
      ...(peering === undefined ? {} : { etag: `"${peering.revision}"` }),
    },
  });
});
