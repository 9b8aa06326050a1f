/**
 * Next's start-up hook: migrates the database and starts the router supervisor.
 *
 * Not standardized; docs/architecture.md §6. Calling it again changes nothing.
 *
 * @module
 */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return;
  if (process.env.NEXT_PHASE === 'phase-production-build') return;
  const { startFromEnvironment } = await import('./app/_services/portal/start-from-environment.ts');
  await startFromEnvironment();
}
