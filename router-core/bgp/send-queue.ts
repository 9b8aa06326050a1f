/**
 * Whole messages on their way into a transport that may take only a part.
 *
 * Not standardized; RFC 9687 tells what happens when nothing moves any more.
 *
 *        head                         tail
 *   ─────┬──────────────┬──────┬──────┬─────
 *        │ rest of A    │  B   │  C   │
 *   ─────┴──────────────┴──────┴──────┴─────
 *        └ headRest ────┘
 *
 * An octet is copied only when the transport does not take it at once.
 *
 * Invariants
 * - What waits is the rest of at most one message, followed by whole messages.
 * - `headRest` is 0 when `head` is the start of a message.
 * - Octets leave in the order in which they were sent.
 *
 * @module
 */
import { assert } from '../base/assert.ts';
import type { Instant } from '../base/units.ts';
import { BUFFER_BYTES_KEPT } from './limits.ts';
import { messageLength } from './message/header.ts';
import type { TransportId, TransportPort } from './types.ts';

export class SendQueue {
  readonly transport: TransportId;
  private readonly port: TransportPort;
  private buffer = new Uint8Array(0);
  private head = 0;
  private tail = 0;
  private headRest = 0;

  constructor(port: TransportPort, transport: TransportId) {
    this.port = port;
    this.transport = transport;
  }

  /** Octets the transport has not taken. */
  get waiting(): number {
    return this.tail - this.head;
  }

  /** Takes one whole message. */
  send(b: Uint8Array, start: number, end: number, now: Instant): void {
    const sent = this.waiting === 0 ? this.port.write(this.transport, b, start, end, now) : 0;
    assert(sent >= 0, 'a transport accepts no negative number of octets');
    assert(sent <= end - start, 'a transport accepts no more than it was given');
    if (sent === end - start) return;
    if (sent > 0) this.headRest = end - start - sent;
    this.append(b, start + sent, end);
  }

  /** Offers what waits to the transport again; returns how many octets it took. */
  flush(now: Instant): number {
    if (this.waiting === 0) return 0;
    const sent = this.port.write(this.transport, this.buffer, this.head, this.tail, now);
    this.forget(sent);
    return sent;
  }

  /** Drops every message of which no octet has left. */
  dropWholeMessages(): void {
    this.tail = this.head + this.headRest;
  }

  private append(b: Uint8Array, start: number, end: number): void {
    const size = this.waiting + end - start;
    if (this.tail + end - start > this.buffer.length) {
      // Moving down is worth it only when it frees half; otherwise a full queue would be copied
      // for every message.
      if (size <= this.buffer.length && this.head >= this.buffer.length / 2) {
        this.buffer.copyWithin(0, this.head, this.tail);
      } else {
        const grown = new Uint8Array(Math.max(BUFFER_BYTES_KEPT, 2 * size));
        grown.set(this.buffer.subarray(this.head, this.tail));
        this.buffer = grown;
      }
      this.tail -= this.head;
      this.head = 0;
    }
    this.buffer.set(b.subarray(start, end), this.tail);
    this.tail += end - start;
  }

  private forget(count: number): void {
    let left = count;
    while (left > 0) {
      if (this.headRest === 0) this.headRest = messageLength(this.buffer, this.head);
      const taken = Math.min(left, this.headRest);
      this.head += taken;
      this.headRest -= taken;
      left -= taken;
    }
    assert(this.head <= this.tail, 'no more leaves than waits');
    if (this.head < this.tail) return;
    this.head = 0;
    this.tail = 0;
    if (this.buffer.length > BUFFER_BYTES_KEPT) this.buffer = new Uint8Array(0);
  }
}
