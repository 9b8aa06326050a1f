/**
 * A router for service tests: answers the contract of the door from a document it was given.
 *
 * Not standardized; simulated nodes replace it where sessions have to come up. It behaves like the
 * real one in what the portal relies on: the brake, agreement by epoch, revision and digest, events.
 *
 * @module
 */
import {
  type CaptureInput,
  type MeshView,
  type NodeConfig,
  type NodeView,
  type PeeringConfig,
  type PeeringView,
  type QueryInput,
  type QueryRow,
  type RouterClient,
  RouterError,
  type RouterEvent,
  type ServiceView,
  type Transition,
} from '../../../router-core/index.ts';
import type { RouterHandle, RouterState } from '../../_router/index.ts';

export const FAKE_PUBLIC_KEY = 'cm91dGVyLXB1YmxpYy1rZXktb2YtdGhlLWZha2Utbm8=';

export interface FakeRouter extends RouterHandle {
  /** The document in force. */
  config(): NodeConfig | undefined;
  applied(): number;
  /** Changes what the router sees of a peering and tells it. */
  report(id: string, change: Partial<PeeringView>): void;
  /** Makes the next documents fail for one peering. */
  failFor(publicKey: string | undefined): void;
  setState(kind: RouterState['kind']): void;
  reportServices(views: readonly ServiceView[]): void;
  /** Tells of a mesh; null: of none any more. */
  reportMesh(mesh: MeshView | null): void;
  answerQueries(rows: readonly QueryRow[]): void;
  answerCaptures(answer: (signal?: AbortSignal) => AsyncIterable<Uint8Array>): void;
  readonly captures: readonly CaptureInput[];
  readonly questions: readonly QueryInput[];
  readonly restarts: { readonly entity: string; readonly scope: string }[];
}

export function createFakeRouter(): FakeRouter {
  const listeners = new Set<(event: RouterEvent) => void>();
  const stateListeners: ((state: RouterState) => void)[] = [];
  const views = new Map<string, PeeringView>();
  const restarts: { entity: string; scope: string }[] = [];
  let config: NodeConfig | undefined;
  let applied = 0;
  let failing: string | undefined;
  let rows: readonly QueryRow[] = [];
  let services: readonly ServiceView[] = [];
  let mesh: MeshView | undefined;
  let answerCapture: (signal?: AbortSignal) => AsyncIterable<Uint8Array> = async function* () {
    yield new Uint8Array(0);
  };
  const captures: CaptureInput[] = [];
  const questions: QueryInput[] = [];
  let kind: RouterState['kind'] = 'up';
  const since = new Date();
  const state = (): RouterState => ({ kind, since, restarts: 0, reason: null });

  const tell = (event: RouterEvent): void => {
    for (const listener of listeners) listener(event);
  };
  const apply = (next: NodeConfig) => {
    const wanted = new Set(next.peerings.map((peering) => peering.id));
    const lost = [...views.keys()].filter((id) => !wanted.has(id));
    if (lost.length > 0 && lost.length * 3 > views.size && next.allowMassRemoval !== true)
      throw new RouterError('CONFIG_BRAKE', 'The document would remove too many peerings.');
    config = next;
    applied += 1;
    for (const id of lost) {
      views.delete(id);
      tell({ kind: 'peering-gone', id });
    }
    const lines = next.peerings.map((peering) => {
      if (peering.publicKey === failing)
        return {
          entity: 'peering',
          id: peering.id,
          outcome: 'failed',
          code: 'SOCKET_FAILED',
        } as const;
      const known = views.get(peering.id);
      const view = known ?? firstView(next, peering);
      views.set(peering.id, view);
      tell({ kind: 'peering', peering: view });
      return {
        entity: 'peering',
        id: peering.id,
        outcome: known ? 'unchanged' : 'applied',
      } as const;
    });
    return { epoch: next.epoch, revision: next.revision, digest: next.digest, lines };
  };
  const answers: Record<string, (input: never) => unknown> = {
    apply: ({ config: next }: { config: NodeConfig }) => apply(next),
    health: () => ({
      version: 'fake',
      epoch: config?.epoch ?? '',
      revision: config?.revision ?? 0,
      digest: config?.digest ?? '',
      registryCommit: null,
      uptimeSeconds: 1,
      loopDelayMs: 0,
    }),
    snapshot: () => ({
      epoch: config?.epoch ?? '',
      revision: config?.revision ?? 0,
      digest: config?.digest ?? '',
      at: new Date().toISOString(),
      node: { ...nodeView(config), services },
      peerings: [...views.values()],
      ...(mesh === undefined ? {} : { mesh }),
    }),
    meshHistory: () => ({ since: null, sampleSeconds: 60, links: [], changes: [] }),
    restart: (input: { entity: string; scope: string }) => {
      restarts.push(input);
      return { restarted: true };
    },
    registry: () => ({ commit: 'fake', roas: 0 }),
    stop: () => ({ stopped: true }),
  };
  const client: RouterClient = {
    // The table above has one answer per method of the contract.
    call: async (method, input) => {
      if (kind !== 'up') throw new RouterError('ROUTER_AWAY', 'The router is restarting.');
      return answers[method]?.(input as never) as never;
    },
    async *query(input) {
      questions.push(input);
      yield* rows;
    },
    capture(input, signal) {
      captures.push(input);
      return answerCapture(signal);
    },
    mrt: (_input, signal) => answerCapture(signal),
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: async () => undefined,
  };

  return {
    client,
    state,
    onState: (listener) => void stateListeners.push(listener),
    crash: () => undefined,
    restart: async () => undefined,
    stop: async () => {
      kind = 'stopped';
    },
    config: () => config,
    applied: () => applied,
    report(id, change) {
      const view = { ...(views.get(id) as PeeringView), ...change };
      views.set(id, view);
      tell({ kind: 'peering', peering: view });
    },
    failFor(publicKey) {
      failing = publicKey;
    },
    setState(next) {
      kind = next;
      for (const listener of stateListeners) listener(state());
    },
    reportServices(next) {
      services = next;
    },
    reportMesh(next) {
      mesh = next ?? undefined;
      tell({ kind: 'mesh', mesh: next });
    },
    answerQueries(next) {
      rows = next;
    },
    answerCaptures(next) {
      answerCapture = next;
    },
    captures,
    questions,
    restarts,
  };
}

function firstView(config: NodeConfig, peering: PeeringConfig): PeeringView {
  const provisioned: Transition = {
    number: 1,
    step: 'provisioned',
    at: new Date().toISOString(),
    ...(config.operation === undefined ? {} : { operation: config.operation }),
  };
  return {
    id: peering.id,
    node: config.node.name,
    name: peering.name,
    asn: peering.asn,
    revision: config.revision,
    operational: 'provisioned',
    received: 0,
    accepted: 0,
    rejected: 0,
    sent: 0,
    tunnel: {
      lastHandshakeAt: null,
      rxBytes: 0,
      txBytes: 0,
      endpoint: null,
      firstPacketAt: null,
      lastReceivedAt: null,
      initiationsSent: 0,
      roundTripMs: null,
    },
    sessions: [],
    diagnosis: [],
    transitions: [provisioned],
  };
}

function nodeView(config: NodeConfig | undefined): NodeView {
  return {
    name: config?.node.name ?? '',
    asn: config?.node.asn ?? 0,
    publicKey: FAKE_PUBLIC_KEY,
    listenPort: 51820,
    ports: [51820],
    failedPorts: [],
    startedAt: new Date().toISOString(),
    underlay: { kind: 'fake', reason: 'test' },
    uapi: { path: null, note: 'test' },
    services: [],
    routes: { ipv4: 0, ipv6: 0 },
    drops: {},
    registry: null,
    unclaimedKeys: [],
  };
}
