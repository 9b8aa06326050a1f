/**
 * A stream of the overlay as Node knows streams: what is piped into it goes to DN42 through our own TCP.
 *
 * Standard: RFC 9293 §3.9.1; Node's stream.Duplex. Half-close is kept: `end` sends FIN and still reads.
 *
 *   write ─► TCP's send buffer, and when it is full nothing is taken until there is room
 *   read ◄── TCP's receive buffer, from which nothing is read until somebody wants it: the window closes
 *
 * Invariants
 * - Beside TCP's two buffers at most RELAY_BUFFER_BYTES wait here per direction, except what TCP still
 *   held when the connection ended: at most one receive buffer.
 * - Destroyed before both sides have finished, it resets the connection; afterwards TCP delivers what is queued.
 *
 * @module
 */
import { Duplex } from 'node:stream';
import type { Instant } from '../../base/units.ts';
import type { CloseReason, OverlaySockets, OverlayStream, StreamUser } from '../../router/index.ts';
import { RELAY_BUFFER_BYTES } from './limits.ts';

/** What TCP is read into; what a stream keeps is a copy of its own size. */
const SCRATCH = Buffer.allocUnsafe(RELAY_BUFFER_BYTES);

/** What all services work with. */
export type Overlay = {
  sockets(): OverlaySockets;
  now(): Instant;
  /** Tells the driver that the Router has something to settle. */
  wake(): void;
};

/** Why a stream of the overlay ended before both sides had finished. */
export class OverlayError extends Error {
  override readonly name = 'OverlayError';
  readonly reason: CloseReason;

  constructor(reason: CloseReason) {
    super(`the connection in DN42 ended: ${reason}`);
    this.reason = reason;
  }
}

type PendingWrite = {
  readonly chunk: Uint8Array;
  offset: number;
  readonly done: (error?: Error | null) => void;
};

/** Emits `connect` when a stream that we opened is open. */
export class OverlaySocket extends Duplex implements StreamUser {
  private readonly overlay: Overlay;
  private stream: OverlayStream | undefined;
  private pending: PendingWrite | undefined;
  private isWanted = false;
  private hasRemoteFinished = false;
  private hasFinished = false;
  private hasClosed = false;

  constructor(overlay: Overlay) {
    super({
      allowHalfOpen: true,
      readableHighWaterMark: RELAY_BUFFER_BYTES,
      writableHighWaterMark: RELAY_BUFFER_BYTES,
    });
    this.overlay = overlay;
    // A connection may end before anybody listens; 'close' follows, and whoever cares hears both.
    this.on('error', () => undefined);
  }

  /** Ties it to its stream; once, before anything happens on it. */
  attach(stream: OverlayStream): this {
    this.stream = stream;
    return this;
  }

  onConnected(): void {
    this.emit('connect');
  }

  onReadable(): void {
    if (this.isWanted) this.pump();
  }

  onWritable(): void {
    const { pending } = this;
    if (pending === undefined) return;
    this.pending = undefined;
    this.send(pending);
  }

  onRemoteFinished(): void {
    this.hasRemoteFinished = true;
    if (this.isWanted) this.pump();
  }

  onClosed(reason: CloseReason): void {
    this.hasClosed = true;
    if (reason !== 'finished') {
      this.destroy(new OverlayError(reason));
      return;
    }
    // The last chance to read: TCP forgets the connection after this call.
    this.hasRemoteFinished = true;
    while (this.takeChunk() !== undefined) {
      // Bounded by one receive buffer.
    }
    this.push(null);
  }

  override _read(): void {
    this.isWanted = true;
    this.pump();
  }

  override _write(chunk: Uint8Array, _encoding: string, done: PendingWrite['done']): void {
    this.send({ chunk, offset: 0, done });
  }

  override _final(done: (error?: Error | null) => void): void {
    this.hasFinished = true;
    this.stream?.close(this.overlay.now());
    this.overlay.wake();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const isOver = this.hasClosed || (this.hasFinished && this.readableEnded);
    if (!isOver) {
      this.stream?.abort(this.overlay.now());
      this.overlay.wake();
    }
    const { pending } = this;
    this.pending = undefined;
    pending?.done(error ?? new OverlayError('aborted'));
    done(error);
  }

  /** Reads while somebody wants more, then waits for `onReadable`. */
  private pump(): void {
    if (this.hasClosed) return;
    for (let wants = true; wants; ) {
      const goesOn = this.takeChunk();
      if (goesOn === undefined) {
        if (this.hasRemoteFinished) this.push(null);
        break;
      }
      wants = goesOn;
      this.isWanted = goesOn;
    }
    this.overlay.wake();
  }

  /** Pushes one piece of what TCP holds; undefined when it holds nothing, else whether more is wanted. */
  private takeChunk(): boolean | undefined {
    const count = this.stream?.read(SCRATCH, this.overlay.now()) ?? 0;
    return count === 0 ? undefined : this.push(Buffer.from(SCRATCH.subarray(0, count)));
  }

  private send(pending: PendingWrite): void {
    const { chunk } = pending;
    if (this.hasClosed || this.stream === undefined) {
      pending.done(new OverlayError('aborted'));
      return;
    }
    const count = this.stream.write(chunk, pending.offset, this.overlay.now());
    pending.offset += count;
    this.overlay.wake();
    if (pending.offset === chunk.length) pending.done();
    else this.pending = pending;
  }
}
