/**
 * A simulated router as a portal holds it: behind the door, and supervised like a worker.
 *
 * Not standardized; docs/architecture.md §6 (the door's carrier in memory) and §13. It has the shape of
 * host/supervisor.ts, so that nothing above it can tell the difference, except by
 * `node.underlay.kind`.
 *
 *   starting ──► running ──crash, restart──► waiting (0.25 s) ──► starting
 *                   └──stop──► stopped
 *
 * Invariants
 * - Each life has a channel of its own: what was asked of the former one ends with `ROUTER_AWAY`.
 * - Watchers stay subscribed over all lives.
 *
 * @module
 */
import { RouterError } from '../base/errors.ts';
import { milliseconds } from '../base/units.ts';
import { startCapture } from '../router/door/capture.ts';
import { createDoorClient } from '../router/door/client.ts';
import type {
  DoorMethod,
  DoorMethods,
  DoorReply,
  DoorRequest,
  RouterClient,
} from '../router/door/contract.ts';
import { createDispatcher, type Dispatcher } from '../router/door/dispatcher.ts';
import { memoryChannel } from '../router/door/message-channel.ts';
import { startMrt } from '../router/door/mrt.ts';
import { startQuery } from '../router/door/queries/index.ts';
import type { MeshFiles, NodeConfig, RouterRegistry } from '../router/index.ts';
import type { RouterEvent } from '../router/types.ts';
import type { RealTime } from './pace.ts';
import type { SimulatedRouter, UnderlayPlace } from './simulated-router.ts';
import type { Simulation } from './simulation.ts';

const RESTARTS_AFTER = milliseconds(250);

export type SimulatedNodeState = 'starting' | 'running' | 'waiting' | 'stopped';

/** The same as `RouterSupervisor` of host/supervisor.ts. */
export interface SimulatedNode {
  readonly client: RouterClient;
  readonly state: SimulatedNodeState;
  readonly restarts: number;
  onState(listener: (state: SimulatedNodeState) => void): () => void;
  crash(): void;
  restart(): Promise<void>;
  stop(reason: string): Promise<void>;
}

export type SimulatedNodeOptions = {
  readonly simulation: Simulation;
  readonly time: RealTime;
  readonly underlay: UnderlayPlace;
  readonly version: string;
  /** Reads or makes the private key of a document. */
  privateKeyOf(path: string): Uint8Array;
  /** Reads or makes what of a mesh is in no document. */
  meshFilesOf?(config: NodeConfig): MeshFiles;
  /** Reads a registry index; without it the node keeps the registry it was made with. */
  readRegistry?(indexPath: string, checkedAt: string): RouterRegistry;
  readonly registry?: RouterRegistry;
  /** Called with each document after it was applied. */
  applied?(config: NodeConfig, router: SimulatedRouter): void;
};

export function createSimulatedNode(options: SimulatedNodeOptions): SimulatedNode {
  const { simulation, time } = options;
  const listeners = new Set<(event: RouterEvent) => void>();
  const stateListeners = new Set<(state: SimulatedNodeState) => void>();
  let state: SimulatedNodeState = 'starting';
  let restarts = 0;
  let router: SimulatedRouter | undefined;
  let life: { client: RouterClient; dispatcher: Dispatcher } | undefined;

  function change(next: SimulatedNodeState): void {
    if (state === next || state === 'stopped') return;
    state = next;
    for (const listener of stateListeners) listener(next);
  }

  /** The router is made with the first document, which names its key. */
  function routerFor(config: NodeConfig): SimulatedRouter {
    if (router !== undefined) return router;
    const { meshFilesOf } = options;
    const made = simulation.addRouter({
      privateKey: options.privateKeyOf(config.node.privateKeyFile),
      underlay: options.underlay,
      version: options.version,
      ...(meshFilesOf === undefined ? {} : { meshFilesOf }),
    });
    made.setRegistry(options.registry);
    made.onEvent((event) => life?.dispatcher.publish(event));
    made.onSettled(() => {
      while (life?.dispatcher.runQueries(() => false)) {
        // Rows go to a queue in memory; nobody else waits for this thread's turn.
      }
    });
    router = made;
    return made;
  }

  function present(): SimulatedRouter {
    if (router === undefined)
      throw new RouterError('ROUTER_AWAY', 'The router has no configuration yet.');
    return router;
  }

  const methods: {
    [M in DoorMethod]: (
      input: DoorMethods[M]['in'],
    ) => DoorMethods[M]['out'] | Promise<DoorMethods[M]['out']>;
  } = {
    apply({ config }) {
      const applying = routerFor(config);
      const report = applying.apply(config);
      options.applied?.(config, applying);
      return report;
    },
    snapshot: () => present().router.snapshot(simulation.now),
    health: () => present().router.health(simulation.now),
    meshHistory: ({ range }) => present().router.mesh.history.view(range, simulation.now),
    restart({ entity, scope }) {
      const restarted = present().router.restart(entity, scope, simulation.now);
      present().touch();
      return { restarted };
    },
    registry({ indexPath, checkedAt }) {
      const registry = options.readRegistry?.(indexPath, checkedAt) ?? options.registry;
      present().setRegistry(registry);
      return { commit: registry?.commit ?? '', roas: registry?.roas.length ?? 0 };
    },
    async stop({ reason }) {
      await stop(reason);
      return { stopped: true };
    },
  };

  function begin(): void {
    const [theirs, ours] = memoryChannel<DoorRequest, DoorReply>((run) => {
      time.schedule(0, run);
    });
    const dispatcher = createDispatcher(
      ours,
      {
        call(method, input) {
          const method_ = methods[method] as (input: unknown) => never;
          return method_(input);
        },
        startQuery(query, now) {
          const run = startQuery(present().router, query, now);
          present().touch();
          return run;
        },
        startCapture(capture, now) {
          const running = startCapture(present().router, capture, now);
          present().touch();
          return running;
        },
        startMrt(mrt, now) {
          const file = startMrt(present().router, mrt, now);
          present().touch();
          return file;
        },
        currentEvents: () => (router?.isUp ? router.router.currentEvents(simulation.now) : []),
      },
      () => simulation.now,
    );
    const client = createDoorClient(theirs, time.schedule);
    client.watch((event) => {
      for (const listener of listeners) listener(event);
    });
    life = { client, dispatcher };
    router?.start();
    change('running');
  }

  function endLife(): void {
    const ending = life;
    life = undefined;
    ending?.client.close();
  }

  function beginAgain(): void {
    endLife();
    change('waiting');
    simulation.after(RESTARTS_AFTER, () => {
      if (state === 'stopped') return;
      restarts++;
      change('starting');
      begin();
    });
  }

  const stopRouter = (reason: string): Promise<void> =>
    new Promise((resolve) => {
      if (router?.isUp) router.stop(reason, resolve);
      else resolve();
    });

  async function stop(reason: string): Promise<void> {
    if (state === 'stopped') return;
    change('stopped');
    await stopRouter(reason);
    endLife();
  }

  function presentClient(): RouterClient {
    if (life === undefined)
      throw new RouterError(
        'ROUTER_AWAY',
        'The router is restarting. Your peerings are stored; they return by themselves.',
      );
    return life.client;
  }

  begin();
  return {
    client: {
      async call(method, input, timeoutMs) {
        return presentClient().call(method, input, timeoutMs);
      },
      query: (query, signal) => presentClient().query(query, signal),
      capture: (capture, signal) => presentClient().capture(capture, signal),
      mrt: (mrt, signal) => presentClient().mrt(mrt, signal),
      watch(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      close: () => Promise.resolve(),
    },
    get state() {
      return state;
    },
    get restarts() {
      return restarts;
    },
    onState(listener) {
      stateListeners.add(listener);
      return () => stateListeners.delete(listener);
    },
    crash() {
      if (state !== 'running') return;
      router?.crash();
      beginAgain();
    },
    async restart() {
      if (state !== 'running') return;
      await stopRouter('the router restarts');
      beginAgain();
    },
    stop,
  };
}
