/**
 * One slave of memif: the handshake that brings its memory, then frames through two rings.
 *
 * Standard: memif 2.0; mmap(2), eventfd(2).
 *
 *   handshake ── CONNECT ──► connected ── the end, DISCONNECT, a broken ring ──► closed
 *       └── MEMIF_HANDSHAKE_MS, a message that does not fit ──────────────────────┘
 *
 * Messages of the handshake bring descriptors, which Node's own reading would lose; so they are looked for by timer
 * while it lasts. A connected session waits in the event loop for the eventfd of its ring.
 *
 * Invariants
 * - Nothing of the shared memory is touched after it was unmapped.
 * - Every descriptor that came is closed once.
 *
 * @module
 */
import { fstatSync } from 'node:fs';
import type { Socket } from 'node:net';
import { NONE, type PacketSlot } from '../../base/units.ts';
import type { Libc } from '../libc.ts';
import type { UnixSockets } from '../unix-sockets.ts';
import { DescriptorReceiver } from './descriptor-messages.ts';
import type { FrameIntake } from './frame-intake.ts';
import {
  FRAMES_PER_WAKE,
  MEMIF_HANDSHAKE_LOOK_MS,
  MEMIF_HANDSHAKE_MS,
  MEMIF_REGION_OCTETS_MAX,
  MEMIF_REGIONS_MAX,
} from './limits.ts';
import {
  ackMessage,
  connectedMessage,
  disconnectMessage,
  helloMessage,
  LOG2_RING_SIZE_MAX,
  MEMIF_MESSAGE_BYTES,
  MEMIF_MODE_ETHERNET,
  MEMIF_VERSION,
  readSlaveMessage,
  type SlaveMessage,
} from './memif-messages.ts';
import { MemifRing, ringFits } from './memif-ring.ts';
import { standIn } from './stand-in.ts';

// sys/mman.h
const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
/** What an eventfd is told: one more. */
const ONE = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0);

export type MemifOptions = {
  readonly libc: Libc;
  readonly sockets: UnixSockets;
  readonly intake: FrameIntake;
  readonly name: string;
  /** Of the interface: the slave names the one that it means. */
  readonly id: number;
  /** Called at most once, and not after `close`. */
  ended(): void;
};

type Ring = { readonly ring: MemifRing; readonly event: number };

export class MemifSession {
  private readonly options: MemifOptions;
  private readonly receiver: DescriptorReceiver;
  private readonly regions: Uint8Array[] = [];
  private readonly mapped: (readonly [address: number, octets: number])[] = [];
  private readonly deadline = performance.now() + MEMIF_HANDSHAKE_MS;
  private control: number;
  private hasInit = false;
  private toMaster: Ring | undefined;
  private toSlave: Ring | undefined;
  private readonly watched: Socket[] = [];
  private look: NodeJS.Timeout;
  private isConnected = false;
  private isClosed = false;

  /** `fd` belongs to the session. */
  constructor(fd: number, options: MemifOptions) {
    this.options = options;
    this.control = fd;
    this.receiver = new DescriptorReceiver(options.libc);
    this.send(helloMessage(options.name, MEMIF_REGIONS_MAX));
    this.look = setTimeout(() => this.lookForMessages(), 0);
  }

  /** Takes the slot. */
  write(slot: PacketSlot): void {
    const { intake, sockets } = this.options;
    const ring = this.isConnected ? this.toSlave?.ring : undefined;
    const available = ring?.available();
    const isPut = available === undefined ? undefined : ring?.put(intake.arena, slot, available);
    intake.arena.release(slot);
    if (isPut) {
      ring?.publish();
      if (ring?.wantsInterrupts) sockets.writeOctets(this.toSlave?.event ?? -1, ONE);
      return;
    }
    intake.counters.dropped++;
    if (this.isConnected && isPut === undefined) this.end('a broken ring');
  }

  close(reason = 'closed'): void {
    if (this.isClosed) return;
    this.isClosed = true;
    const wasConnected = this.isConnected;
    this.isConnected = false;
    clearTimeout(this.look);
    // A socket that met an error has given its descriptor back already.
    if (!this.watched.some((socket) => socket.destroyed)) this.send(disconnectMessage(reason));
    const { sockets, libc } = this.options;
    // What is watched is Node's to close, and what was not yet watched is ours.
    for (const socket of this.watched) socket.destroy();
    if (!wasConnected) {
      sockets.close(this.control);
      if (this.toMaster !== undefined) sockets.close(this.toMaster.event);
    }
    if (this.toSlave !== undefined) sockets.close(this.toSlave.event);
    this.toMaster = undefined;
    this.toSlave = undefined;
    this.regions.length = 0;
    const munmap = libc.bind('munmap', ['uintptr_t', 'size_t']);
    for (const [address, octets] of this.mapped) munmap(address, octets);
  }

  private end(reason: string): void {
    if (this.isClosed) return;
    this.close(reason);
    this.options.ended();
  }

  private send(message: Uint8Array): void {
    this.options.sockets.writeOctets(this.control, message);
  }

  private lookForMessages(): void {
    while (!this.isClosed && !this.isConnected) {
      const message = this.receiver.receive(this.control);
      if (message === 'over') this.end('the slave has gone');
      else if (message !== 'later') this.receive(message.octets, message.fds);
      else if (performance.now() > this.deadline) this.end('no answer in time');
      else {
        this.look = setTimeout(() => this.lookForMessages(), MEMIF_HANDSHAKE_LOOK_MS);
        return;
      }
    }
  }

  private receive(octets: Uint8Array, fds: readonly number[]): void {
    const message = readSlaveMessage(octets);
    const [fd, ...others] = fds;
    for (const other of others) this.options.sockets.close(other);
    const problem = message === undefined ? 'no message of memif 2.0' : this.accept(message, fd);
    if (problem !== undefined) this.end(problem);
    else if (message?.kind !== 'connect') this.send(ackMessage());
  }

  /** Returns what is wrong, if anything. The descriptor is kept or closed. */
  private accept(message: SlaveMessage, fd: number | undefined): string | undefined {
    const { sockets } = this.options;
    let isKept = false;
    try {
      if (message.kind === 'init') return this.acceptInit(message);
      if (message.kind === 'disconnect') return message.reason;
      if (!this.hasInit) return 'a message before INIT';
      if (message.kind === 'connect') return this.connect();
      if (fd === undefined) return 'a message without its descriptor';
      if (message.kind === 'add-region') return this.addRegion(message, fd);
      const problem = this.addRing(message, fd);
      isKept = problem === undefined;
      return problem;
    } finally {
      if (fd !== undefined && !isKept) sockets.close(fd);
    }
  }

  private acceptInit(init: SlaveMessage & { kind: 'init' }): string | undefined {
    if (init.version !== MEMIF_VERSION) return 'a version other than 2.0';
    if (init.mode !== MEMIF_MODE_ETHERNET) return 'a mode other than Ethernet';
    if (init.id !== this.options.id) return `interface ${init.id} instead of ${this.options.id}`;
    this.hasInit = true;
    return undefined;
  }

  private addRegion(
    { index, size }: SlaveMessage & { kind: 'add-region' },
    fd: number,
  ): string | undefined {
    if (index !== this.regions.length || index >= MEMIF_REGIONS_MAX) return 'too many regions';
    if (size === 0 || size > MEMIF_REGION_OCTETS_MAX) return 'a region of this size';
    // Beyond the end of the file the memory would not be there, and touching it ends the process.
    if (fstatSync(fd).size < size) return 'a region that is longer than its memory';
    const { libc } = this.options;
    const mmap = libc.bindAddress('mmap', ['uintptr_t', 'size_t', 'int', 'int', 'int', 'long']);
    const address = mmap(0, size, PROT_READ_WRITE, MAP_SHARED, fd, 0);
    if (address < 0) return 'a region that cannot be mapped';
    this.mapped.push([address, size]);
    this.regions.push(libc.viewOf(address, size));
    return undefined;
  }

  private addRing(
    { isToMaster, index, region, offset, log2Size }: SlaveMessage & { kind: 'add-ring' },
    event: number,
  ): string | undefined {
    const octets = this.regions[region];
    const isTaken = (isToMaster ? this.toMaster : this.toSlave) !== undefined;
    if (index !== 0 || isTaken) return 'a second ring';
    if (octets === undefined || log2Size > LOG2_RING_SIZE_MAX) return 'a ring of this size';
    if (!ringFits(octets, offset, log2Size)) return 'a ring that is not in its region';
    const ring = { ring: new MemifRing(this.regions, octets, offset, log2Size), event };
    if (isToMaster) this.toMaster = ring;
    else this.toSlave = ring;
    return undefined;
  }

  private connect(): string | undefined {
    const { toMaster, toSlave } = this;
    if (toMaster === undefined || toSlave === undefined) return 'a ring is missing';
    const { sockets, name } = this.options;
    this.send(connectedMessage(name));
    this.isConnected = true;
    this.control = this.watch(this.control, () => this.end('the slave said so'));
    sockets.setNonBlocking(toMaster.event);
    this.watch(toMaster.event, () => this.drain(toMaster.ring));
    toMaster.ring.askForInterrupts();
    // What came before we asked.
    this.drain(toMaster.ring);
    return undefined;
  }

  /** Calls when the descriptor can be read, or has ended; returns the number it has from then on. */
  private watch(fd: number, ready: () => void): number {
    const { sockets } = this.options;
    const callback = (): true => {
      ready();
      return true;
    };
    const [watched, socket] = standIn(sockets, fd, {
      onread: { buffer: new Uint8Array(MEMIF_MESSAGE_BYTES), callback },
    });
    socket.once('end', ready).on('error', ready);
    this.watched.push(socket);
    return watched;
  }

  private drain(ring: MemifRing): void {
    if (this.isClosed) return;
    const { intake } = this.options;
    const { arena } = intake;
    for (let frames = 0; frames < FRAMES_PER_WAKE; frames++) {
      const available = ring.available();
      if (available === 0) break;
      const slot = arena.allocate();
      const octets =
        available === undefined
          ? undefined
          : ring.take(arena, slot === NONE ? undefined : slot, available);
      if (octets !== undefined && slot !== NONE) intake.deliver(slot, octets);
      else if (slot !== NONE) arena.release(slot);
      else intake.counters.rejected++;
      // The receiver may have closed us.
      if (this.isClosed) return;
      if (octets === undefined) {
        this.end('a broken ring');
        return;
      }
    }
    ring.publish();
    if (ring.available() !== 0) setImmediate(() => this.drain(ring));
  }
}
