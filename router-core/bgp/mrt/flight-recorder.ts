/**
 * The flight recorder: the last messages and changes of state of every neighbor, in both directions.
 *
 * Standard: the records are those of RFC 6396 §4.5 (bgp4mp.ts); BGP specification §12 and §17.
 *
 *   session ─► messagePassed, stateChanged ─► ring of the neighbor ─► slice: a file for a bug report
 *
 * It knows no secrets: keys of TCP MD5 and TCP-AO stand in TCP options, never in a BGP message. What it
 * holds is what both sides of the session know anyhow: routes, and texts of shutdown messages.
 *
 * A message we sent is recorded when the session takes it; behind a NOTIFICATION, messages that had not
 * left yet are dropped and stand in the record all the same.
 *
 * Invariants
 * - A neighbor has at most `bytesPerNeighbor`, all together `bytesTotal`, save that everybody has
 *   RECORDER_BYTES_MIN (as many neighbors as there may be fit that).
 * - A slice can be read by itself: it begins with the OPENs of the session when they are no longer in the
 *   ring.
 *
 * @module
 */
import { concatBytes, equalBytes } from '../../base/bytes.ts';
import type { Instant, WallClock } from '../../base/units.ts';
import { OPEN } from '../constants.ts';
import { messageType } from '../message/header.ts';
import type { SessionState } from '../session-state.ts';
import type { MessageDirection, SessionEnds, SessionOpens, SessionTap } from '../session-tap.ts';
import type { NegotiatedSession, NeighborId } from '../types.ts';
import { messageHead, writeMessageRecord, writeStateRecord } from './bgp4mp.ts';
import { RECORDER_BYTES_MIN, RECORDER_BYTES_PER_NEIGHBOR, RECORDER_BYTES_TOTAL } from './limits.ts';
import { FIRST_FORMS, formsOf, type SessionForms } from './message-form.ts';
import { RecordRing } from './record-ring.ts';
import { fillExtendedHead, RecordWriter } from './record-writer.ts';

export type RecorderBounds = {
  /** 0: nothing is recorded. */
  readonly bytesPerNeighbor: number;
  readonly bytesTotal: number;
};

export const RECORDER_DEFAULTS: RecorderBounds = {
  bytesPerNeighbor: RECORDER_BYTES_PER_NEIGHBOR,
  bytesTotal: RECORDER_BYTES_TOTAL,
};

const NOT_IN_RING = -1;

/** The record of an OPEN, and where in the ring it stands. */
type OpenRecord = { readonly at: number; readonly record: Uint8Array };

type Recorded = {
  ends: SessionEnds;
  forms: SessionForms;
  /** What stands in front of a message, by direction. */
  heads: Readonly<Record<MessageDirection, Uint8Array>>;
  readonly ring: RecordRing;
  readonly opens: Partial<Record<MessageDirection, OpenRecord>>;
};

export type RecorderView = {
  /** Octets of records, and of memory for them. */
  readonly recorded: number;
  readonly reserved: number;
  /** Records that were longer than the ring of their neighbor. */
  readonly tooLong: number;
};

export class FlightRecorder implements SessionTap {
  private readonly clock: WallClock;
  private bounds: RecorderBounds;
  private readonly neighbors = new Map<NeighborId, Recorded>();
  private readonly writer = new RecordWriter();
  private reserved = 0;
  private tooLong = 0;

  constructor(clock: WallClock, bounds: RecorderBounds = RECORDER_DEFAULTS) {
    this.clock = clock;
    this.bounds = bounds;
  }

  /** Other bounds hold at once; what is beyond them is forgotten. */
  setBounds(bounds: RecorderBounds): void {
    if (
      bounds.bytesPerNeighbor === this.bounds.bytesPerNeighbor &&
      bounds.bytesTotal === this.bounds.bytesTotal
    )
      return;
    this.bounds = bounds;
    for (const { ring } of this.neighbors.values())
      this.resize(ring, Math.min(ring.capacity, bounds.bytesPerNeighbor));
    if (this.reserved <= bounds.bytesTotal) return;
    for (const { ring } of this.neighbors.values()) this.resize(ring, this.sizeMin);
  }

  neighborConfigured(neighbor: NeighborId, ends: SessionEnds): void {
    const known = this.neighbors.get(neighbor);
    if (known !== undefined) {
      known.ends = ends;
      known.heads = headsOf(ends, known.forms);
      return;
    }
    const ring = new RecordRing(this.sizeMin);
    this.reserved += ring.capacity;
    const heads = headsOf(ends, FIRST_FORMS);
    this.neighbors.set(neighbor, { ends, forms: FIRST_FORMS, heads, ring, opens: {} });
  }

  neighborRemoved(neighbor: NeighborId): void {
    this.reserved -= this.neighbors.get(neighbor)?.ring.capacity ?? 0;
    this.neighbors.delete(neighbor);
  }

  messagePassed(
    neighbor: NeighborId,
    direction: MessageDirection,
    b: Uint8Array,
    start: number,
    end: number,
    _now: Instant,
  ): void {
    const recorded = this.neighbors.get(neighbor);
    if (recorded === undefined || this.bounds.bytesPerNeighbor === 0) return;
    const { ring } = recorded;
    const head = recorded.heads[direction];
    fillExtendedHead(head, this.clock.now(), end - start);
    if (messageType(b, start) === OPEN) {
      const record = concatBytes(head, b.subarray(start, end));
      recorded.opens[direction] = { at: ring.next, record };
    }
    this.keep(ring, head, head.length, b, start, end);
  }

  stateChanged(neighbor: NeighborId, from: SessionState, to: SessionState): void {
    const recorded = this.neighbors.get(neighbor);
    if (recorded === undefined || this.bounds.bytesPerNeighbor === 0) return;
    const { writer } = this;
    writeStateRecord(writer, this.clock.now(), recorded.ends, from, to);
    this.keep(recorded.ring, writer.bytes, writer.end, writer.bytes, 0, 0);
    writer.end = 0;
  }

  established(neighbor: NeighborId, _session: NegotiatedSession, opens: SessionOpens): void {
    const recorded = this.neighbors.get(neighbor);
    if (recorded === undefined) return;
    this.setForms(recorded, formsOf(opens));
    if (this.bounds.bytesPerNeighbor === 0) return;
    for (const direction of ['sent', 'received'] as const)
      this.rememberOpen(recorded, direction, opens[direction]);
  }

  private setForms(recorded: Recorded, forms: SessionForms): void {
    recorded.forms = forms;
    recorded.heads = headsOf(recorded.ends, forms);
  }

  /** When two connections collided, the last OPEN that passed may be that of the other one. */
  private rememberOpen(recorded: Recorded, direction: MessageDirection, open: Uint8Array): void {
    const known = recorded.opens[direction]?.record;
    if (known !== undefined && equalBytes(known.subarray(known.length - open.length), open)) return;
    const { writer } = this;
    const form = FIRST_FORMS[direction];
    writeMessageRecord(
      writer,
      this.clock.now(),
      recorded.ends,
      form,
      direction,
      open,
      0,
      open.length,
    );
    recorded.opens[direction] = { at: NOT_IN_RING, record: writer.take() };
  }

  ended(neighbor: NeighborId): void {
    const recorded = this.neighbors.get(neighbor);
    if (recorded !== undefined) this.setForms(recorded, FIRST_FORMS);
  }

  notified(): void {
    // The NOTIFICATION itself passes as a message.
  }

  replaced(): void {
    // Seen by the change of state.
  }

  /** Returns what is known of a neighbor, as an MRT file. */
  slice(neighbor: NeighborId): Uint8Array {
    const recorded = this.neighbors.get(neighbor);
    if (recorded === undefined) return new Uint8Array(0);
    const { ring, opens } = recorded;
    const lost = [opens.sent, opens.received]
      .filter((open) => open !== undefined)
      .filter((open) => open.at < ring.first)
      .sort((a, b) => a.at - b.at);
    return concatBytes(...lost.map(({ record }) => record), ring.records());
  }

  view(): RecorderView {
    let recorded = 0;
    for (const { ring } of this.neighbors.values()) recorded += ring.next - ring.first;
    return { recorded, reserved: this.reserved, tooLong: this.tooLong };
  }

  /** Takes a record in two parts: what stands in front of a message, and the message. */
  private keep(
    ring: RecordRing,
    head: Uint8Array,
    headEnd: number,
    b: Uint8Array,
    start: number,
    end: number,
  ): void {
    const length = headEnd + end - start;
    if (ring.next - ring.first + length > ring.capacity) this.grow(ring);
    if (!ring.add(head, headEnd, b, start, end)) this.tooLong++;
  }

  /** Gives a ring that is full its whole size, while there is so much for all. */
  private grow(ring: RecordRing): void {
    const wanted = Math.min(
      this.bounds.bytesPerNeighbor,
      ring.capacity + this.bounds.bytesTotal - this.reserved,
    );
    if (wanted > ring.capacity) this.resize(ring, wanted);
  }

  private resize(ring: RecordRing, capacity: number): void {
    this.reserved += capacity - ring.capacity;
    ring.resize(capacity);
  }

  private get sizeMin(): number {
    return Math.min(RECORDER_BYTES_MIN, this.bounds.bytesPerNeighbor);
  }
}

const headsOf = (ends: SessionEnds, forms: SessionForms): Recorded['heads'] => ({
  received: messageHead(ends, forms.received, 'received'),
  sent: messageHead(ends, forms.sent, 'sent'),
});
