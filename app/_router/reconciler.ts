/**
 * Makes a node's router agree with the database: build the document, compare, apply.
 *
 * Not standardized; docs/architecture.md §5 steps 5 to 7 and §7. Verbs wake it after their commit;
 * losing that call is harmless, because it also looks at start, when the router came back, and
 * every minute.
 *
 * Invariants
 * - One run at a time; a wake during a run causes exactly one more.
 * - It never removes what no row explains: then the router's brake answers and people are told.
 *
 * @module
 */
import 'server-only';
import type { ApplyReport, NodeConfig, RouterClient, Snapshot } from '../../router-core/index.ts';

const PERIOD_MS = 60_000;
const APPLY_TIMEOUT_MS = 10_000;
/** A leaving peering keeps its address and key for up to 1 s; whoever wants them waits so long. */
const LEAVING_MS = 1_500;

export type ReconcileOutcome =
  | { readonly kind: 'agreed'; readonly revision: number }
  | { readonly kind: 'applied'; readonly revision: number; readonly report: ApplyReport }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

export interface Reconciler {
  /** Asks for a run; returns at once. */
  wake(): void;
  /** Resolves with the outcome of a run that began after this call, or undefined after the time. */
  settled(timeoutMs: number): Promise<ReconcileOutcome | undefined>;
  /** The outcome of the last run. */
  last(): ReconcileOutcome | undefined;
  start(): void;
  stop(): Promise<void>;
}

export type ReconcilerOptions = {
  readonly client: RouterClient;
  /** Reads the rows and builds the document; `present` are the ids the router has. */
  readonly build: (present: readonly string[]) => Promise<NodeConfig>;
  /** Called after every run that changed or failed. */
  readonly onOutcome: (outcome: ReconcileOutcome) => Promise<void>;
};

export function createReconciler({ client, build, onOutcome }: ReconcilerOptions): Reconciler {
  let running: Promise<void> | undefined;
  let again = false;
  let last: ReconcileOutcome | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let isIncomplete = false;
  let waiting: ((outcome: ReconcileOutcome) => void)[] = [];

  const loop = async (): Promise<void> => {
    while (again && !stopped) {
      again = false;
      const served = waiting;
      waiting = [];
      const outcome = await reconcile(client, build, isIncomplete);
      isIncomplete = isReportIncomplete(outcome);
      if (isIncomplete && last?.kind !== 'failed') setTimeout(wake, LEAVING_MS).unref();
      if (outcome.kind !== 'agreed' || last?.kind !== 'agreed') await onOutcome(outcome);
      last = outcome;
      for (const resolve of served) resolve(outcome);
    }
    running = undefined;
  };
  const wake = (): void => {
    if (stopped) return;
    again = true;
    running ??= loop();
  };

  return {
    wake,
    settled(timeoutMs) {
      const outcome = new Promise<ReconcileOutcome>((resolve) => waiting.push(resolve));
      wake();
      return Promise.race([outcome, after(timeoutMs)]);
    },
    last: () => last,
    start() {
      timer ??= setInterval(wake, PERIOD_MS);
      timer.unref();
      wake();
    },
    async stop() {
      stopped = true;
      clearInterval(timer);
      await running;
    },
  };
}

async function reconcile(
  client: RouterClient,
  build: ReconcilerOptions['build'],
  isIncomplete: boolean,
): Promise<ReconcileOutcome> {
  try {
    const present = await readPresent(client);
    const config = await build(present?.peerings.map((peering) => peering.id) ?? []);
    const agrees =
      present?.epoch === config.epoch &&
      present.revision === config.revision &&
      present.digest === config.digest;
    if (agrees && !isIncomplete) return { kind: 'agreed', revision: config.revision };
    const report = await client.call('apply', { config }, APPLY_TIMEOUT_MS);
    return { kind: 'applied', revision: config.revision, report };
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    return {
      kind: 'failed',
      code: typeof code === 'string' ? code : 'INTERNAL',
      message: error instanceof Error ? error.message : String(error),
    };
  }
}

/** Returns what the router has; undefined when it has no document yet, or is away. */
async function readPresent(client: RouterClient): Promise<Snapshot | undefined> {
  try {
    return await client.call('snapshot', {});
  } catch (error) {
    // Whether it is away the document itself finds out.
    if ((error as { code?: unknown }).code === 'ROUTER_AWAY') return undefined;
    throw error;
  }
}

/** Whether a part of the document waits for another part to leave, or failed. */
function isReportIncomplete(outcome: ReconcileOutcome): boolean {
  return (
    outcome.kind === 'applied' &&
    outcome.report.lines.some((line) => line.outcome === 'failed' || line.outcome === 'removing')
  );
}

function after(timeoutMs: number): Promise<undefined> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(undefined), timeoutMs).unref();
  });
}
