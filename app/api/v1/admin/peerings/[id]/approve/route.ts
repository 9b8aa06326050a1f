/**
 * POST /api/v1/admin/peerings/{id}/approve.
 *
 * @module
 */
import { readPeering } from '../../../../../../_queries/read-peerings.ts';
import { approvePeering } from '../../../../../../_services/peering/approve.ts';
import { json, route } from '../../../../../_http/route.ts';

export const dynamic = 'force-dynamic';

export const POST = route<{ id: string }>(async ({ ctx, parameters }) => {
  await approvePeering({ ctx, id: parameters.id });
  return json(await readPeering(ctx.portal, ctx.actor, parameters.id));
});
