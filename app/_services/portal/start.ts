/**
 * Starts the portal: settings, database, registry, routers. Called once, by instrumentation.ts.
 *
 * Not standardized; docs/architecture.md §6, §7. Idempotent: development and earlier releases of
 * Next call the hook more than once, and there is one portal per process.
 *
 * @module
 */
import 'server-only';
import path from 'node:path';
import { createSetupLink } from '../../_auth/index.ts';
import { createSealer, type Database, openDatabase, readRootSecret } from '../../_db/index.ts';
import { createRegistry, type RegistryReader } from '../../_registry/index.ts';
import { createRegistryReader } from '../../_registry/reader.ts';
import {
  DEMO_NODE,
  demoNodeOf,
  type NodeRuntime,
  type Portal,
  type RouterHandle,
  type RunningDemo,
  type StartDemoNode,
  setPortal,
  startDemo,
  startNodeRuntime,
  startRouter,
} from '../../_router/index.ts';
import { type Log, log, readRegistrySource, type Settings } from '../../_settings/index.ts';
import { PortalError } from '../../_text/errors.ts';
import { seedFromFile } from '../node/seed.ts';
import { removeDemo, seedDemo } from './demo.ts';

/** Ctrl-C ends within 3 s: what does not stop in this time is left. */
const STOP_LIMIT_MS = 2_000;
const SETUP_PATH = '/admin/setup';

/** bin/serve.mjs waits for it before it says where the portal is. */
const STARTING = Symbol.for('rootless42.starting');
type Holder = { [STARTING]?: Promise<Portal> };

/** Starts the portal of this process, or returns the one that runs. */
export function startPortal(settings: Settings, version: string): Promise<Portal> {
  const holder = globalThis as Holder;
  holder[STARTING] ??= start(settings, version);
  return holder[STARTING];
}

async function start(settings: Settings, version: string): Promise<Portal> {
  const { database } = await openDatabase({
    url: settings.databaseUrl,
    migrations: path.join(
      /* turbopackIgnore: true */ settings.rootFolder,
      'prisma/migrations/sqlite',
    ),
    backups: path.join(settings.dataFolder, 'backups'),
  });
  const portal = await createPortal({
    settings,
    version,
    database,
    log,
    startRouter: () => startRouter(settings, version, log),
    startDemoNode: demoNodeOf(settings, version),
    registryReader: createRegistryReader({
      dataFolder: settings.dataFolder,
      rootFolder: settings.rootFolder,
      trustPersonKeys: settings.registryPolicy.trustPersonKeys,
    }),
  });
  setPortal(portal);
  await openRegistry(portal);
  for (const { name } of await database.node.findMany()) await portal.startNode(name);
  const wasDemo = (await database.node.count({ where: { name: DEMO_NODE } })) > 0;
  if (settings.demo || (wasDemo && portal.canDemo)) await portal.startDemo();
  return portal;
}

export type PortalParts = {
  readonly settings: Settings;
  readonly version: string;
  readonly database: Database;
  readonly log: Log;
  readonly startRouter: () => RouterHandle;
  readonly registryReader: RegistryReader;
  /** Absent: this build has no demo, and the set-up page does not offer one. */
  readonly startDemoNode?: StartDemoNode;
};

/** Puts the portal together without starting a router; tests hand in parts of their own. */
export async function createPortal(parts: PortalParts): Promise<Portal> {
  const { settings, database } = parts;
  const now = new Date();
  const sealer = createSealer(readRootSecret(settings.dataFolder, settings.secret));
  const registry = createRegistry({
    reader: parts.registryReader,
    maxAgeSeconds: settings.registryPolicy.maxAgeSeconds,
    log: parts.log,
  });
  const nodes = new Map<string, NodeRuntime>();
  const stopListeners = new Set<() => void>();
  let stopping: Promise<void> | undefined;

  const start = (name: string, router: RouterHandle, demo?: RunningDemo): void => {
    const common = { settings, database, sealer, registry, log: parts.log };
    nodes.set(
      name,
      startNodeRuntime({
        ...common,
        name,
        isDemo: demo !== undefined,
        router,
        demoMesh: demo?.mesh,
      }),
    );
  };
  const end = async (name: string, reason: string): Promise<void> => {
    const runtime = nodes.get(name);
    if (runtime === undefined) return;
    nodes.delete(name);
    // A run may be waiting for the router's answer; the neighbors are told first.
    const reconciled = runtime.reconciler.stop();
    await runtime.router.stop(reason);
    await reconciled;
    await runtime.hub.stop();
  };
  const hasRealNode = (): boolean => [...nodes.values()].some((node) => !node.isDemo);
  const portal: Portal = {
    settings,
    database,
    sealer,
    registry,
    log: parts.log,
    version: parts.version,
    startedAt: now,
    nodes,
    canDemo: parts.startDemoNode !== undefined,
    setupPath: await firstRunPath(settings, database, now),
    async startNode(name) {
      // One router per process: the other rows are nodes of other machines.
      if (name === DEMO_NODE || hasRealNode()) return;
      start(name, parts.startRouter());
    },
    async startDemo() {
      if (nodes.has(DEMO_NODE)) return;
      if (parts.startDemoNode === undefined) throw new PortalError('DEMO_UNAVAILABLE');
      const running = await startDemo(parts.startDemoNode);
      await seedDemo(portal, running);
      start(DEMO_NODE, running.router, running);
      if (!hasRealNode()) await registry.use(running.registry);
    },
    async endDemo() {
      await end(DEMO_NODE, 'the demo ends');
      await removeDemo(portal);
    },
    onStop(listener) {
      stopListeners.add(listener);
      return () => stopListeners.delete(listener);
    },
    stop(reason) {
      stopping ??= (async () => {
        for (const listener of stopListeners) listener();
        const ends = [...nodes.keys()].map((name) => end(name, reason));
        await Promise.race([Promise.allSettled(ends), after(STOP_LIMIT_MS)]);
        await Promise.race([registry.stop(), after(STOP_LIMIT_MS)]);
        await database.$disconnect();
      })();
      return stopping;
    },
  };
  await seedFromFile(portal, now);
  return portal;
}

async function openRegistry(portal: Portal): Promise<void> {
  const source = await readRegistrySource(portal.settings, portal.database);
  // A git source may take minutes; peerings run on meanwhile, sign-in waits.
  portal.registry.use(source).catch((error: unknown) => {
    portal.log('warn', 'the registry could not be opened', { error });
  });
}

/** A link is made while there is no operator, unless file and token stand for one. */
async function firstRunPath(
  settings: Settings,
  database: Database,
  now: Date,
): Promise<string | undefined> {
  if (settings.file !== undefined && settings.operatorToken !== undefined) return undefined;
  if (settings.demo || (await database.operator.count()) > 0) return undefined;
  return `${SETUP_PATH}?token=${await createSetupLink(database, now)}`;
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
