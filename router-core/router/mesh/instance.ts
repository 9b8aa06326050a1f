/**
 * The lives of an edge or supernode in a node: what it is given, what comes of its outputs, and its end.
 *
 * Not standardized; docs/architecture.md §3 (driving rule) and §8 (containment).
 *
 *   begin ──► living ──'ended'──────► ended, until another wish begins it; without a socket for 15 s
 *               │ ▲
 *        exception └──1 s, doubling── down        six lives in a row at most
 *
 * Invariants
 * - Whatever it does, the node goes on: an exception ends this life only, and with it its timers, sockets and slots.
 * - It is never called while one of its own calls runs: frames for the node wait until that has returned.
 * - A forwarding plane knows nothing of a life that ended.
 *
 * @module
 */
import { assert } from '../../base/assert.ts';
import type { DropCounters } from '../../base/drop-reason.ts';
import type { TimerQueue, Timers } from '../../base/timer-queue.ts';
import {
  addMilliseconds,
  elapsed,
  type Instant,
  milliseconds,
  type PacketSlot,
  type SocketId,
  type WallTime,
} from '../../base/units.ts';
import type { MeshAnswers, MeshEnd, MeshOutput, MeshPorts } from '../../mesh/etherguard/ports.ts';
import {
  MESH_HEALTHY_MS,
  MESH_LIVES,
  MESH_RETURN_MS,
  MESH_RETURN_MS_MAX,
  MESH_SOCKET_RETRY_MS,
} from '../limits.ts';
import type { RouterOutput } from '../ports.ts';
import { guardTimers } from './guarded-timers.ts';
import type { MeshInstanceName } from './mesh-settings.ts';
import { OwnedSlots } from './owned-slots.ts';

/** What an edge and a supernode have in common. */
export interface MeshCore extends MeshAnswers {
  readonly drops: DropCounters;
  receiveDatagram(slot: PacketSlot, now: Instant): void;
  settle(now: Instant, clock: () => Instant): boolean;
  nextOutput(): MeshOutput | undefined;
}

/** What of its ports is the node's. */
export type SharedPorts = Omit<MeshPorts, 'compression' | keyof MeshPlace>;

/** Where a life has its sockets, and who carries its packets. */
export type MeshPlace = Pick<MeshPorts, 'firstSocket' | 'plane'>;

/** Makes a life; `deliver` takes frames for the node. */
export type MakeCore<Core> = (
  ports: SharedPorts & MeshPlace,
  deliver: (slot: PacketSlot) => void,
  now: Instant,
) => Core;

/** Why it does not run. */
export type MeshProblem = {
  /** Stable; docs/errors.md. */
  readonly code: string;
  readonly message: string;
  readonly at: WallTime;
};

export type MeshInstanceOptions = {
  readonly name: MeshInstanceName;
  /** The node's, shared. */
  readonly ports: SharedPorts;
  readonly outputs: RouterOutput[];
  /** Takes a frame that came by the mesh; takes the slot. */
  readonly receiveFrame: (slot: PacketSlot, now: Instant) => void;
};

const QUESTIONS_OF_LIFE = 2 ** 32;

export class MeshInstance<Core extends MeshCore> {
  core: Core | undefined;
  problem: MeshProblem | undefined;
  private readonly options: MeshInstanceOptions;
  private readonly timers: Timers<'return'>;
  private make: MakeCore<Core> | undefined;
  private place: MeshPlace = {};
  private owned: OwnedSlots;
  private guarded: { readonly queue: TimerQueue; end(): void } | undefined;
  private readonly sockets = new Set<SocketId>();
  private readonly arrived: PacketSlot[] = [];
  private isDelivering = false;
  private beganAt: Instant | undefined;
  private failures = 0;
  /** Questions of each life have numbers of their own. */
  private questionsBefore = 0;

  constructor(options: MeshInstanceOptions) {
    this.options = options;
    this.owned = new OwnedSlots(options.ports.arena);
    this.timers = options.ports.timerQueue.add<'return'>({
      timerExpired: (_name, now) => this.live(now),
    });
  }

  /** Begins a life of this kind, after ending the one that runs. */
  begin(make: MakeCore<Core>, place: MeshPlace, now: Instant): void {
    this.end();
    this.make = make;
    this.place = place;
    this.failures = 0;
    this.live(now);
  }

  /** Ends it for good: nobody wishes for it any more. */
  end(): void {
    this.drop();
    this.timers.clearAll();
    this.make = undefined;
    this.problem = undefined;
  }

  /** Hands it what came by a socket of its own; what was under way for a former life ends here. */
  take(slot: PacketSlot, now: Instant, hand: (core: Core) => void): void {
    const { arena } = this.options.ports;
    if (!this.sockets.has(arena.socket[slot] as SocketId)) {
      arena.release(slot);
      return;
    }
    this.hand(slot, now, hand);
    this.deliver(now);
  }

  /** Hands it a frame of our own IP stack, which is handed none meanwhile; back when it does not live. */
  hand(slot: PacketSlot, now: Instant, hand: (core: Core) => void): void {
    const { core } = this;
    if (core === undefined) {
      this.options.ports.arena.release(slot);
      return;
    }
    this.owned.took(slot);
    try {
      hand(core);
    } catch (error) {
      this.failed(error, now);
    }
  }

  /** Calls it, if it lives; undefined when it does not, or when this was its end. */
  call<Result>(now: Instant, run: (core: Core) => Result): Result | undefined {
    const { core } = this;
    if (core === undefined) return undefined;
    let result: Result | undefined;
    try {
      result = run(core);
    } catch (error) {
      this.failed(error, now);
    }
    this.deliver(now);
    return result;
  }

  /** Hands it the answer to a question of its own; those of a former life reach nobody. */
  answer(number: number, now: Instant, hand: (core: Core, question: number) => void): void {
    const question = number - this.questionsBefore;
    if (question < 0) return;
    this.call(now, (core) => hand(core, question));
  }

  /** Takes its events and outputs; true when work is left. */
  settle(now: Instant, clock: () => Instant): boolean {
    const hasMore = this.call(now, (core) => core.settle(now, clock)) ?? false;
    this.takeOutputs(now);
    return hasMore;
  }

  takeOutputs(now: Instant): void {
    for (;;) {
      const output = this.call(now, (core) => core.nextOutput());
      if (output === undefined) return;
      this.carry(output, now);
    }
  }

  private live(now: Instant): void {
    const { make } = this;
    assert(make !== undefined, 'a life begins by a wish');
    const { ports } = this.options;
    const guarded = guardTimers(ports.timerQueue, (error, at) => this.failed(error, at));
    const owned = new OwnedSlots(ports.arena);
    this.questionsBefore += QUESTIONS_OF_LIFE;
    this.guarded = guarded;
    this.owned = owned;
    this.beganAt = now;
    this.problem = undefined;
    try {
      this.core = make(
        {
          ...ports,
          ...this.place,
          arena: owned.arena,
          timerQueue: guarded.queue,
          datagrams: {
            sendDatagram(slot) {
              owned.gave(slot);
              ports.datagrams.sendDatagram(slot);
            },
          },
        },
        (slot) => {
          owned.gave(slot);
          this.arrived.push(slot);
        },
        now,
      );
    } catch (error) {
      this.failed(error, now);
    }
  }

  /** Ends a life: nothing of it is left in the node. */
  private drop(): void {
    this.core = undefined;
    this.guarded?.end();
    this.guarded = undefined;
    this.place.plane?.reset();
    for (const socket of this.sockets) this.tell({ kind: 'close-socket', socket });
    this.sockets.clear();
    for (const slot of this.arrived.splice(0)) this.options.ports.arena.release(slot);
    this.owned.releaseAll();
  }

  private failed(error: unknown, now: Instant): void {
    const { name, ports } = this.options;
    const lived = this.beganAt === undefined ? milliseconds(0) : elapsed(this.beganAt, now);
    this.drop();
    this.failures = lived >= MESH_HEALTHY_MS ? 1 : this.failures + 1;
    const isLast = this.failures >= MESH_LIVES;
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    this.problem = {
      code: 'MESH_INSTANCE_FAILED',
      message: `The ${name} ended by a fault of ours (${message}); it ${isLast ? 'stays down until the document changes' : 'begins again by itself'}.`,
      at: ports.wallClock.now(),
    };
    this.log('a mesh instance failed', { cause: message, stack });
    if (isLast) return;
    const wait = Math.min(MESH_RETURN_MS_MAX, MESH_RETURN_MS * 2 ** (this.failures - 1));
    this.timers.set('return', addMilliseconds(now, milliseconds(wait)));
  }

  /** Hands over frames for the node; what comes of one may be frames for us. */
  private deliver(now: Instant): void {
    if (this.isDelivering || this.arrived.length === 0) return;
    this.isDelivering = true;
    for (let slot = this.arrived.shift(); slot !== undefined; slot = this.arrived.shift())
      this.options.receiveFrame(slot, now);
    this.isDelivering = false;
  }

  private carry(output: MeshOutput, now: Instant): void {
    if (output.kind === 'ended') {
      this.ended(output.end, now);
      return;
    }
    if (output.kind === 'open-socket') this.sockets.add(output.socket);
    if (output.kind === 'close-socket') this.sockets.delete(output.socket);
    this.tell(
      'question' in output
        ? { ...output, question: output.question + this.questionsBefore }
        : output,
    );
  }

  private ended({ code, message }: MeshEnd, now: Instant): void {
    const { name, ports } = this.options;
    this.drop();
    this.log('a mesh instance ended', { code, reason: message });
    // Whoever holds the port may let it go.
    const isTriedAgain = code === 'MESH_SOCKET';
    const again = isTriedAgain
      ? ` The ${name} tries again every ${MESH_SOCKET_RETRY_MS / 1000} s.`
      : '';
    this.problem = { code, message: `${message}${again}`, at: ports.wallClock.now() };
    if (isTriedAgain)
      this.timers.set('return', addMilliseconds(now, milliseconds(MESH_SOCKET_RETRY_MS)));
  }

  private tell(output: Exclude<MeshOutput, { kind: 'ended' }>): void {
    this.options.outputs.push({ kind: 'mesh', instance: this.options.name, output });
  }

  private log(message: string, fields: Readonly<Record<string, unknown>>): void {
    const told = { mesh: this.options.name, ...fields };
    this.options.outputs.push({
      kind: 'event',
      event: { kind: 'log', level: 'error', message, fields: told },
    });
  }
}
