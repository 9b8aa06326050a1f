/**
 * Frames through a descriptor that Node cannot wait for: one read is one frame, one write is one frame.
 *
 * Standard: read(2), write(2), dup(2), unix(7) of Linux.
 *
 * The event loop waits behind a stand-in (stand-in.ts). Nothing polls, and no thread is held.
 *
 *   event loop ─► first frame of a wake, copied ─┐
 *   read(2)    ─► the others, into their slots ──┴─► FrameIntake
 *   write(2)   ◄── slot;  EAGAIN: the event loop writes this one when it can, and up to FRAMES_WAITING wait behind it
 *
 * Invariants
 * - Frames leave in the order in which they were written.
 * - A slot is released when the system has taken its frame or the frame was dropped; never earlier, never twice.
 * - The descriptor is closed once, by `close` or by its end.
 *
 * @module
 */
import type { Socket } from 'node:net';
import { constants } from 'node:os';
import { NONE, type PacketSlot } from '../../base/units.ts';
import { DATA_BYTES, type PacketArena } from '../../router/index.ts';
import { systemError } from '../libc.ts';
import type { UnixSockets } from '../unix-sockets.ts';
import type { FrameCounters } from './counted-device.ts';
import type { FrameIntake } from './frame-intake.ts';
import { FRAMES_PER_WAKE, FRAMES_WAITING } from './limits.ts';
import { standIn } from './stand-in.ts';

const { EAGAIN, ENOBUFS, ECONNREFUSED, ECONNRESET, ENOTCONN, EPIPE } = constants.errno;
/** Nobody is at the other end any more. */
const GONE: readonly number[] = [ECONNREFUSED, ECONNRESET, ENOTCONN, EPIPE];
/** One more octet than a frame may have shows that it is too long; slots have room for it behind their data. */
const READ_OCTETS = DATA_BYTES + 1;

export type FrameDescriptorOptions = {
  readonly sockets: UnixSockets;
  readonly arena: PacketArena;
  readonly counters: FrameCounters;
  /** Non-blocking; it belongs to the device from here on. */
  readonly fd: number;
  /** Absent: nothing is read. */
  readonly intake?: FrameIntake;
  /** A read of nothing is an empty datagram, which anybody may send, and not the end. */
  readonly hasEmptyFrames?: boolean;
  /** Called at most once, and not after `close`: the other side is gone, or an error. */
  ended(error: Error | undefined): void;
};

export class FrameDescriptor {
  private readonly options: FrameDescriptorOptions;
  private readonly scratch = new Uint8Array(new ArrayBuffer(READ_OCTETS));
  private readonly scratchAddress: number;
  /** Where the arena's memory lies. */
  private readonly base: number;
  private readonly waiting: PacketSlot[] = [];
  private socket: Socket;
  private fd: number;
  private isWaiting = false;
  private isClosed = false;

  constructor(options: FrameDescriptorOptions) {
    this.options = options;
    const { sockets, arena, fd } = options;
    this.base = sockets.addressOf(arena.bytes);
    this.scratchAddress = sockets.addressOf(this.scratch);
    [this.fd, this.socket] = this.watch(fd);
  }

  /** Takes the slot. */
  write(slot: PacketSlot): void {
    // A socket that met an error has given its descriptor back before it tells.
    const isGone = this.isClosed || this.socket.destroyed;
    if (isGone || this.waiting.length >= FRAMES_WAITING) this.drop(slot);
    else if (this.isWaiting) this.waiting.push(slot);
    else this.writeNow(slot);
  }

  close(): Promise<void> {
    this.isClosed = true;
    for (const slot of this.waiting.splice(0)) this.drop(slot);
    if (this.socket.closed) return Promise.resolve();
    return new Promise((resolve) => {
      this.socket.once('close', () => resolve());
      this.socket.destroy();
    });
  }

  /** Lets the event loop wait for what `fd` stands for; `fd` is closed, another one is returned. */
  private watch(fd: number): readonly [number, Socket] {
    const { sockets, intake } = this.options;
    const onread = intake && {
      buffer: this.scratch,
      callback: (octets: number) => this.readable(intake, octets),
    };
    const watched = standIn(sockets, fd, onread === undefined ? {} : { onread });
    const [, socket] = watched;
    socket.once('end', () => {
      if (this.isClosed) return;
      if (this.options.hasEmptyFrames) this.watchAgain();
      else this.finish(undefined);
    });
    socket.once('error', (error) => this.finish(error));
    return watched;
  }

  /** For Node a stream has ended; it gets a new one that stands for the same. */
  private watchAgain(): void {
    const { sockets, counters } = this.options;
    counters.rejected++;
    const ended = this.socket;
    [this.fd, this.socket] = this.watch(sockets.duplicate(this.fd));
    ended.destroy();
  }

  /** The event loop has read one frame into `scratch`; what is there besides is read into slots. */
  private readable(intake: FrameIntake, octets: number): true {
    intake.take(this.scratch, octets);
    for (let frames = 1; frames < FRAMES_PER_WAKE && !this.isClosed; frames++)
      if (!this.readOne(intake)) break;
    return true;
  }

  /** Returns false when there was nothing. */
  private readOne(intake: FrameIntake): boolean {
    const { sockets, arena } = this.options;
    const slot = arena.allocate();
    if (slot === NONE) {
      const octets = sockets.read(this.fd, this.scratchAddress, READ_OCTETS);
      if (octets > 0) intake.counters.rejected++;
      return octets > 0;
    }
    const octets = sockets.read(this.fd, this.base + (arena.start[slot] as number), READ_OCTETS);
    // The end and errors are for the event loop, which meets them again.
    if (octets <= 0) arena.release(slot);
    else intake.deliver(slot, octets);
    return octets > 0;
  }

  private writeNow(slot: PacketSlot): void {
    const { sockets, arena } = this.options;
    const start = arena.start[slot] as number;
    const octets = (arena.end[slot] as number) - start;
    const result = sockets.write(this.fd, this.base + start, octets);
    if (result >= 0) arena.release(slot);
    else if (result === -EAGAIN || result === -ENOBUFS) this.writeLater(slot);
    else this.refused(slot, result);
  }

  private refused(slot: PacketSlot, result: number): void {
    this.drop(slot);
    // Others are about this frame (EMSGSIZE), or pass (EIO: the interface is down).
    if (GONE.includes(-result)) this.finish(systemError('write', result));
  }

  /** Has the event loop write one frame when there is room: it would join two to one. */
  private writeLater(slot: PacketSlot): void {
    const { arena } = this.options;
    this.isWaiting = true;
    const frame = arena.bytes.subarray(arena.start[slot], arena.end[slot]);
    this.socket.write(frame, (error) => {
      if (error) this.drop(slot);
      else arena.release(slot);
      this.isWaiting = false;
      for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift()) {
        this.writeNow(next);
        if (this.isWaiting) return;
      }
    });
  }

  private drop(slot: PacketSlot): void {
    this.options.counters.dropped++;
    this.options.arena.release(slot);
  }

  private finish(error: Error | undefined): void {
    if (this.isClosed) return;
    void this.close();
    this.options.ended(error);
  }
}
