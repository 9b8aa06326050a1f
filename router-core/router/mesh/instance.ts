/**
 * The lives of an edge or supernode in a node: what it is given, what comes of its outputs, and its end.
 *
 * Not standardized; docs/architecture.md §3 (driving rule) and §8 (containment).
 *
 *   begin ──► living ──'ended'──────► ended, until another wish begins it
 *               │ ▲
 *        exception └──1 s, doubling── down        six lives in a row at most
 *
 * Invariants
 * - Whatever it does, the node goes on: an exception ends this life only, and with it its timers, sockets and slots.
 * - It is never called while one of its own calls runs: frames for the node wait until that has returned.
 * - Sockets have numbers of the node's: `base` and the instance's own.
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
  type InterfaceId,
  milliseconds,
  type PacketSlot,
  type SocketId,
  socketId,
  type WallTime,
} from '../../base/units.ts';
import type { MeshAnswers, MeshOutput, MeshPorts } from '../../mesh/etherguard/ports.ts';
import { MESH_HEALTHY_MS, MESH_LIVES, MESH_RETURN_MS, MESH_RETURN_MS_MAX } from '../limits.ts';
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
export type SharedPorts = Omit<MeshPorts, 'compression'>;

/** Makes a life; `deliver` takes frames for the node. */
export type MakeCore<Core> = (
  ports: SharedPorts,
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
  /** Added to the numbers of its sockets. */
  readonly base: number;
  /** The node's, shared. */
  readonly ports: SharedPorts;
  readonly outputs: RouterOutput[];
  /** Takes a frame that came by the mesh; takes the slot. */
  readonly receiveFrame: (slot: PacketSlot, now: Instant) => void;
};

export class MeshInstance<Core extends MeshCore> {
  core: Core | undefined;
  problem: MeshProblem | undefined;
  private readonly options: MeshInstanceOptions;
  private readonly timers: Timers<'return'>;
  private make: MakeCore<Core> | undefined;
  private owned: OwnedSlots;
  private guarded: { readonly queue: TimerQueue; end(): void } | undefined;
  private readonly sockets = new Set<SocketId>();
  private readonly arrived: PacketSlot[] = [];
  private isDelivering = false;
  private beganAt: Instant | undefined;
  private failures = 0;

  constructor(options: MeshInstanceOptions) {
    this.options = options;
    this.owned = new OwnedSlots(options.ports.arena);
    this.timers = options.ports.timerQueue.add<'return'>({
      timerExpired: (_name, now) => this.live(now),
    });
  }

  /** Begins a life of this kind, after ending the one that runs. */
  begin(make: MakeCore<Core>, now: Instant): void {
    this.end();
    this.make = make;
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

  /** Takes the slot. */
  receiveDatagram(slot: PacketSlot, now: Instant): void {
    const { arena } = this.options.ports;
    const { core } = this;
    if (core === undefined) {
      arena.release(slot);
      return;
    }
    arena.socket[slot] = (arena.socket[slot] as number) - this.options.base;
    this.owned.took(slot);
    try {
      core.receiveDatagram(slot, now);
    } catch (error) {
      this.failed(error, now);
    }
    this.deliver(now);
  }

  /** Hands a frame of the node to an edge; takes the slot. */
  sendFrame(
    port: InterfaceId,
    slot: PacketSlot,
    now: Instant,
    edge: { sendFrame(port: InterfaceId, slot: PacketSlot, now: Instant): void } | undefined,
  ): void {
    if (edge === undefined) {
      this.options.ports.arena.release(slot);
      return;
    }
    this.owned.took(slot);
    try {
      edge.sendFrame(port, slot, now);
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
      this.carry(output);
    }
  }

  private live(now: Instant): void {
    const { make } = this;
    assert(make !== undefined, 'a life begins by a wish');
    const { ports, base } = this.options;
    const guarded = guardTimers(ports.timerQueue, (error, at) => this.failed(error, at));
    const owned = new OwnedSlots(ports.arena);
    this.guarded = guarded;
    this.owned = owned;
    this.beganAt = now;
    this.problem = undefined;
    try {
      this.core = make(
        {
          ...ports,
          arena: owned.arena,
          timerQueue: guarded.queue,
          datagrams: {
            sendDatagram(slot) {
              owned.gave(slot);
              ports.arena.socket[slot] = (ports.arena.socket[slot] as number) + base;
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

  private carry(output: MeshOutput): void {
    switch (output.kind) {
      case 'ended': {
        const { code, message } = output.end;
        this.drop();
        this.problem = { code, message, at: this.options.ports.wallClock.now() };
        this.log('a mesh instance ended', { code, reason: message });
        return;
      }
      case 'open-socket': {
        const socket = socketId(output.socket + this.options.base);
        this.sockets.add(socket);
        this.tell({ ...output, socket });
        return;
      }
      case 'close-socket': {
        const socket = socketId(output.socket + this.options.base);
        this.sockets.delete(socket);
        this.tell({ ...output, socket });
        return;
      }
      default:
        this.tell(output);
    }
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
