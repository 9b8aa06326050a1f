/**
 * The supervisor: keeps one router worker alive and applied.
 *
 * Not standardized; docs/architecture.md §6 and §8. The client it offers outlives the worker:
 * watchers stay subscribed, calls fail with `ROUTER_AWAY` while it is away.
 *
 *   starting ──up──► running ──exit──► waiting (0.25 s … 30 s) ──► starting
 *                       └──stop──► stopped
 *
 * Invariants
 * - After every start the last document and the registry are applied again, before anybody asks.
 * - A document that ends the router three times is replaced by the last good one before it.
 * - `stop` is orderly within its limit, then final.
 *
 * @module
 */
import { dirname, join } from 'node:path';
import { MessageChannel as NodeMessageChannel, Worker } from 'node:worker_threads';
import { RouterError } from '../base/errors.ts';
import type { PacketPath } from '../base/underlay-wish.ts';
import { createDoorClient, type Schedule } from '../router/door/client.ts';
import type {
  DoorMethod,
  DoorMethods,
  DoorReply,
  DoorRequest,
  RouterClient,
} from '../router/door/contract.ts';
import type { ApplyReport, NodeConfig, RouterEvent } from '../router/types.ts';
import { messagePortChannel } from './carriers/message-port.ts';
import { type PacketPlane, startPacketPlane } from './packet-plane.ts';
import { helpersYieldToPackets } from './thread.ts';
import type { RouterWorkerData, RouterWorkerLog } from './workers/router-protocol.ts';

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 30_000;
const HEALTHY_AFTER_MS = 60_000;
const HANG_LIMIT_MS = 10_000;
const HEARTBEAT_INTERVAL_MS = 2000;
const STOP_LIMIT_MS = 1900;
const CRASHES_OF_ONE_DOCUMENT = 3;

export type SupervisorState = 'starting' | 'running' | 'waiting' | 'stopped';
export type SupervisorOptions = {
  readonly dataFolder: string;
  readonly version: string;
  /** Path of the built worker; the packet worker and the fast path stand beside it. */
  readonly workerFile: string;
  /** Who is to carry packets; default the fastest that works. */
  readonly underlay?: PacketPath;
  log(
    level: 'info' | 'warn' | 'error',
    message: string,
    fields: Readonly<Record<string, unknown>>,
  ): void;
};

export interface RouterSupervisor {
  readonly client: RouterClient;
  readonly state: SupervisorState;
  /** Starts since the first one. */
  readonly restarts: number;
  /** Called with every change of state. */
  onState(listener: (state: SupervisorState) => void): () => void;
  /** Ends the worker as a crash would; it comes back by itself. */
  crash(): void;
  /** Ends the worker in order and starts it anew. */
  restart(): Promise<void>;
  stop(reason: string): Promise<void>;
}

export const scheduleOnEventLoop: Schedule = (ms, run) => {
  const timer = setTimeout(run, ms);
  timer.unref();
  return () => clearTimeout(timer);
};

export function startRouterSupervisor(options: SupervisorOptions): RouterSupervisor {
  const { log } = options;
  const listeners = new Set<(event: RouterEvent) => void>();
  const stateListeners = new Set<(state: SupervisorState) => void>();
  let state: SupervisorState = 'starting';
  let worker: Worker | undefined;
  let door: RouterClient | undefined;
  let restarts = 0;
  let waitMs = FIRST_WAIT_MS;
  let startedAt = 0;
  let retry: NodeJS.Timeout | undefined;
  let applied: NodeConfig | undefined;
  let goodBefore: NodeConfig | undefined;
  let registry: DoorMethods['registry']['in'] | undefined;
  let crashes = { digest: '', count: 0 };
  let isEndingInOrder = false;
  let isPlaneLost = false;
  let plane: PacketPlane | undefined;
  /** Why no packet worker carries packets. */
  let inlineReason = 'no packet worker is wished for';
  /** Calls made before the workers are there wait for them, and so does the end. */
  let beginning = begin();

  function change(next: SupervisorState): void {
    // Stopped is final: an answer that was under way must not bring the worker back.
    if (state === next || state === 'stopped') return;
    state = next;
    for (const listener of stateListeners) listener(next);
  }

  /** Starts the packet worker, if there is to be one, and the first router worker after it. */
  async function begin(): Promise<void> {
    await startPlane();
    if (state !== 'stopped') start();
  }

  async function startPlane(): Promise<void> {
    const wish = options.underlay ?? 'auto';
    if (wish === 'inline') return;
    const folder = dirname(options.workerFile);
    const started = await startPacketPlane({
      workerFile: join(folder, 'packet-worker.js'),
      moduleFile: join(folder, 'fast-path.wasm'),
      wish,
    });
    if ('unavailable' in started) {
      inlineReason = started.unavailable;
      log('warn', 'no packet worker; the router worker carries packets itself', {
        reason: inlineReason,
      });
      return;
    }
    plane = started;
    helpersYieldToPackets();
    log('info', 'packet worker', started.underlay);
    started.onFailure((reason) => {
      if (plane !== started) return;
      plane = undefined;
      log('error', 'the packet worker failed; both workers start again', { cause: reason });
      isPlaneLost = true;
      worker?.terminate();
    });
  }

  function start(): void {
    change('starting');
    startedAt = Date.now();
    isEndingInOrder = false;
    const { port1, port2 } = new NodeMessageChannel();
    const handover = plane?.attach();
    const workerData: RouterWorkerData = {
      dataFolder: options.dataFolder,
      version: options.version,
      doorPort: port2,
      packets: handover ?? { inlineReason },
    };
    const started = new Worker(options.workerFile, {
      workerData,
      transferList: handover === undefined ? [port2] : [port2, handover.port],
      name: 'router',
    });
    const client = createDoorClient(
      messagePortChannel<DoorRequest, DoorReply>(port1),
      scheduleOnEventLoop,
    );
    worker = started;
    door = client;
    started.on('message', (line: RouterWorkerLog) => log(line.level, line.message, line.fields));
    started.on('error', (error) =>
      log('error', 'the router worker failed', { cause: error.stack ?? String(error) }),
    );
    started.once('exit', (code) => exited(started, port1, code));
    client.watch((event) => {
      for (const listener of listeners) listener(event);
    });
    returnToWork(client).then(
      () => {
        if (worker === started) change('running');
      },
      (error: Error) =>
        log('warn', 'the router did not take its document', { cause: error.message }),
    );
  }

  async function restartWorkers(): Promise<void> {
    if (isPlaneLost) {
      isPlaneLost = false;
      await startPlane();
    }
    if (state !== 'stopped') start();
  }

  /** Applies again what ran before: the document first, then the registry. */
  async function returnToWork(client: RouterClient): Promise<void> {
    if (applied === undefined) return;
    await client.call('apply', { config: { ...applied, allowMassRemoval: true } });
    if (registry !== undefined) await client.call('registry', registry);
  }

  function exited(ended: Worker, port: { close(): void }, code: number): void {
    port.close();
    if (worker !== ended) return;
    worker = undefined;
    door = undefined;
    if (state === 'stopped') return;
    const wasHealthy = Date.now() - startedAt > HEALTHY_AFTER_MS;
    waitMs = isEndingInOrder ? 0 : wasHealthy ? FIRST_WAIT_MS : waitMs;
    // A packet worker that failed is no fault of the document.
    if (!isEndingInOrder && !isPlaneLost) countCrash();
    log(isEndingInOrder ? 'info' : 'warn', 'the router worker ended; it starts again', {
      code,
      inSeconds: waitMs / 1000,
    });
    change('waiting');
    retry = setTimeout(() => {
      restarts++;
      beginning = restartWorkers();
    }, waitMs);
    waitMs = Math.min(LONGEST_WAIT_MS, Math.max(FIRST_WAIT_MS, waitMs * 2));
  }

  /** Three ends under the same document within a minute each: it is the document. */
  function countCrash(): void {
    if (applied === undefined || Date.now() - startedAt > HEALTHY_AFTER_MS) return;
    crashes =
      crashes.digest === applied.digest
        ? { digest: applied.digest, count: crashes.count + 1 }
        : { digest: applied.digest, count: 1 };
    if (
      crashes.count < CRASHES_OF_ONE_DOCUMENT ||
      goodBefore === undefined ||
      goodBefore.digest === applied.digest
    )
      return;
    log('error', 'this document ended the router three times; the one before it is applied', {
      digest: applied.digest,
      instead: goodBefore.digest,
    });
    applied = goodBefore;
  }

  let unanswered = 0;
  const heartbeat = setInterval(() => {
    if (state !== 'running' || door === undefined) {
      unanswered = 0;
      return;
    }
    unanswered += HEARTBEAT_INTERVAL_MS;
    if (unanswered > HANG_LIMIT_MS) {
      log('error', 'the router worker hangs; it is ended', { silentSeconds: unanswered / 1000 });
      unanswered = 0;
      worker?.terminate();
      return;
    }
    const answered = (): void => {
      unanswered = 0;
    };
    // An error is an answer too, except that of a channel which closes: `exit` follows that.
    door.call('health', {}, HANG_LIMIT_MS).then(answered, answered);
  }, HEARTBEAT_INTERVAL_MS);
  heartbeat.unref();

  async function call<M extends DoorMethod>(
    method: M,
    input: DoorMethods[M]['in'],
    timeoutMs?: number,
  ): Promise<DoorMethods[M]['out']> {
    await beginning;
    if (method === 'apply')
      return (await apply((input as DoorMethods['apply']['in']).config)) as DoorMethods[M]['out'];
    if (method === 'registry') registry = input as DoorMethods['registry']['in'];
    return presentDoor().call(method, input, timeoutMs);
  }

  /** Sends a document. It is kept first: should it end the worker, the next one gets it again. */
  async function apply(config: NodeConfig): Promise<ApplyReport> {
    const before = applied;
    applied = config;
    try {
      const report = await presentDoor().call('apply', { config });
      if (before !== undefined && before.digest !== config.digest) goodBefore = before;
      change('running');
      return report;
    } catch (error) {
      const isRefused =
        error instanceof RouterError && error.code !== 'ROUTER_AWAY' && error.code !== 'TIMEOUT';
      if (isRefused) applied = before;
      throw error;
    }
  }

  function presentDoor(): RouterClient {
    if (door === undefined)
      throw new RouterError(
        'ROUTER_AWAY',
        'The router is restarting. Your peerings are stored; they return by themselves.',
      );
    return door;
  }

  async function endInOrder(reason: string): Promise<void> {
    const ending = worker;
    if (ending === undefined) return;
    isEndingInOrder = true;
    const gone = new Promise<void>((resolve) => {
      ending.once('exit', () => resolve());
    });
    const limit = new Promise<void>((resolve) => {
      setTimeout(resolve, STOP_LIMIT_MS).unref();
    });
    const asked = door
      ?.call('stop', { reason }, STOP_LIMIT_MS)
      .catch((error: Error) =>
        log('warn', 'the router did not stop in order', { cause: error.message }),
      );
    await Promise.race([Promise.all([asked, gone]), limit]);
    await ending.terminate();
  }

  return {
    client: {
      call,
      query: (query, signal) => presentDoor().query(query, signal),
      capture: (capture, signal) => presentDoor().capture(capture, signal),
      mrt: (mrt, signal) => presentDoor().mrt(mrt, signal),
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
    crash: () => worker?.postMessage('crash'),
    restart: () => endInOrder('the router restarts'),
    async stop(reason) {
      clearTimeout(retry);
      clearInterval(heartbeat);
      const wasRunning = state !== 'stopped';
      change('stopped');
      await beginning;
      if (wasRunning) await endInOrder(reason);
      await plane?.stop();
    },
  };
}
