/**
 * Underlay I/O of a packet worker: datagrams between UDP sockets and one shared memory.
 *
 * Not standardized; docs/architecture.md §6. Three implementations move the same descriptors
 * (descriptor.ts) and pass one compliance suite (compliance.test.ts); choose.ts picks one at start.
 *
 *      sockets ──► rx descriptors ──► handler.received(n) ──► tx descriptors ──► sockets
 *      another thread ── wake ──────► handler.woken() ──────►
 *
 * Driving rules
 * - `open`, `close`, `connect`, `disconnect` and `wake` belong to the thread that calls `run`. The
 *   batched kind never returns to the event loop while it runs, so no promise of its thread settles: it
 *   is driven from inside the handler, and results come by callback. What is sent while a port opens
 *   waits for it; `open` comes before sending.
 * - Another thread wakes with `wakeByDescriptor(wakeFd)`; without a descriptor it posts a message, whose
 *   listener calls `wake()`. It must have ended before `stop`: a descriptor's number is used again.
 * - The memory is never grown or moved. `slotBytes` is greater than `slotDataBytes` (one octet tells an
 *   oversize datagram), and every address is a multiple of 4.
 *
 * Invariants
 * - Tx descriptors are on their way, or copied, or dropped and counted, before anything is received
 *   into the slots again.
 * - Per destination, datagrams leave in the order of their descriptors. Among destinations they may not.
 * - A datagram longer than `slotDataBytes` or from port 0 is counted and never handed on.
 *
 * @module
 */
import type { SocketId } from '../../base/units.ts';

export type UnderlayKind = 'batched' | 'burst' | 'plain';

/** Addresses are offsets in `buffer`. */
export type BatchMemory = {
  readonly buffer: SharedArrayBuffer;
  readonly rxDescriptors: number;
  /** Where the datagram of slot 0 starts; that of slot i starts `i * slotBytes` later. */
  readonly rxSlots: number;
  readonly slotBytes: number;
  /** Datagrams of one batch. */
  readonly rxCount: number;
  /** The largest datagram. */
  readonly slotDataBytes: number;
  readonly txDescriptors: number;
  readonly txMax: number;
  /** A region that only the I/O uses, `ioBytesFor(rxCount, txMax)` octets. */
  readonly io: number;
  readonly ioBytes: number;
};

export interface BatchHandler {
  /** Rx descriptors [0, count) are filled. Returns how many tx descriptors are to be sent. */
  received(count: number): number;
  /** The datagrams that `received` returned are with the system, or nothing was to be sent. */
  sent(): void;
  /** Somebody woke us. Returns tx descriptors to send; is called again when it returned `txMax`. */
  woken(): number;
  /** Called about every `TICK_MS`, also when idle. */
  tick(): void;
}

export type OpenedPort = {
  readonly families: readonly (4 | 6)[];
  /** What was asked for, or what the system chose for 0. */
  readonly port: number;
  readonly note?: string;
};

/** A failure has the system's error with its `code`. */
export type OpenOutcome = OpenedPort | { readonly error: NodeJS.ErrnoException };

/** Grow only; plain numbers, written by the thread that runs. */
export type UnderlayCounters = {
  rxDatagrams: number;
  /** System calls, or events of the runtime, that brought datagrams. */
  rxCalls: number;
  /** Longer than a slot: dropped. */
  rxTruncated: number;
  /** From port 0, which means "no answer wanted" (RFC 768): dropped. */
  rxBadSource: number;
  rxErrors: number;
  /** Dropped by the system because nobody read in time. */
  kernelDrops: number;
  txDatagrams: number;
  txCalls: number;
  txWouldBlock: number;
  txUnreachable: number;
  txTooBig: number;
  txOther: number;
  /** Messages that the system cut into datagrams for us, and how many datagrams those were. */
  gsoSends: number;
  gsoDatagrams: number;
  /** Such messages that were refused and sent as single datagrams. */
  gsoFallbacks: number;
};

export interface UnderlayIo {
  readonly kind: UnderlayKind;
  readonly counters: UnderlayCounters;
  /** An 8-octet write here wakes; undefined when only messages to the event loop do. */
  readonly wakeFd: number | undefined;
  /**
   * Opens a port, in every family that was asked for or in none; `::` means both, unless `only` names one.
   * 0 is any port. `done` is called with the result: before this returns by the batched kind, later by the others,
   * never after `close`.
   */
  open(
    socket: SocketId,
    port: number,
    host: string,
    done: (outcome: OpenOutcome) => void,
    only?: 4 | 6,
  ): void;
  /** `done` is called when others may have the port: before this returns, or when an `open` under way has ended. */
  close(socket: SocketId, done?: () => void): void;
  /** A peer's endpoint is known or changed; `sockaddr` has `SOCKADDR_BYTES`. Some kinds ignore it. */
  connect(peer: number, socket: SocketId, sockaddr: Uint8Array): void;
  disconnect(peer: number): void;
  /** Makes `woken` be called soon. */
  wake(): void;
  /** Waits, receives, calls the handler, sends, until `stop`. Rejects when the handler throws. */
  run(handler: BatchHandler): Promise<void>;
  /** Ends `run` and closes everything; may be called twice. */
  stop(): void;
}

export const TICK_MS = 100;
export const SOCKET_BUFFER_BYTES = 4 * 1024 * 1024;
/** How often `woken` is called in a row before received datagrams have their turn. */
export const WOKEN_ROUNDS = 16;
/** IP counts lengths in 16 bits; this much fits into UDP over either version. */
export const UDP_PAYLOAD_MAX = 65_507;

/** Returns how large the private region is: headers and vectors of batched/layout.ts, rounded up. */
export const ioBytesFor = (rxCount: number, txMax: number): number =>
  1024 + rxCount * (64 + 16) + txMax * (64 + 16 + 32);

export const createUnderlayCounters = (): UnderlayCounters => ({
  rxDatagrams: 0,
  rxCalls: 0,
  rxTruncated: 0,
  rxBadSource: 0,
  rxErrors: 0,
  kernelDrops: 0,
  txDatagrams: 0,
  txCalls: 0,
  txWouldBlock: 0,
  txUnreachable: 0,
  txTooBig: 0,
  txOther: 0,
  gsoSends: 0,
  gsoDatagrams: 0,
  gsoFallbacks: 0,
});
