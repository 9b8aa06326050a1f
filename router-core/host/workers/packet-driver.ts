/**
 * Between the underlay and the fast path: batches in, batches out, messages now and then.
 *
 * Not standardized; docs/architecture.md §6. The fast path decides about packets, the underlay moves
 * datagrams; this only joins them, and keeps ports open over the lives of the router worker.
 *
 * Invariants
 * - Entries of the transmits ring are free only after the underlay has taken their datagrams.
 * - A port that a router worker asks for again is the one that is open already.
 *
 * @module
 */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { type SocketId, socketId } from '../../base/units.ts';
import {
  type FastPathExports,
  LatencyHistogram,
  UnderlayStatistics,
} from '../../fast-path/index.ts';
import {
  CONTROL_PUNTS_SIGNALLED,
  CONTROL_TICKS,
  CONTROL_TRANSMITS_SIGNALLED,
  TRANSMIT_MAX,
} from '../../packet/plane-layout.ts';
import { monotonicNow } from '../system-clock.ts';
import type { BatchHandler, UnderlayIo } from '../underlay/index.ts';
import type { OpenedPort, OpenOutcome } from '../underlay/io.ts';
import { bankOfTag, Disguises } from './disguises.ts';
import type { FromRouterWorker, FromSupervisor, ToRouterWorker } from './packet-protocol.ts';

type Port = {
  readonly port: number;
  readonly host: string;
  readonly only: 4 | 6 | undefined;
  opened: OpenedPort | undefined;
  /** What the present router worker calls its wish. */
  attempt: number;
  /** Whether the present router worker asked for it. */
  isWanted: boolean;
};

export class PacketDriver implements BatchHandler {
  private readonly io: UnderlayIo;
  private readonly functions: FastPathExports;
  private readonly words: Int32Array;
  private readonly latency: LatencyHistogram;
  private readonly statistics: UnderlayStatistics;
  private readonly control: MessagePort;
  private readonly disguises: Disguises;
  private readonly ports = new Map<SocketId, Port>();
  /** Peers with a socket of their own, by tag. */
  private readonly connected = new Set<number>();
  /** Sockets of whose disguises the present router worker spoke. */
  private readonly disguised = new Set<number>();
  private router: MessagePort | undefined;
  private isTransmitting = false;
  private receivedAt = 0;

  constructor(
    io: UnderlayIo,
    functions: FastPathExports,
    buffer: SharedArrayBuffer,
    control: MessagePort,
  ) {
    this.io = io;
    this.functions = functions;
    this.words = new Int32Array(buffer);
    this.latency = new LatencyHistogram(buffer);
    this.statistics = new UnderlayStatistics(buffer);
    this.control = control;
    this.disguises = new Disguises(buffer);
    this.hear(control, (message: FromSupervisor) => this.obeySupervisor(message));
  }

  received(count: number): number {
    this.handedOver();
    const now = monotonicNow();
    this.receivedAt = now;
    this.disguises.restore(count);
    const sending = this.functions.receiveBatch(count, now);
    this.tellOfPunts();
    if (sending === 0) this.receivedAt = 0;
    return this.disguises.disguise(sending);
  }

  /** The datagrams of the batch are with the system; one that sends nothing tells no latency. */
  sent(): void {
    if (this.receivedAt === 0) return;
    this.latency.add(monotonicNow() - this.receivedAt);
    this.receivedAt = 0;
  }

  woken(): number {
    this.handedOver();
    Atomics.store(this.words, CONTROL_TRANSMITS_SIGNALLED >> 2, 0);
    this.listen();
    const sealed = this.functions.transmitBatch(monotonicNow());
    this.isTransmitting = true;
    const sending = this.disguises.disguise(sealed);
    // A full batch is followed by another call; after any other the rest must not wait for a tick.
    if (sending < TRANSMIT_MAX && this.functions.hasMoreTransmits() !== 0) this.io.wake();
    return sending;
  }

  tick(): void {
    Atomics.add(this.words, CONTROL_TICKS >> 2, 1);
    this.handedOver();
    this.listen();
    this.statistics.write(this.io.counters);
  }

  /** Frees what the last transmit batch used; the underlay has it by now. */
  private handedOver(): void {
    if (!this.isTransmitting) return;
    this.isTransmitting = false;
    this.functions.transmitted();
  }

  private tellOfPunts(): void {
    if (this.functions.takePunted() === 0) return;
    if (Atomics.exchange(this.words, CONTROL_PUNTS_SIGNALLED >> 2, 1) === 0)
      this.tell({ kind: 'punts' });
  }

  private tell(message: ToRouterWorker): void {
    this.router?.postMessage(message);
  }

  /** A thread that waits in the system polls its ports; one on the event loop is told. */
  private hear<Message>(port: MessagePort, take: (message: Message) => void): void {
    if (this.io.wakeFd !== undefined) return;
    port.on('message', (message: Message) => {
      take(message);
      this.io.wake();
    });
  }

  private listen(): void {
    if (this.io.wakeFd === undefined) return;
    for (
      let next = receiveMessageOnPort(this.control);
      next;
      next = receiveMessageOnPort(this.control)
    )
      this.obeySupervisor(next.message as FromSupervisor);
    const router = this.router;
    if (router === undefined) return;
    for (let next = receiveMessageOnPort(router); next; next = receiveMessageOnPort(router))
      this.obeyRouter(next.message as FromRouterWorker);
  }

  private obeySupervisor(message: FromSupervisor): void {
    if (message.kind === 'stop') {
      this.io.stop();
      return;
    }
    this.router?.close();
    this.router = message.port;
    for (const port of this.ports.values()) port.isWanted = false;
    this.disguised.clear();
    this.hear(message.port, (order: FromRouterWorker) => this.obeyRouter(order));
    // Punts that the former router worker was told of and did not take.
    Atomics.store(this.words, CONTROL_PUNTS_SIGNALLED >> 2, 1);
    this.tell({ kind: 'punts' });
  }

  private obeyRouter(message: FromRouterWorker): void {
    switch (message.kind) {
      case 'begin':
        this.disguises.forgetBank(message.bank);
        for (const tag of this.connected) if (bankOfTag(tag) === message.bank) this.disconnect(tag);
        return;
      case 'open':
        this.open(socketId(message.socket), message);
        return;
      case 'close':
        this.closeFor(this.router, socketId(message.socket), message.attempt);
        return;
      case 'connect': {
        const { tag, socket, sockaddr } = message;
        if (sockaddr === undefined) this.disconnect(tag);
        else {
          this.connected.add(tag);
          this.io.connect(tag, socketId(socket), sockaddr);
        }
        return;
      }
      case 'socket-forms':
        this.disguised.add(message.socket);
        this.disguises.setSocket(message.socket, message.forms);
        return;
      case 'peer-form':
        this.disguises.setPeer(message.tag, message.form);
        return;
      case 'retire':
        for (const [socket, port] of this.ports) if (!port.isWanted) this.close(socket);
        return;
      case 'wake':
    }
  }

  private disconnect(tag: number): void {
    this.connected.delete(tag);
    this.io.disconnect(tag);
  }

  private open(
    socket: SocketId,
    { port, host, only, isMesh, attempt }: Extract<FromRouterWorker, { kind: 'open' }>,
  ): void {
    // This life has said nothing of disguises: what a former one said is void.
    if (isMesh) this.disguises.setMeshSocket(socket);
    else if (!this.disguised.has(socket)) this.disguises.setSocket(socket, []);
    const known = this.ports.get(socket);
    if (known?.host === host && known.port === port && known.only === only) {
      known.isWanted = true;
      known.attempt = attempt;
      if (known.opened !== undefined) this.tellOpened(socket, known, known.opened);
      return;
    }
    if (known !== undefined) this.close(socket);
    const entry: Port = { port, host, only, opened: undefined, attempt, isWanted: true };
    this.ports.set(socket, entry);
    const settled = (outcome: OpenOutcome): void => {
      if (this.ports.get(socket) !== entry) return;
      if ('error' in outcome) {
        this.ports.delete(socket);
        const { code = 'UNKNOWN', message } = outcome.error;
        this.tell({ kind: 'open-failed', socket, attempt: entry.attempt, code, message });
        return;
      }
      entry.opened = outcome;
      this.tellOpened(socket, entry, outcome);
    };
    this.io.open(socket, port, host, settled, only);
  }

  private tellOpened(socket: SocketId, { attempt }: Port, opened: OpenedPort): void {
    this.tell({ kind: 'opened', socket, attempt, ...opened });
  }

  /** A later router worker counts its attempts anew. */
  private closeFor(router: MessagePort | undefined, socket: SocketId, attempt: number): void {
    const answer: ToRouterWorker = { kind: 'closed', attempt };
    this.close(socket, () => router?.postMessage(answer));
  }

  private close(socket: SocketId, done?: () => void): void {
    this.ports.delete(socket);
    this.io.close(socket, done);
  }
}
