/**
 * The line in the log for what failed while Next made a page: the operator finds it by the page's number.
 *
 * Not standardized; `digest` is Next's name for that number. Doors for machines answer their failures themselves
 * (app/api/_http/problem.ts). The query of the address stays out: a set-up link carries its token there.
 *
 * @module
 */
import 'server-only';
import type { Instrumentation } from 'next';
import { log } from '../../_settings/index.ts';

type Failure = Parameters<Instrumentation.onRequestError>;

export function logFailure(
  error: Failure[0],
  request: Pick<Failure[1], 'method' | 'path'>,
  context: Pick<Failure[2], 'routePath' | 'routeType'>,
): void {
  const { digest } = Object(error) as { readonly digest?: unknown };
  log('error', 'a page failed', {
    ...(typeof digest === 'string' ? { digest } : {}),
    kind: context.routeType,
    route: context.routePath,
    method: request.method,
    path: request.path.split('?', 1)[0],
    error,
  });
}
