/**
 * GET /readyz: database, router and registry work; 503 with the reasons when they do not.
 *
 * @module
 */
import { readReadiness } from '../_queries/health.ts';

export const dynamic = 'force-dynamic';

export async function GET(): Promise<Response> {
  const { isReady, checks } = await readReadiness();
  return Response.json(
    { ready: isReady, checks },
    { status: isReady ? 200 : 503, headers: { 'cache-control': 'no-store' } },
  );
}
