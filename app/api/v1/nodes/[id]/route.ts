/**
 * GET /api/v1/nodes/{id}: one node by its name.
 *
 * @module
 */
import { readNodeCards } from '../../../../_queries/nodes.ts';
import { PortalError } from '../../../../_text/errors.ts';
import { json, route } from '../../../_http/route.ts';

export const dynamic = 'force-dynamic';

export const GET = route<{ id: string }>(async ({ ctx, parameters }) => {
  const node = (await readNodeCards(ctx.portal)).find((card) => card.name === parameters.id);
  if (node === undefined)
    throw new PortalError('PATH_UNKNOWN', { message: 'There is no node of this name.' });
  return json(node);
});
