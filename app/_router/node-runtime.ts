/**
 * Puts together what one node needs in the portal: router, hub, timelines, reconciler.
 *
 * Not standardized; docs/architecture.md §5 steps 5 to 13.
 *
 * @module
 */
import 'server-only';
import type { ApplyReportLine, MeshSettings, NodeView } from '../../router-core/index.ts';
import { type Database, inTransaction, type Sealer } from '../_db/index.ts';
import type { Registry } from '../_registry/index.ts';
import { type Log, readRegistrySource, type Settings, writeStored } from '../_settings/index.ts';
import { meshOfStored, readStoredMesh } from './mesh-settings.ts';
import { buildNodeConfig, ofFile } from './node-config.ts';
import { nodeFactsOf } from './node-facts.ts';
import { openOptions } from './peering-options.ts';
import { passwordOwner, peeringRowOf, presharedKeyOwner } from './peering-row.ts';
import type { NodeRuntime } from './portal.ts';
import { createReconciler, type ReconcileOutcome } from './reconciler.ts';
import { createStatusHub, type StatusHub } from './status-hub.ts';
import type { RouterHandle } from './supervisor.ts';
import { createTimelines, recordStep } from './timelines.ts';

/** How long a router may take to accept its document after it came up. */
const CAME_UP_MS = 10_000;

export type NodeRuntimeOptions = {
  readonly name: string;
  readonly isDemo: boolean;
  /** The demo's, which no file says. */
  readonly demoMesh?: MeshSettings | undefined;
  readonly router: RouterHandle;
  readonly settings: Settings;
  readonly database: Database;
  readonly sealer: Sealer;
  readonly registry: Registry;
  readonly log: Log;
};

/** Starts watching and reconciling a node whose row is in the database. */
export function startNodeRuntime(options: NodeRuntimeOptions): NodeRuntime {
  const { name, router, database, registry, log } = options;
  const timelines = createTimelines(database);
  let publicKey: string | undefined;
  const hub = createStatusHub({
    client: router.client,
    record: (view) => timelines.record(view),
    nodeSeen(node: NodeView) {
      if (node.publicKey === publicKey) return;
      publicKey = node.publicKey;
      writeStored(database, `publicKey/${name}`, publicKey, new Date()).catch((error: unknown) =>
        log('warn', 'the public key of a node could not be stored', { node: name, error }),
      );
    },
    log: (level, message, fields) => log(level, message, { node: name, ...fields }),
  });
  const reconciler = createReconciler({
    client: router.client,
    build: (present) => buildDocument(options, present),
    onOutcome: (outcome) => tellOutcome(options, hub, outcome),
  });

  const offerRegistry = async (): Promise<void> => {
    const loaded = registry.loaded();
    if (loaded === undefined || options.isDemo || router.state().kind !== 'up') return;
    const { indexPath, checkedAt } = loaded;
    await router.client
      .call('registry', { indexPath, checkedAt: checkedAt.toISOString() })
      .catch((error: unknown) =>
        log('warn', 'the router did not take the registry index', { node: name, error }),
      );
  };
  /** The document first: before it a router knows nothing to tell, and takes no registry. */
  const cameUp = async (): Promise<void> => {
    await reconciler.settled(CAME_UP_MS);
    await offerRegistry();
    await hub
      .refresh()
      .catch((error: unknown) =>
        log('warn', 'the state of a router could not be read', { node: name, error }),
      );
  };
  registry.onChecked(() => void offerRegistry());
  router.onState((state) => {
    hub.nodeChanged();
    for (const view of hub.peerings()) hub.peeringChanged(view.id);
    if (state.kind === 'up') void cameUp();
    else log(state.kind === 'down' ? 'warn' : 'info', 'router', { node: name, ...state });
  });
  reconciler.start();
  if (router.state().kind === 'up') void cameUp();
  return { name, isDemo: options.isDemo, router, hub, reconciler };
}

async function buildDocument(options: NodeRuntimeOptions, present: readonly string[]) {
  const { database, sealer, settings, name } = options;
  // One transaction: a document never mixes rows of two revisions.
  const { node, peerings, registry, mesh } = await inTransaction(database, async (transaction) => ({
    node: await transaction.node.findUniqueOrThrow({ where: { name } }),
    peerings: await transaction.peering.findMany({ where: { node: name } }),
    registry: await readRegistrySource(settings, transaction),
    mesh: meshOfStored(await readStoredMesh(transaction, sealer, name), settings),
  }));
  return buildNodeConfig(
    {
      facts: nodeFactsOf(node),
      epoch: node.epoch,
      revision: node.revision,
      operation: node.operation,
      source: options.isDemo ? 'demo' : 'database',
      registry: options.isDemo ? undefined : registry,
      ofFile: {
        ...ofFile(settings, options.isDemo),
        ...(options.demoMesh === undefined ? {} : { mesh: options.demoMesh }),
      },
      mesh,
      peerings: peerings.map(peeringRowOf),
      present,
    },
    {
      presharedKey: (id, sealed) => sealer.open(sealed, presharedKeyOwner(id)),
      password: (id, sealed) => sealer.open(sealed, passwordOwner(id)),
      options: (row) => openOptions(sealer, row),
    },
  );
}

async function tellOutcome(
  { name, database, log }: NodeRuntimeOptions,
  hub: StatusHub,
  outcome: ReconcileOutcome,
): Promise<void> {
  if (outcome.kind === 'failed') {
    log('warn', 'the document could not be applied', { node: name, ...outcome });
    return;
  }
  if (outcome.kind === 'agreed') return;
  const { report, revision } = outcome;
  const failed = report.lines.filter((line) => line.outcome === 'failed');
  log(failed.length === 0 ? 'info' : 'warn', 'document applied', {
    node: name,
    revision,
    applied: report.lines.filter((line) => line.outcome === 'applied').length,
    failed: failed.map(({ id, code }) => `${id} ${code ?? ''}`),
  });
  for (const line of failed)
    if (line.entity === 'peering') await recordFailure(database, name, revision, line);
  for (const line of report.lines) if (line.entity === 'peering') hub.peeringChanged(line.id);
}

/** One entry per failed revision, so that a retry every minute does not fill the timeline. */
async function recordFailure(
  database: Database,
  node: string,
  revision: number,
  line: ApplyReportLine,
): Promise<void> {
  const operation = `revision-${revision}`;
  const known = await database.timeline.findFirst({
    where: { peering: line.id, step: 'failed', operation },
  });
  if (known !== null) return;
  const detail = [line.code, line.message].filter(Boolean).join(': ');
  await inTransaction(database, (transaction) =>
    recordStep(transaction, {
      node,
      peering: line.id,
      step: 'failed',
      at: new Date(),
      detail,
      operation,
    }),
  );
}
