/**
 * POST /api/v1/admin/peerings/{id}/reject {reason}.
 *
 * @module
 */
import { readPeering } from '../../../../../../_queries/read-peerings.ts';
import { rejectPeering } from '../../../../../../_services/peering/reject.ts';
import { readBody } from '../../../../../_http/body.ts';
import { json, route } from '../../../../../_http/route.ts';
import { rejectionShape } from '../../../../../_http/shapes.ts';

export const dynamic = 'force-dynamic';

export const POST = route<{ id: string }>(async ({ ctx, request, parameters }) => {
  const { reason } = await readBody(request, rejectionShape);
  await rejectPeering({ ctx, id: parameters.id, reason });
  return json(await readPeering(ctx.portal, ctx.actor, parameters.id));
});
