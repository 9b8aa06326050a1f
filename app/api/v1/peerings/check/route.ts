/**
 * POST /api/v1/peerings/check: the rules, without storing anything.
 *
 * @module
 */
import { takeFromLimit } from '../../../../_auth/index.ts';
import { checkNewPeering } from '../../../../_queries/peering-check.ts';
import { readBody } from '../../../_http/body.ts';
import { json, route } from '../../../_http/route.ts';
import { newPeeringShape } from '../../../_http/shapes.ts';

export const dynamic = 'force-dynamic';

export const POST = route(async ({ ctx, request }) => {
  takeFromLimit('change', ctx.address, ctx.now);
  return json(await checkNewPeering(ctx, await readBody(request, newPeeringShape)));
});
