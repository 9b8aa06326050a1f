/**
 * What every door for machines does before its handler: name, origin, login; and after: the errors.
 *
 * Not standardized; docs/architecture.md §8, portal specification §9.
 *
 * @module
 */
import 'server-only';
import {
  type Context,
  checkSameOrigin,
  getRequestContext,
  hasBearerToken,
  portalName,
} from '../../_auth/index.ts';
import { ourEndpointNames } from '../../_queries/endpoint-names.ts';
import { problemOf } from './problem.ts';

export type RouteArguments<Parameters> = {
  readonly ctx: Context;
  readonly request: Request;
  readonly parameters: Parameters;
  /** Our own name as this request asked for it. */
  readonly portalName: string;
};
type NextRouteContext<Parameters> = { readonly params: Promise<Parameters> };

/** Makes a route handler of Next from one of ours. */
export function route<Parameters = Record<never, string>>(
  handle: (input: RouteArguments<Parameters>) => Promise<Response> | Response,
): (request: Request, next: NextRouteContext<Parameters>) => Promise<Response> {
  return async (request, next) => {
    let operation: string | undefined;
    try {
      const isSafe = request.method === 'GET' || request.method === 'HEAD';
      if (!isSafe && !hasBearerToken(request.headers)) checkSameOrigin(request.headers);
      const ctx = await getRequestContext(request.headers);
      operation = ctx.operation;
      const name = portalName(ctx.portal, request.headers, await ourEndpointNames(ctx.portal));
      return await handle({ ctx, request, parameters: await next.params, portalName: name });
    } catch (error) {
      return problemOf(error, operation);
    }
  };
}

/** Returns a JSON answer that no cache keeps: nearly all are somebody's own. */
export function json(
  value: unknown,
  init: { status?: number; headers?: HeadersInit } = {},
): Response {
  const headers = new Headers(init.headers);
  headers.set('content-type', 'application/json');
  if (!headers.has('cache-control')) headers.set('cache-control', 'no-store');
  return new Response(JSON.stringify(value), { status: init.status ?? 200, headers });
}

export const noContent = (headers?: HeadersInit): Response =>
  new Response(null, { status: 204, ...(headers === undefined ? {} : { headers }) });
