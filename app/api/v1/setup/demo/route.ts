/**
 * POST /api/v1/setup/demo {token}: starts the demo network beside.
 *
 * @module
 */
import { startDemo } from '../../../../_services/setup/demo.ts';
import { readBody } from '../../../_http/body.ts';
import { json, route } from '../../../_http/route.ts';
import { setupTokenShape } from '../../../_http/shapes.ts';

export const dynamic = 'force-dynamic';

export const POST = route(async ({ ctx, request }) => {
  const { token } = await readBody(request, setupTokenShape);
  await startDemo({ ctx, token });
  return json({ next: '/' });
});
