/**
 * GET /api/v1/lg/{nodes}/{query}?q=…&vrf=…: the looking glass of several nodes at once.
 *
 * Not standardized; looking-glass specification §4. `nodes` is a comma list or `all`; a node that
 * fails does not hide the others. Where one node was asked, its error is the status of the answer.
 *
 * @module
 */
import { QUERY_NAMES, type QueryName, textOfRow } from '../../../../../../router-core/index.ts';
import { type Context, canSeeOperations, takeFromLimit } from '../../../../../_auth/index.ts';
import {
  askLookingGlass,
  isForOperators,
  isProbe,
  readRows,
  readVisibleVrfs,
  refuseUnaskable,
} from '../../../../../_queries/looking-glass.ts';
import type { LookingGlassAnswer } from '../../../../../_queries/view-models.ts';
import { PortalError } from '../../../../../_text/errors.ts';
import { statusOfCode } from '../../../../_http/problem.ts';
import { json, route } from '../../../../_http/route.ts';

export const dynamic = 'force-dynamic';

const NODES_MAX = 16;
const ARGUMENT_LENGTH_MAX = 512;
/** Options that strangers may give; others are ignored. `port` is not among them: we are no scanner. */
const OPTIONS = [
  'mode',
  'count',
  'size',
  'cursor',
  'limit',
  'which',
  'asn',
  'protocol',
  'hops',
] as const;

export const GET = route<{ nodes: string; query: string }>(async ({ ctx, request, parameters }) => {
  const { searchParams } = new URL(request.url);
  const query = QUERY_NAMES.find((name) => name === parameters.query);
  if (query === undefined)
    throw new PortalError('PATH_UNKNOWN', { message: `Queries are ${QUERY_NAMES.join(', ')}.` });
  if (isForOperators(query) && !canSeeOperations(ctx.actor))
    throw new PortalError(ctx.actor.kind === 'visitor' ? 'UNAUTHENTICATED' : 'FORBIDDEN');
  const argument = searchParams.get('q') ?? '';
  if (argument.length > ARGUMENT_LENGTH_MAX)
    throw new PortalError('QUERY_MALFORMED', { message: 'The question is too long.' });
  const options = Object.fromEntries(
    OPTIONS.flatMap((name) => {
      const value = searchParams.get(name);
      return value === null ? [] : [[name, value.slice(0, 100)]];
    }),
  );
  const vrf = searchParams.get('vrf');
  const nodes = nodesOf(ctx, parameters.nodes);
  const signal = request.signal;
  const isDrawn = query === 'summary' || query === 'route' || query === 'ping';
  const results = await Promise.all(
    nodes.map(async (node) => {
      const vrfs = vrf === null ? [] : await readVisibleVrfs(ctx.portal, ctx.actor, node);
      const about = { node, argument, vrf, vrfs, options, signal };
      return isDrawn
        ? askLookingGlass(ctx.portal, ctx.address, { query, ...about })
        : rawAnswer(ctx, { query, ...about });
    }),
  );
  const { status, headers } = outcomeOf(results);
  if (searchParams.get('format') === 'text')
    return new Response(`${results.map((result) => result.text).join('\n\n')}\n`, {
      status,
      headers: {
        ...headers,
        'content-type': 'text/plain; charset=utf-8',
        'cache-control': 'no-store',
      },
    });
  return json({ results }, { status, headers });
});

/** Of several nodes each result speaks for itself; the only one speaks for the answer. */
function outcomeOf(
  results: readonly (LookingGlassAnswer | { readonly query: QueryName; readonly node: string })[],
): { status: number; headers: Record<string, string> } {
  const only = results.length === 1 ? results[0] : undefined;
  if (only === undefined || !('code' in only)) return { status: 200, headers: {} };
  const wait = only.retryAfterSeconds;
  return {
    status: statusOfCode(only.code),
    headers: wait === null ? {} : { 'retry-after': String(wait) },
  };
}

function nodesOf(ctx: Context, text: string): string[] {
  if (text === 'all') return [...ctx.portal.nodes.keys()].slice(0, NODES_MAX);
  return text.split(',').slice(0, NODES_MAX);
}

type Question = Parameters<typeof readRows>[1];

async function rawAnswer(ctx: Context, question: Question) {
  refuseUnaskable(ctx.portal, question);
  takeFromLimit(isProbe(question.query) ? 'probe' : 'route', ctx.address, ctx.now);
  const startedAt = Date.now();
  const rows = await readRows(ctx.portal, question);
  return {
    query: question.query,
    node: question.node,
    argument: question.argument,
    at: new Date(startedAt).toISOString(),
    tookSeconds: (Date.now() - startedAt) / 1000,
    source: 'live',
    data: rows,
    text: rows.map((row) => textOfRow(question.query, row)).join('\n'),
  };
}
