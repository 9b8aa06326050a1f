/**
 * GET /api/v1/me: who this request is signed in as, and at which level.
 *
 * @module
 */
import { viewerOf } from '../../../_queries/viewer.ts';
import { json, route } from '../../_http/route.ts';

export const dynamic = 'force-dynamic';

export const GET = route(({ ctx }) => {
  const viewer = viewerOf(ctx.portal, ctx.actor);
  if (viewer.kind === 'visitor') return json(viewer);
  const { loginId: _hidden, ...shown } = viewer;
  return json(shown);
});
