/**
 * Errors over HTTP: problem documents, and nothing of ours in them.
 *
 * Standard: RFC 9457 (problem+json), RFC 9110 §10.2.3 (Retry-After).
 *
 * @module
 */
import 'server-only';
import { log } from '../../_settings/index.ts';
import { challengeOf, isPortalError, PORTAL_ERRORS, type PortalError } from '../../_text/errors.ts';

/** Codes of the router's half that reach HTTP by themselves. */
const ROUTER_STATUS: Readonly<Record<string, number>> = {
  ROUTER_AWAY: 503,
  REGISTRY_UNAVAILABLE: 503,
  REGISTRY_MISSING: 503,
  TIMEOUT: 504,
  TOO_MANY: 429,
  QUERY_UNKNOWN: 404,
  QUERY_INVALID: 400,
  NODE_UNKNOWN: 404,
  VRF_UNKNOWN: 404,
  TARGET_FORBIDDEN: 403,
  ENTITY_UNKNOWN: 404,
  ROUTE_UNKNOWN: 404,
  ENTITY_FAILED: 409,
};

/** Returns the answer for anything that was thrown. */
export function problemOf(error: unknown, operation: string | undefined): Response {
  if (isPortalError(error)) return portalProblem(error, operation);
  const code = (error as { code?: unknown } | undefined)?.code;
  const status = typeof code === 'string' ? ROUTER_STATUS[code] : undefined;
  if (status !== undefined && error instanceof Error)
    return problem({ status, code: code as string, detail: error.message, operation });
  log('error', 'a request failed', { operation, error });
  const { message } = PORTAL_ERRORS.INTERNAL;
  return problem({ status: 500, code: 'INTERNAL', detail: message, operation });
}

/** Returns the status of an error that an answer carries in itself. */
export function statusOfCode(code: string): number {
  const portal: Readonly<Record<string, { readonly status: number }>> = PORTAL_ERRORS;
  return ROUTER_STATUS[code] ?? portal[code]?.status ?? 500;
}

function portalProblem(error: PortalError, operation: string | undefined): Response {
  // A wrong input is named by its first error, so that scripts need not look into the list.
  const code = error.code === 'INPUT_INVALID' ? (error.errors[0]?.code ?? error.code) : error.code;
  return problem({
    status: error.status,
    code,
    detail: error.message,
    operation,
    ...(error.errors.length === 0 ? {} : { errors: error.errors }),
    ...(error.retryAfterSeconds === undefined
      ? {}
      : { retryAfterSeconds: error.retryAfterSeconds }),
  });
}

function problem(options: {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly operation: string | undefined;
  readonly errors?: PortalError['errors'];
  readonly retryAfterSeconds?: number;
}): Response {
  const { status, code, detail, operation, errors, retryAfterSeconds } = options;
  const body = {
    type: `https://github.com/rootless42/rootless42/blob/main/docs/errors.md#${code.toLowerCase()}`,
    title: TITLES[status] ?? 'Error',
    status,
    detail,
    code,
    ...(errors === undefined ? {} : { errors }),
    ...(operation === undefined ? {} : { operation }),
  };
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...(status === 401 ? { 'www-authenticate': challengeOf(code) } : {}),
      ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
    },
  });
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Not signed in',
  403: 'Forbidden',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  412: 'Changed meanwhile',
  413: 'Too large',
  415: 'Unsupported media type',
  421: 'Misdirected request',
  422: 'Wrong values',
  429: 'Too many requests',
  500: 'Internal error',
  503: 'Not available',
  504: 'Too slow',
};
