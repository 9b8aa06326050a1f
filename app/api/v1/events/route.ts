/**
 * GET /api/v1/events: one stream for a page: every peering the login may see.
 *
 * @module
 */
import { PortalError } from '../../../_text/errors.ts';
import { eventStream } from '../../_http/event-stream.ts';
import { route } from '../../_http/route.ts';

export const dynamic = 'force-dynamic';

export const GET = route(({ ctx, request }) => {
  if (ctx.actor.kind === 'visitor') throw new PortalError('UNAUTHENTICATED');
  return eventStream(ctx, request);
});
