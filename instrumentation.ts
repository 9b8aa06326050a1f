/**
 * Next's hooks: starts database and router supervisor with the server, and writes failures of pages to the log.
 *
 * Not standardized; docs/architecture.md §6. Calling `register` again changes nothing.
 *
 * @module
 */
import type { Instrumentation } from 'next';

export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return;
  if (process.env.NEXT_PHASE === 'phase-production-build') return;
  const { startFromEnvironment } = await import('./app/_services/portal/start-from-environment.ts');
  await startFromEnvironment();
}

/** Next is quiet (bin/serve.mjs): without this a page would show a number that stands nowhere. */
export const onRequestError: Instrumentation.onRequestError = async (error, request, context) => {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return;
  const { logFailure } = await import('./app/_services/portal/log-failure.ts');
  logFailure(error, request, context);
};
