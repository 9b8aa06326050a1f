/**
 * The one place where the portal starts a router: the second door of router-core.
 *
 * Not standardized; docs/architecture.md §6. Everything else in `app/` sees `RouterHandle`.
 *
 * @module
 */
import 'server-only';
import path from 'node:path';
import {
  type RouterSupervisor,
  type SupervisorState,
  startRouterSupervisor,
  startSimulatedRouter,
} from '../../router-core/client.ts';
import type { RouterClient } from '../../router-core/index.ts';
import { type Log, SettingError, type Settings } from '../_settings/index.ts';

export type RouterState = {
  readonly kind: 'starting' | 'up' | 'down' | 'stopped';
  readonly since: Date;
  /** How often it was started again. */
  readonly restarts: number;
  /** Why it is not up, for people. */
  readonly reason: string | null;
};

export interface RouterHandle {
  readonly client: RouterClient;
  state(): RouterState;
  /** Called after each change of state. */
  onState(listener: (state: RouterState) => void): void;
  /** Ends the worker as a fault would. */
  crash(): void;
  /** Ends the worker in order; it starts again. */
  restart(): Promise<void>;
  /** Cease to every neighbor, then the end. */
  stop(reason: string): Promise<void>;
}

/** Starts the router that the settings ask for. */
export function startRouter(settings: Settings, version: string, log: Log): RouterHandle {
  if (settings.router.kind === 'simulated')
    return handleOf(startSimulatedRouter({ dataFolder: settings.dataFolder, version }));
  if (settings.router.kind !== 'worker')
    throw new SettingError(`ROOTLESS42_ROUTER=${settings.router.kind} is not available here.`);
  return handleOf(
    startRouterSupervisor({
      dataFolder: settings.dataFolder,
      version,
      // Built on its own and started by path: neither bundled nor traced by Next.
      workerFile: path.join(
        /* turbopackIgnore: true */ settings.rootFolder,
        'dist/router-core/worker.js',
      ),
      underlay: settings.packetPath,
      log,
    }),
  );
}

const KINDS: Readonly<Record<SupervisorState, RouterState['kind']>> = {
  starting: 'starting',
  running: 'up',
  waiting: 'down',
  stopped: 'stopped',
};
const REASONS: Readonly<Record<RouterState['kind'], string | null>> = {
  starting: 'The router is starting.',
  up: null,
  down: 'The router ended and starts again.',
  stopped: 'The router was stopped.',
};

export function handleOf(supervisor: RouterSupervisor): RouterHandle {
  let since = new Date();
  const read = (): RouterState => {
    const kind = KINDS[supervisor.state];
    return { kind, since, restarts: supervisor.restarts, reason: REASONS[kind] };
  };
  const listeners: ((state: RouterState) => void)[] = [];
  supervisor.onState(() => {
    since = new Date();
    for (const listener of listeners) listener(read());
  });
  return {
    client: supervisor.client,
    state: read,
    onState: (listener) => void listeners.push(listener),
    crash: () => supervisor.crash(),
    restart: () => supervisor.restart(),
    stop: (reason) => supervisor.stop(reason),
  };
}
