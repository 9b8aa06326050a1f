/**
 * GET /api/v1/nodes: our nodes, open data only.
 *
 * @module
 */
import { readNodeCards } from '../../../_queries/nodes.ts';
import { json, route } from '../../_http/route.ts';

export const dynamic = 'force-dynamic';

export const GET = route(async ({ ctx }) => json({ nodes: await readNodeCards(ctx.portal) }));
