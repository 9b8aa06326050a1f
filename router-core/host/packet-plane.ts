/**
 * The packet worker and its memory: started before any router worker, and living longer than those.
 *
 * Not standardized; docs/architecture.md §6. A thread that a router worker started would end with it,
 * so the supervisor starts this one and hands each router worker an end of its messages.
 *
 * Invariants
 * - The memory is made once and never grows: the system holds addresses in it.
 * - `stop` is cooperative; `terminate` is the last resort, because a thread in a system call does not
 *   hear of it for long.
 *
 * @module
 */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { UnderlayWish } from '../base/underlay-wish.ts';
import { NONE } from '../base/units.ts';
import {
  CONTROL_BANK,
  CONTROL_FORWARDING,
  CONTROL_TICKS,
  PLANE_PAGES,
} from '../packet/plane-layout.ts';
import { readFastPathModule } from './fast-path-module.ts';
// Not by the index: the portal's bundler must not meet the native code behind it.
import { wakeByDescriptor } from './underlay/wake.ts';
import type {
  FromPacketWorker,
  FromSupervisor,
  PacketWorkerData,
  UnderlayReport,
} from './workers/packet-protocol.ts';

const START_LIMIT_MS = 10_000;
const STOP_LIMIT_MS = 1000;
const WATCH_INTERVAL_MS = 2000;
/** A thread that does not tick for so long hangs. */
const HANG_LIMIT_MS = 10_000;

/** What a router worker needs to use the packet worker. */
export type PlaneHandover = {
  readonly memory: WebAssembly.Memory;
  /** Compiled once for every thread and every life. */
  readonly module: WebAssembly.Module;
  readonly port: MessagePort;
  readonly wakeFd: number | undefined;
  readonly underlay: UnderlayReport;
};

export interface PacketPlane {
  readonly underlay: UnderlayReport;
  /** Returns the end of the messages for a router worker that begins; the former one's is closed. */
  attach(): PlaneHandover;
  /** Called once when the thread ends although nobody stopped it. */
  onFailure(listener: (reason: string) => void): void;
  stop(): Promise<void>;
}

export type PacketPlaneOptions = {
  /** Path of the built worker. */
  readonly workerFile: string;
  /** Path of the built module. */
  readonly moduleFile: string;
  readonly wish: UnderlayWish;
};

/** Starts the packet worker, or says in a sentence why there is none. */
export async function startPacketPlane(
  options: PacketPlaneOptions,
): Promise<PacketPlane | { readonly unavailable: string }> {
  const fastPath = readFastPathModule(options.moduleFile);
  if (fastPath.kind === 'missing') return { unavailable: `no fast path: ${fastPath.reason}` };
  let memory: WebAssembly.Memory;
  try {
    memory = new WebAssembly.Memory({ initial: PLANE_PAGES, maximum: PLANE_PAGES, shared: true });
  } catch (error) {
    return { unavailable: `no memory for the packet worker: ${(error as Error).message}` };
  }
  const words = new Int32Array(memory.buffer);
  words[CONTROL_BANK >> 2] = NONE;
  words[CONTROL_FORWARDING >> 2] = NONE;
  const { port1: control, port2 } = new MessageChannel();
  const workerData: PacketWorkerData = {
    memory,
    module: fastPath.module,
    wish: options.wish,
    control: port2,
  };
  const worker = new Worker(options.workerFile, {
    workerData,
    transferList: [port2],
    name: 'packets',
    resourceLimits: { maxYoungGenerationSizeMb: 2 },
  });
  const ready = await firstMessage(worker);
  if ('unavailable' in ready) {
    control.close();
    await worker.terminate();
    return ready;
  }
  return runningPlane(worker, control, workerData, ready);
}

function runningPlane(
  worker: Worker,
  control: MessagePort,
  { memory, module }: PacketWorkerData,
  { underlay, wakeFd }: FromPacketWorker,
): PacketPlane {
  const words = new Int32Array(memory.buffer);
  let isStopping = false;
  let failure: ((reason: string) => void) | undefined;
  let lastError = 'it ended';
  const gone = new Promise<void>((resolve) => {
    worker.once('exit', () => {
      control.close();
      clearInterval(watch);
      resolve();
      if (!isStopping) failure?.(lastError);
    });
  });
  worker.on('error', (error) => {
    lastError = error.stack ?? String(error);
  });
  let ticks = 0;
  let silentMs = 0;
  const watch = setInterval(() => {
    const seen = Atomics.load(words, CONTROL_TICKS >> 2);
    silentMs = seen === ticks ? silentMs + WATCH_INTERVAL_MS : 0;
    ticks = seen;
    if (silentMs < HANG_LIMIT_MS) return;
    lastError = `it has not moved for ${silentMs / 1000} s`;
    worker.terminate();
  }, WATCH_INTERVAL_MS);
  watch.unref();

  function order(message: FromSupervisor, transfer: readonly MessagePort[] = []): void {
    control.postMessage(message, transfer);
    if (wakeFd !== undefined) wakeByDescriptor(wakeFd);
  }

  return {
    underlay,
    attach() {
      const { port1, port2 } = new MessageChannel();
      order({ kind: 'attach', port: port1 }, [port1]);
      return { memory, module, port: port2, wakeFd, underlay };
    },
    onFailure(listener) {
      failure = listener;
    },
    async stop() {
      if (isStopping) return;
      isStopping = true;
      order({ kind: 'stop' });
      const limit = new Promise<void>((resolve) => {
        setTimeout(resolve, STOP_LIMIT_MS).unref();
      });
      await Promise.race([gone, limit]);
      await worker.terminate();
    },
  };
}

function firstMessage(worker: Worker): Promise<FromPacketWorker | { unavailable: string }> {
  return new Promise((resolve) => {
    const timer = setTimeout(
      () => resolve({ unavailable: 'the packet worker did not start in time' }),
      START_LIMIT_MS,
    );
    const settle = (outcome: FromPacketWorker | { unavailable: string }): void => {
      clearTimeout(timer);
      worker.off('error', failed);
      worker.off('exit', ended);
      resolve(outcome);
    };
    const failed = (error: Error): void =>
      settle({ unavailable: `the packet worker failed: ${error.message}` });
    const ended = (): void => settle({ unavailable: 'the packet worker ended at its start' });
    worker.once('error', failed);
    worker.once('exit', ended);
    worker.once('message', settle);
  });
}
