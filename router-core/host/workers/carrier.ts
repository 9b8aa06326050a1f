/**
 * The router worker's end of the packet workers: tables, rings, sockets by name.
 *
 * Not standardized; docs/architecture.md §6 and §8 "after a restart".
 *
 *   first life   the bank routes from the beginning
 *   next life    the other bank is filled while the old one routes; then this one takes over, and the
 *                keys of the old one are overwritten
 *
 * Invariants
 * - A life never writes the bank that routes packets of another.
 * - What a port is to send waits, bounded, until the packet worker has opened it.
 * - An answer to a wish that was given up reaches nobody.
 *
 * @module
 */
import { assert } from '../../base/assert.ts';
import type { DropCounters } from '../../base/drop-reason.ts';
import { elapsed, type Instant, NONE, type PacketSlot, type SocketId } from '../../base/units.ts';
import {
  endChanges,
  forgetKeys,
  LatencyHistogram,
  PuntRing,
  type PuntSink,
  readPlaneDrops,
  SharedPlane,
  sharedBufferOf,
  UnderlayStatistics,
} from '../../fast-path/index.ts';
import * as L from '../../packet/plane-layout.ts';
import {
  type FormsListener,
  HANDSHAKE_CHECKED,
  KEY_PAIR_ROWS,
  type PacketArena,
  type RouteRecovery,
} from '../../router/index.ts';
import type { CarriedPackets, OpenCarrier, PuntHandler } from '../carried-packets.ts';
import type { PlaneHandover } from '../packet-plane.ts';
import { monotonicNow } from '../system-clock.ts';
import { type FamilySockets, WAITING_MAX } from '../udp-sockets.ts';
import { wakeByDescriptor } from '../underlay/index.ts';
import type { OpenedPort } from '../underlay/io.ts';
import type { FromRouterWorker, ToRouterWorker } from './packet-protocol.ts';

/** Punts of one turn of the event loop. */
const PUNTS_PER_TURN = 64;
/** When this life takes forwarding over although not everything is back. */
const TAKE_OVER_LIMIT_MS = 30_000;
/** How long the routes of the sessions take from being here, or likely here, to being in the tables. */
const SETTLED_FOR_MS = { complete: 1000, established: 5000 } as const;
/** Datagrams under former keys may still be on their way for so long. */
const FORGET_AFTER_MS = 3000;

/** Returns what makes a carrier over this memory; called once per life. */
export function carrierOf(options: PlaneHandover): OpenCarrier {
  return (arena, onPunts) => new Carrier(options, arena, onPunts);
}

type Opening = {
  readonly attempt: number;
  readonly waiting: PacketSlot[];
  resolve(opened: OpenedPort): void;
  reject(error: Error): void;
};

type PortWish = Pick<
  Extract<FromRouterWorker, { kind: 'open' }>,
  'port' | 'host' | 'only' | 'isMesh'
>;

class Carrier implements CarriedPackets {
  readonly plane: SharedPlane;
  readonly sockets: FamilySockets;
  readonly meshSockets: FamilySockets;
  readonly formsListener: FormsListener;
  readonly isTakingOver: boolean;
  private readonly options: PlaneHandover;
  private readonly arena: PacketArena;
  private readonly buffer: SharedArrayBuffer;
  private readonly words: Int32Array;
  private readonly punts: PuntRing;
  private readonly latency: LatencyHistogram;
  private readonly statistics: UnderlayStatistics;
  private readonly startedAt = monotonicNow();
  private readonly open = new Set<SocketId>();
  private readonly opening = new Map<SocketId, Opening>();
  private readonly expected = new Map<SocketId, PacketSlot[]>();
  /** Who is told that a port is free, by attempt. */
  private readonly closing = new Map<number, () => void>();
  private attempts = 0;
  private tookOverAt: Instant | undefined;
  private recovery: RouteRecovery = 'waiting';
  private recoveredAt = this.startedAt;
  private isOldForgotten = true;
  /** Datagrams of this life that the transmits ring had no room for. */
  private lost = 0;
  /** Datagrams for sockets that could not be opened, or that nobody asked to be. */
  private unsent = 0;

  constructor(options: PlaneHandover, arena: PacketArena, onPunts: () => void) {
    this.options = options;
    this.arena = arena;
    this.buffer = sharedBufferOf(options.memory);
    this.words = new Int32Array(this.buffer);
    const routing = Atomics.load(this.words, L.CONTROL_FORWARDING >> 2);
    const bank = routing === NONE ? 0 : 1 - routing;
    this.order({ kind: 'begin', bank });
    // Nobody reads a bank that is neither the youngest nor routing.
    Atomics.store(this.words, L.CONTROL_BANK >> 2, NONE);
    this.plane = new SharedPlane(this.buffer, bank, KEY_PAIR_ROWS, (tag, socket, sockaddr) =>
      this.connect(tag, socket, sockaddr),
    );
    this.isTakingOver = routing !== NONE;
    if (routing === NONE) this.plane.goLive();
    else {
      this.isOldForgotten = false;
      endChanges(this.buffer, routing);
    }
    this.punts = new PuntRing(this.buffer, bank);
    this.latency = new LatencyHistogram(this.buffer);
    this.statistics = new UnderlayStatistics(this.buffer);
    this.sockets = this.socketsOf(false);
    this.meshSockets = this.socketsOf(true);
    this.formsListener = {
      socketFormsChanged: (socket, forms) => this.order({ kind: 'socket-forms', socket, forms }),
      peerFormChanged: (peer, form) =>
        this.order({ kind: 'peer-form', tag: this.plane.tagOf(peer), form }),
    };
    options.port.on('message', (message: ToRouterWorker) => {
      if (message.kind === 'punts') onPunts();
      else if (message.kind === 'closed') this.closed(message.attempt);
      else this.opened(message);
    });
  }

  drain({ tunnels, mesh }: Parameters<CarriedPackets['drain']>[0]): boolean {
    Atomics.store(this.words, L.CONTROL_PUNTS_SIGNALLED >> 2, 0);
    const sinks = {
      ...(tunnels !== undefined && { tunnels: this.sinkTo(tunnels) }),
      ...(mesh !== undefined && { mesh: this.sinkTo(mesh) }),
    };
    return this.punts.drain(this.arena, sinks, PUNTS_PER_TURN);
  }

  flush(): void {
    if (!this.plane.transmits.takePushed()) return;
    if (Atomics.exchange(this.words, L.CONTROL_TRANSMITS_SIGNALLED >> 2, 1) === 0) this.wake();
  }

  drops(): DropCounters {
    const drops = readPlaneDrops(this.buffer);
    drops['queue-full'] += this.lost;
    drops['socket-error'] += this.unsent;
    return drops;
  }

  view(): ReturnType<CarriedPackets['view']> {
    return {
      ...this.options.underlay,
      latency: this.latency.view(),
      counters: this.statistics.read(),
    };
  }

  considerTakeOver(recovery: RouteRecovery, now: Instant): void {
    if (this.isOldForgotten) return;
    if (this.tookOverAt === undefined) {
      if (recovery !== this.recovery) {
        this.recovery = recovery;
        this.recoveredAt = now;
      }
      const isSettled =
        recovery !== 'waiting' && elapsed(this.recoveredAt, now) >= SETTLED_FOR_MS[recovery];
      const hasCaughtUp = isSettled && this.plane.hasCaughtUp(now);
      if (!hasCaughtUp && elapsed(this.startedAt, now) < TAKE_OVER_LIMIT_MS) return;
      this.plane.goLive();
      this.tookOverAt = now;
      this.order({ kind: 'retire' });
    } else if (elapsed(this.tookOverAt, now) >= FORGET_AFTER_MS) {
      forgetKeys(this.buffer, 1 - this.plane.number);
      this.isOldForgotten = true;
    }
  }

  private sinkTo(handler: PuntHandler): PuntSink {
    const { arena } = this;
    return {
      datagram(slot, isChecked, needsCookie) {
        if (needsCookie) {
          handler.needsCookie(slot);
          return;
        }
        if (isChecked) arena.flags[slot] = HANDSHAKE_CHECKED;
        handler.datagram(slot);
      },
      packet: (slot, peer, row, index, confirms) =>
        handler.opened({ peer, row, index, confirms }, slot),
      roamed: (slot, peer, index) => handler.roamed(peer, index, slot),
    };
  }

  private socketsOf(isMesh: boolean): FamilySockets {
    return {
      open: (socket, port, host) => this.ask(socket, { port, host, only: undefined, isMesh }),
      openFamily: async (socket, { port, host, family, mark }) => {
        const opened = await this.ask(socket, { port, host, only: family, isMesh });
        return mark === 0 ? opened : { ...opened, note: 'the packet worker marks nothing' };
      },
      close: (socket) => this.close(socket),
      // The ports outlive this life: whoever ends the process ends the packet worker.
      closeAll: () => undefined,
      sendDatagram: (slot) => this.sendDatagram(slot),
    };
  }

  private ask(socket: SocketId, wish: PortWish): Promise<OpenedPort> {
    assert(socket < L.SOCKETS_MAX, 'the shared memory has a place for every socket');
    const waiting = this.expected.get(socket) ?? [];
    this.expected.delete(socket);
    return new Promise((resolve, reject) => {
      const attempt = ++this.attempts;
      this.opening.set(socket, { attempt, waiting, resolve, reject });
      this.order({ kind: 'open', socket, attempt, ...wish });
    });
  }

  private opened(message: Exclude<ToRouterWorker, { kind: 'punts' | 'closed' }>): void {
    const socket = message.socket as SocketId;
    const opening = this.opening.get(socket);
    if (opening?.attempt !== message.attempt) return;
    this.opening.delete(socket);
    if (message.kind === 'open-failed') {
      for (const slot of opening.waiting) this.giveUp(slot);
      opening.reject(Object.assign(new Error(message.message), { code: message.code }));
      return;
    }
    this.open.add(socket);
    for (const slot of opening.waiting) this.queue(slot);
    this.flush();
    opening.resolve(message);
  }

  private close(socket: SocketId): Promise<void> {
    const opening = this.opening.get(socket);
    opening?.reject(new Error('it was closed before it was open'));
    const waiting = opening?.waiting ?? this.expected.get(socket) ?? [];
    for (const slot of waiting) this.arena.release(slot);
    this.open.delete(socket);
    this.opening.delete(socket);
    this.expected.delete(socket);
    return new Promise((resolve) => {
      const attempt = ++this.attempts;
      this.closing.set(attempt, resolve);
      this.order({ kind: 'close', socket, attempt });
    });
  }

  private closed(attempt: number): void {
    this.closing.get(attempt)?.();
    this.closing.delete(attempt);
  }

  private sendDatagram(slot: PacketSlot): void {
    const socket = this.arena.socket[slot] as SocketId;
    if (this.open.has(socket)) {
      this.queue(slot);
      return;
    }
    const waiting = this.opening.get(socket)?.waiting ?? this.expecting(socket);
    if (waiting.length < WAITING_MAX) waiting.push(slot);
    else this.giveUp(slot);
  }

  /** The Router names a socket, sends by it, and asks for it to be opened, in one turn: else nobody will. */
  private expecting(socket: SocketId): PacketSlot[] {
    const known = this.expected.get(socket);
    if (known !== undefined) return known;
    const waiting: PacketSlot[] = [];
    this.expected.set(socket, waiting);
    queueMicrotask(() => {
      if (this.expected.get(socket) !== waiting) return;
      this.expected.delete(socket);
      for (const slot of waiting) this.giveUp(slot);
    });
    return waiting;
  }

  private giveUp(slot: PacketSlot): void {
    this.unsent++;
    this.arena.release(slot);
  }

  private queue(slot: PacketSlot): void {
    if (!this.plane.transmits.pushDatagram(this.arena, slot)) this.lost++;
    this.arena.release(slot);
  }

  private connect(tag: number, socket: number, sockaddr: Uint8Array | undefined): void {
    if (this.options.underlay.kind === 'burst')
      this.order({ kind: 'connect', tag, socket, sockaddr });
  }

  private order(message: FromRouterWorker): void {
    this.options.port.postMessage(message);
    if (this.options.wakeFd !== undefined) wakeByDescriptor(this.options.wakeFd);
  }

  private wake(): void {
    if (this.options.wakeFd === undefined) this.options.port.postMessage({ kind: 'wake' });
    else wakeByDescriptor(this.options.wakeFd);
  }
}
