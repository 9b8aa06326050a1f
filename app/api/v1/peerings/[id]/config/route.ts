/**
 * GET /api/v1/peerings/{id}/config: the files of every format, as JSON.
 *
 * @module
 */
import { readPeeringConfig } from '../../../../../_queries/read-peerings.ts';
import { PortalError } from '../../../../../_text/errors.ts';
import { json, route } from '../../../../_http/route.ts';

export const dynamic = 'force-dynamic';

export const GET = route<{ id: string }>(async ({ ctx, parameters }) => {
  if (ctx.actor.kind === 'visitor') throw new PortalError('UNAUTHENTICATED');
  const files = await readPeeringConfig(ctx.portal, ctx.actor, parameters.id);
  if (files === undefined) throw new PortalError('PEERING_UNKNOWN');
  return json({ files });
});
