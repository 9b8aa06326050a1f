/**
 * The running portal: what every verb, query and handler works with.
 *
 * Not standardized; docs/architecture.md §6. Kept on `globalThis`, because Next evaluates modules
 * several times (instrumentation, pages, handlers) and development reloads them: a variable of a
 * module is not one object. Made by `_services/portal/start.ts`, once per process.
 *
 * @module
 */
import 'server-only';
import type { Database, Sealer } from '../_db/index.ts';
import type { Registry } from '../_registry/index.ts';
import type { Log, Settings } from '../_settings/index.ts';
import type { Reconciler } from './reconciler.ts';
import type { StatusHub } from './status-hub.ts';
import type { RouterHandle } from './supervisor.ts';

/** One node as the portal runs it. */
export type NodeRuntime = {
  readonly name: string;
  readonly isDemo: boolean;
  readonly router: RouterHandle;
  readonly hub: StatusHub;
  readonly reconciler: Reconciler;
};

export interface Portal {
  readonly settings: Settings;
  readonly database: Database;
  readonly sealer: Sealer;
  readonly registry: Registry;
  readonly log: Log;
  readonly version: string;
  readonly startedAt: Date;
  /** By `node.name`; empty before set-up. */
  readonly nodes: Map<string, NodeRuntime>;
  /** The address of the set-up page, once, on the first start; bin/start.mjs prints it. */
  readonly setupPath: string | undefined;
  /** Starts the router of a node that has a row; does nothing when it runs. */
  startNode(name: string): Promise<void>;
  /** Whether `startDemo` can do anything. */
  readonly canDemo: boolean;
  /** Starts the simulated node and its neighbors. @throws PortalError DEMO_UNAVAILABLE. */
  startDemo(): Promise<void>;
  /** Takes the demo away with all its rows. */
  endDemo(): Promise<void>;
  /** Called once when the portal stops: event streams close themselves here. */
  onStop(listener: () => void): () => void;
  /** Ends routers (Cease to every neighbor), streams and database. May be called twice. */
  stop(reason: string): Promise<void>;
}

const KEY = Symbol.for('rootless42.portal');
type Holder = { [KEY]?: Portal };

/** Returns the running portal. @throws when it has not started: a mistake of ours. */
export function getPortal(): Portal {
  const portal = findPortal();
  if (portal === undefined) throw new Error('the portal has not started');
  return portal;
}

export const findPortal = (): Portal | undefined => (globalThis as Holder)[KEY];

export function setPortal(portal: Portal | undefined): void {
  if (portal === undefined) delete (globalThis as Holder)[KEY];
  else (globalThis as Holder)[KEY] = portal;
}
