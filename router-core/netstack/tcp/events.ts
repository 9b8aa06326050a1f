/**
 * Events on their way to the user, in the order of their causes.
 *
 * Not standardized. Bounded without a number: per connection at most one of each kind waits, and
 * neighbor-guard.ts holds refusals back.
 *
 * Invariant: 'closed' is the last event of a connection; asking for the event after it makes it unknown.
 *
 * @module
 */
import type {
  CloseReason,
  ConnectionId,
  SegmentRefusal,
  TcpEvent,
  TcpNeighbor,
  TcpTuple,
} from './contract.ts';
import type { Tcb } from './tcb.ts';

type Waiting = { readonly event: TcpEvent; readonly tcb: Tcb | undefined };

export class EventQueue {
  /** Connections the user may name. */
  readonly known = new Map<ConnectionId, Tcb>();
  /** How many 'incoming' events wait, per local port. */
  private readonly incomingWaiting = new Map<number, number>();
  /** Whose 'closed' was taken last: what it received can be read until the next question. */
  private ended: Tcb | undefined = undefined;
  private waiting: Waiting[] = [];
  private taken = 0;

  incomingOn(port: number): number {
    return this.incomingWaiting.get(port) ?? 0;
  }

  opening(tcb: Tcb): void {
    this.known.set(tcb.id, tcb);
  }

  established(tcb: Tcb): void {
    if (!tcb.isPassive) {
      this.push({ kind: 'connected', connection: tcb.id }, tcb);
      return;
    }
    tcb.isKnownToUser = true;
    this.known.set(tcb.id, tcb);
    this.incomingWaiting.set(tcb.tuple.localPort, this.incomingOn(tcb.tuple.localPort) + 1);
    this.push({ kind: 'incoming', connection: tcb.id, ...tcb.tuple }, tcb);
  }

  readable(tcb: Tcb): void {
    if (tcb.isReadableQueued) return;
    tcb.isReadableQueued = true;
    this.push({ kind: 'readable', connection: tcb.id }, tcb);
  }

  writable(tcb: Tcb): void {
    this.push({ kind: 'writable', connection: tcb.id }, tcb);
  }

  remoteFinished(tcb: Tcb): void {
    this.push({ kind: 'remote-finished', connection: tcb.id }, tcb);
  }

  /** Reports the end, once; a connection the user never saw ends in silence. */
  closed(tcb: Tcb, reason: CloseReason): void {
    if (!tcb.isKnownToUser || tcb.isClosedReported) return;
    tcb.isClosedReported = true;
    this.push({ kind: 'closed', connection: tcb.id, reason }, tcb);
  }

  /** A `connect` that got no connection. */
  failed(connection: ConnectionId): void {
    this.push({ kind: 'closed', connection, reason: 'no-resources' }, undefined);
  }

  stale(kind: 'stale-reset' | 'stale-timeout', tuple: TcpTuple): void {
    this.push({ kind, tuple }, undefined);
  }

  refused({ interface: id, remote }: TcpNeighbor, refusal: SegmentRefusal): void {
    this.push({ kind: 'segments-refused', interface: id, remote, refusal }, undefined);
  }

  take(): TcpEvent | undefined {
    this.forgetEnded();
    const next = this.waiting[this.taken];
    if (next === undefined) return undefined;
    this.taken++;
    if (this.taken === this.waiting.length) {
      this.waiting = [];
      this.taken = 0;
    }
    const { event, tcb } = next;
    if (tcb === undefined) return event;
    if (event.kind === 'readable') tcb.isReadableQueued = false;
    else if (event.kind === 'incoming') this.incomingTaken(event.localPort);
    else if (event.kind === 'closed') this.ended = tcb;
    return event;
  }

  private forgetEnded(): void {
    if (this.ended === undefined) return;
    this.known.delete(this.ended.id);
    this.ended.receiveBuffer.release();
    this.ended = undefined;
  }

  private incomingTaken(port: number): void {
    const left = this.incomingOn(port) - 1;
    if (left === 0) this.incomingWaiting.delete(port);
    else this.incomingWaiting.set(port, left);
  }

  private push(event: TcpEvent, tcb: Tcb | undefined): void {
    this.waiting.push({ event, tcb });
  }
}
