/**
 * Routes that are in use although their session is down, or is not complete again.
 *
 * Standard: RFC 4724 §4.2, RFC 9494 §4.2. It is said whatever layer is at fault: it explains why there are routes at all.
 *
 * @module
 */
import type { DiagnosisFinding } from '../types.ts';
import type { Diagnose, SessionsInput } from './types.ts';

export const diagnoseKeptRoutes: Diagnose<SessionsInput> = ({ sessions, now }) =>
  sessions.flatMap(({ stale, staleUntilAt, accepted, since }): DiagnosisFinding[] => {
    if (stale === undefined || staleUntilAt === undefined) return [];
    const seconds = Math.max(0, Math.ceil((staleUntilAt - now) / 1000));
    const manner = stale.isLongLived
      ? 'long-lived graceful restart: used where nothing else is left'
      : 'graceful restart';
    const text =
      stale.awaits === 'session'
        ? `The session is down, its ${countOf(accepted)} kept for ${seconds} s more, ${manner}.`
        : `The session is back. What your router does not say again within ${seconds} s goes, ${manner}.`;
    return [{ code: 'BGP_ROUTES_KEPT', severity: 'info', text, since }];
  });

const countOf = (routes: number): string => (routes === 1 ? '1 route is' : `${routes} routes are`);
