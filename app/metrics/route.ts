/**
 * GET /metrics: OpenMetrics; single peerings only with the operator's token.
 *
 * @module
 */
import { writeMetrics } from '../_queries/metrics.ts';
import { route } from '../api/_http/route.ts';

export const dynamic = 'force-dynamic';

export const GET = route(
  ({ ctx }) =>
    new Response(writeMetrics(ctx.portal, ctx.actor), {
      headers: {
        'content-type': 'application/openmetrics-text; version=1.0.0; charset=utf-8',
        'cache-control': 'no-store',
      },
    }),
);
