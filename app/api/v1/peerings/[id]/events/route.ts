/**
 * GET /api/v1/peerings/{id}/events: one peering live.
 *
 * @module
 */
import { readPeering } from '../../../../../_queries/read-peerings.ts';
import { PortalError } from '../../../../../_text/errors.ts';
import { eventStream } from '../../../../_http/event-stream.ts';
import { route } from '../../../../_http/route.ts';

export const dynamic = 'force-dynamic';

export const GET = route<{ id: string }>(async ({ ctx, request, parameters }) => {
  if (ctx.actor.kind === 'visitor') throw new PortalError('UNAUTHENTICATED');
  const { id } = parameters;
  if ((await readPeering(ctx.portal, ctx.actor, id)) === undefined)
    throw new PortalError('PEERING_UNKNOWN');
  return eventStream(ctx, request, id);
});
