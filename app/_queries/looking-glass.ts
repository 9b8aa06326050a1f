/**
 * The looking glass: one question to one node, answered in the shapes of pages and REST.
 *
 * Not standardized; looking-glass specification §2 to §4. Reads a frozen view in the router; text
 * from strangers is printable before it gets here.
 *
 * @module
 */
import 'server-only';
import {
  DEFAULT_VRF_NAME,
  parseIpAddress,
  type QueryName,
  type QueryRow,
  RouterError,
  textOfRow,
  unknownVrf,
} from '../../router-core/index.ts';
import { type Actor, canSeeOperations, getPageContext, takeFromLimit } from '../_auth/index.ts';
import { nodeFactsOf, type Portal } from '../_router/index.ts';
import { isPortalError, PortalError } from '../_text/errors.ts';
import { answerOfFlaps } from './looking-glass-flaps.ts';
import { answerOfRoutes } from './looking-glass-route.ts';
import { answerOfPing, answerOfSummary } from './looking-glass-rows.ts';
import {
  answerOfHistory,
  answerOfMalformed,
  answerOfRejected,
  answerOfWhy,
} from './looking-glass-why.ts';
import type { LookingGlassAnswer, LookingGlassQuery, Viewer } from './view-models.ts';
import { actorOfViewer } from './viewer.ts';

const DEADLINE_MS: Readonly<Record<LookingGlassQuery, number>> = {
  summary: 10_000,
  route: 10_000,
  why: 10_000,
  history: 10_000,
  flaps: 10_000,
  rejected: 10_000,
  malformed: 10_000,
  ping: 60_000,
};
/** What shows more than open data. */
const OPERATOR_QUERIES: readonly QueryName[] = ['neighbor', 'routes-from', 'rejected', 'malformed'];

/** What sends packets of ours to others. */
const PROBE_QUERIES: readonly QueryName[] = ['ping', 'traceroute', 'mtr', 'pmtu'];

export const isProbe = (query: QueryName): boolean => PROBE_QUERIES.includes(query);
export const isForOperators = (query: QueryName): boolean => OPERATOR_QUERIES.includes(query);
const ROWS_MAX = 5_000;
/** As BIRD says it. */
const NOT_FOUND = 'Network not found';

/** Never throws for what a visitor typed. */
export async function getLookingGlass(
  viewer: Viewer,
  input: Pick<LookingGlassQuestion, 'node' | 'query' | 'argument' | 'vrf'>,
): Promise<LookingGlassAnswer> {
  const { portal, address } = await getPageContext();
  if (isForOperators(input.query) && viewer.kind !== 'operator') {
    const code = viewer.kind === 'visitor' ? 'UNAUTHENTICATED' : 'FORBIDDEN';
    const { message } = new PortalError(code);
    return {
      query: 'error',
      code,
      message,
      hint: null,
      retryAfterSeconds: null,
      node: input.node,
      argument: input.argument,
      at: new Date().toISOString(),
      tookSeconds: 0,
      source: 'live',
      text: `${message} (${code})`,
    };
  }
  const vrfs =
    input.vrf === null ? [] : await readVisibleVrfs(portal, actorOfViewer(viewer), input.node);
  return askLookingGlass(portal, address, { ...input, vrfs });
}

/** Virtual routers of a node that an actor may ask, by name: all for operators, else those the file opens. */
export async function getVisibleVrfs(viewer: Viewer, node: string): Promise<readonly string[]> {
  const { portal } = await getPageContext();
  return readVisibleVrfs(portal, actorOfViewer(viewer), node);
}

export async function readVisibleVrfs(
  portal: Portal,
  actor: Actor,
  node: string,
): Promise<readonly string[]> {
  const row = await portal.database.node.findUnique({ where: { name: node } });
  const vrfs = Object.entries(row === null ? {} : (nodeFactsOf(row).vrfs ?? {}));
  return vrfs
    .filter(([, settings]) => settings.public === true || canSeeOperations(actor))
    .map(([name]) => name)
    .sort();
}

export type LookingGlassQuestion = {
  readonly node: string;
  readonly query: LookingGlassQuery;
  readonly argument: string;
  /** A virtual router; null: the default one. */
  readonly vrf: string | null;
  /** Those the asker may name; any other does not exist for them. */
  readonly vrfs: readonly string[];
  readonly options?: Readonly<Record<string, string | number>>;
  readonly signal?: AbortSignal;
};

export async function askLookingGlass(
  portal: Portal,
  address: string | null,
  question: LookingGlassQuestion,
): Promise<LookingGlassAnswer> {
  const startedAt = Date.now();
  const { node, query, argument } = question;
  const meta = (text: string) => ({
    node,
    argument,
    at: new Date(startedAt).toISOString(),
    tookSeconds: (Date.now() - startedAt) / 1000,
    source: 'live' as const,
    text,
  });
  try {
    refuseUnaskable(portal, question);
    takeFromLimit(isProbe(query) ? 'probe' : 'route', address);
    const rows = await readRows(portal, question);
    if (query === 'summary') {
      const body = answerOfSummary(portal, rows);
      return { ...body, ...meta(body.text) };
    }
    if (query === 'ping') {
      const body = answerOfPing(argument, rows);
      return { ...body, ...meta(body.text) };
    }
    const lines = rows.map((row) => textOfRow(query, row));
    return {
      ...bodyOf(portal, query, argument, rows),
      ...meta(query === 'route' && lines.length === 0 ? NOT_FOUND : lines.join('\n')),
    };
  } catch (error) {
    const failure = failureOf(error);
    return { query: 'error', ...failure, ...meta(`${failure.message} (${failure.code})`) };
  }
}

/** What is drawn of queries whose text is the router's. */
function bodyOf(
  portal: Portal,
  query: Exclude<LookingGlassQuery, 'summary' | 'ping'>,
  argument: string,
  rows: readonly QueryRow[],
) {
  switch (query) {
    case 'route':
      return { query, ...answerOfRoutes(portal, argument, rows) };
    case 'why':
      return answerOfWhy(portal, argument, rows);
    case 'history':
      return answerOfHistory(portal, rows);
    case 'flaps':
      return answerOfFlaps(portal, rows);
    case 'rejected':
      return answerOfRejected(portal, rows);
    case 'malformed':
      return answerOfMalformed(rows);
  }
}

/** A slip costs nothing of the few probes a visitor has; the router judges the rest. */
export function refuseUnaskable(
  portal: Portal,
  {
    node,
    query,
    argument,
    vrf,
    vrfs,
  }: Omit<LookingGlassQuestion, 'query'> & { readonly query: QueryName },
): void {
  if (!portal.nodes.has(node))
    throw new RouterError('NODE_UNKNOWN', 'There is no node of this name.');
  // As an option without a value: most likely a variable of a script that is not set.
  if (vrf === '')
    throw new RouterError(
      'QUERY_INVALID',
      `vrf names a virtual router; without it, or by ${DEFAULT_VRF_NAME}, the default one is asked.`,
      { path: 'vrf' },
    );
  if (vrf !== null && vrf !== DEFAULT_VRF_NAME && !vrfs.includes(vrf))
    throw new RouterError('VRF_UNKNOWN', unknownVrf(vrf), { path: 'vrf' });
  if (isProbe(query) && parseIpAddress(argument.trim()) === undefined)
    throw new RouterError('QUERY_INVALID', `${query} takes one address.`);
}

/** Rows of any query as the router gives them; REST offers those pages do not draw. */
export async function readRows(
  portal: Portal,
  question: Omit<LookingGlassQuestion, 'query'> & { readonly query: QueryName },
): Promise<QueryRow[]> {
  const runtime = portal.nodes.get(question.node);
  if (runtime === undefined)
    throw new RouterError('NODE_UNKNOWN', 'There is no node of this name.');
  const deadline = AbortSignal.timeout(DEADLINE_MS[isProbe(question.query) ? 'ping' : 'route']);
  const signal =
    question.signal === undefined ? deadline : AbortSignal.any([deadline, question.signal]);
  const rows: QueryRow[] = [];
  // Named always: a list without a name is one of all virtual routers.
  const options = { ...question.options, vrf: question.vrf ?? DEFAULT_VRF_NAME };
  const answer = runtime.router.client.query(
    { name: question.query, argument: question.argument, options },
    signal,
  );
  for await (const row of answer) {
    rows.push(row);
    if (rows.length >= ROWS_MAX) break;
  }
  return rows;
}

function failureOf(error: unknown): {
  code: string;
  message: string;
  hint: string | null;
  retryAfterSeconds: number | null;
} {
  const code = (error as { code?: unknown }).code;
  const details = (error as { details?: { hint?: unknown } }).details;
  if (typeof code !== 'string' || !(error instanceof Error)) throw error;
  const isLimit = isPortalError(error) && error.code === 'RATE_LIMITED';
  return {
    code: isLimit ? 'TOO_MANY' : code,
    message: error.message,
    hint: typeof details?.hint === 'string' ? details.hint : null,
    retryAfterSeconds: isLimit ? (error.retryAfterSeconds ?? null) : null,
  };
}
