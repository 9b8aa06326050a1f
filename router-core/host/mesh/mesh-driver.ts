/**
 * The driver of an edge or supernode: where its core meets real time, sockets, names, HTTP and clocks.
 *
 * Not standardized; docs/architecture.md §3, "driving rule". `host/run-router.ts` is the same for a Router.
 *
 *   datagrams, frames, answers of one turn ─► core ─► timers ─► settle ─► outputs ─► wait for deadline
 *
 * Invariants
 * - One batch per turn of the event loop, however many datagrams and frames it brought.
 * - Every question is answered once, also when it fails; after `stop` nobody answers any more.
 * - A core that has ended is not called again.
 *
 * With a carrier the sockets are a packet worker's: `ports` then have its sink and its plane, and what it hands over is
 * taken first in each batch.
 *
 * @module
 */
import { createDropCounters } from '../../base/drop-reason.ts';
import { RouterError } from '../../base/errors.ts';
import { createTimerQueue } from '../../base/timer-queue.ts';
import type { PacketSlot } from '../../base/units.ts';
import type { ConfigChange } from '../../mesh/etherguard/config/index.ts';
import type { MeshEdge } from '../../mesh/etherguard/edge/index.ts';
import type { MeshAnswers, MeshEnd, MeshOutput, MeshPorts } from '../../mesh/etherguard/ports.ts';
import { createPacketArena, type WireguardCrypto } from '../../router/index.ts';
import type { CarriedPackets, OpenCarrier, PuntHandler } from '../carried-packets.ts';
import { monotonicNow } from '../system-clock.ts';
import { systemRandom } from '../system-random.ts';
import { createUdpSockets } from '../udp-sockets.ts';
import { zlibCompression } from './compression.ts';
import { createFineClock } from './fine-clock.ts';
import { MESH_ARENA_SLOTS } from './limits.ts';
import { isWanted, type LogLevel } from './log-levels.ts';
import { createMeshErrands, type MeshLog, type SocketOutcome } from './mesh-errands.ts';

/** An edge, or a supernode, which asks neither HTTP nor time. */
export type MeshCore = MeshAnswers &
  Pick<MeshEdge, 'receiveDatagram' | 'settle' | 'nextOutput'> &
  Partial<Pick<MeshEdge, 'answered' | 'timeTold'>>;

export type MeshDriverOptions = {
  readonly crypto: WireguardCrypto;
  /** Has datagrams moved by a packet worker; absent: by sockets of this thread. */
  readonly openCarrier?: OpenCarrier | undefined;
  /** Families in use: names have addresses of these only. */
  readonly families: readonly (4 | 6)[];
  /** As the file has it now. */
  readonly logLevel: () => LogLevel;
  readonly log: MeshLog;
  /** Writes what was learned, now or when it becomes possible. */
  changeConfig(changes: readonly ConfigChange[]): void;
  /** The core ended by itself; its sockets are closed. */
  ended(end: MeshEnd): void;
};

export interface MeshDriver {
  readonly ports: MeshPorts;
  /**
   * Takes the core, and what the punts of a packet worker become. Resolves when the sockets it asked for are open.
   * @throws RouterError `SOCKET_FAILED` when one is not, unless the machine lacks its family
   */
  drive(core: MeshCore, punts?: PuntHandler): Promise<void>;
  /** To be called after each call of the core from elsewhere. */
  wake(): void;
  /** Closes everything. */
  stop(): void;
}

export function createMeshDriver(options: MeshDriverOptions): MeshDriver {
  const { families, logLevel, log } = options;
  const arena = createPacketArena(MESH_ARENA_SLOTS);
  const drops = createDropCounters();
  const timerQueue = createTimerQueue();
  const wallClock = createFineClock();
  const carrier: CarriedPackets | undefined = options.openCarrier?.(arena, wake);
  const sockets = carrier?.meshSockets ?? createUdpSockets({ arena, drops, receive });
  const errands = createMeshErrands({
    families: () => families,
    sockets,
    wallClock,
    log,
    changeConfig: options.changeConfig,
    answers: () => core,
    wake,
  });
  const opening = new Set<Promise<SocketOutcome>>();
  let core: MeshCore | undefined;
  let mesh: PuntHandler | undefined;
  let isScheduled = false;
  let timer: NodeJS.Timeout | undefined;

  function receive(slot: PacketSlot): void {
    if (core === undefined) arena.release(slot);
    else core.receiveDatagram(slot, monotonicNow());
    wake();
  }

  function wake(): void {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(batch);
  }

  /** Everything after the datagrams and frames of one turn. */
  function batch(): void {
    isScheduled = false;
    if (core === undefined) return;
    const hasMorePunts = (mesh !== undefined && carrier?.drain({ mesh })) ?? false;
    const now = monotonicNow();
    timerQueue.runDue(now);
    const hasMoreWork = core.settle(now, monotonicNow);
    for (let output = core.nextOutput(); output !== undefined; output = core?.nextOutput())
      carryOut(output);
    carrier?.flush();
    if (core === undefined) return;
    if (hasMoreWork || hasMorePunts) wake();
    else waitFor(timerQueue.nextDeadline());
  }

  function waitFor(deadline: number | undefined): void {
    clearTimeout(timer);
    if (deadline === undefined) return;
    timer = setTimeout(wake, Math.min(LONGEST_WAIT_MS, Math.max(0, deadline - monotonicNow())));
  }

  function carryOut(output: MeshOutput): void {
    switch (output.kind) {
      case 'open-socket': {
        const attempt = errands.openSocket(output);
        opening.add(attempt);
        attempt.finally(() => opening.delete(attempt));
        return;
      }
      case 'log':
        if (isWanted(logLevel(), output)) log(output.level, output.message, output.fields);
        return;
      case 'ended':
        stop();
        options.ended(output.end);
        return;
      default:
        errands.carryOut(output);
    }
  }

  function stop(): void {
    core = undefined;
    clearTimeout(timer);
    sockets.closeAll();
    errands.stop();
  }

  return {
    ports: {
      arena,
      random: systemRandom,
      wallClock,
      timerQueue,
      crypto: options.crypto,
      datagrams: sockets,
      compression: zlibCompression,
      ...(carrier !== undefined && { plane: carrier.plane.mesh }),
    },
    async drive(driven, punts) {
      core = driven;
      mesh = punts;
      batch();
      const outcomes = await Promise.all(opening);
      // What the core says about its sockets is told before anybody says that it is ready.
      batch();
      checkOpened(outcomes);
    },
    wake,
    stop,
  };
}

/** A wait this long is looked at again: timers of the runtime end at 2^31 ms. */
const LONGEST_WAIT_MS = 60_000;

/** @throws RouterError when a socket failed, or none is open of those that were asked for */
function checkOpened(outcomes: readonly SocketOutcome[]): void {
  const failed =
    outcomes.find((outcome) => outcome.failure !== undefined)?.failure ??
    (outcomes.every((outcome) => outcome.missing !== undefined) ? outcomes[0]?.missing : undefined);
  if (failed !== undefined) throw new RouterError('SOCKET_FAILED', failed);
}
