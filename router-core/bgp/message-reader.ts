/**
 * Cuts the octets of a connection into messages.
 *
 * Standard: RFC 4271 §4.1 (a message is processed after it is entirely received).
 *
 *   one read of TCP:   …tail of A | B | C | head of D
 *                      └ copied ─┘ └ in place ┘ └ copied until the next read
 *
 * Whole messages are handed on where they lie; only a message that straddles two reads is put
 * together in a buffer.
 *
 * Invariants
 * - `held` octets from the start of `buffer` are the beginning of one message; from 19 octets on,
 *   its header has been checked.
 * - After an error or a `false` of the sink nothing is held and the rest of the read is dropped.
 *
 * @module
 */
import type { Instant } from '../base/units.ts';
import { HEADER_BYTES, MAX_EXTENDED_MESSAGE_BYTES, MAX_MESSAGE_BYTES } from './constants.ts';
import { BUFFER_BYTES_KEPT } from './limits.ts';
import { checkHeader, messageLength } from './message/header.ts';
import type { BgpNotification } from './types.ts';

export interface MessageSink {
  /** One whole message; the octets are valid during the call. False: read no further. */
  receiveMessage(b: Uint8Array, start: number, end: number, now: Instant): boolean;
  /** The stream is broken and cannot be read any further. */
  headerBroken(error: BgpNotification, now: Instant): void;
}

export class MessageReader {
  private readonly sink: MessageSink;
  private buffer = new Uint8Array(0);
  private held = 0;

  constructor(sink: MessageSink) {
    this.sink = sink;
  }

  receive(b: Uint8Array, start: number, end: number, now: Instant): void {
    let i = start;
    while (this.held > 0) {
      const hasHeader = this.held >= HEADER_BYTES;
      const needed = hasHeader ? messageLength(this.buffer, 0) : HEADER_BYTES;
      const taken = Math.min(needed - this.held, end - i);
      this.hold(b, i, i + taken, needed);
      i += taken;
      if (this.held < needed) return;
      if (!hasHeader) {
        if (!this.isHeaderGood(this.buffer, 0, now)) return;
        continue;
      }
      this.held = 0;
      if (!this.sink.receiveMessage(this.buffer, 0, needed, now)) return;
      if (this.buffer.length > BUFFER_BYTES_KEPT) this.buffer = new Uint8Array(0);
    }
    while (end - i >= HEADER_BYTES) {
      if (!this.isHeaderGood(b, i, now)) return;
      const messageEnd = i + messageLength(b, i);
      if (messageEnd > end) break;
      if (!this.sink.receiveMessage(b, i, messageEnd, now)) return;
      i = messageEnd;
    }
    if (i < end) this.hold(b, i, end, HEADER_BYTES);
  }

  private isHeaderGood(b: Uint8Array, at: number, now: Instant): boolean {
    // RFC 8654 §4: we announce extended messages to everybody, so everybody may send them.
    const error = checkHeader(b, at, MAX_EXTENDED_MESSAGE_BYTES);
    if (error === undefined) return true;
    this.held = 0;
    this.sink.headerBroken(error, now);
    return false;
  }

  private hold(b: Uint8Array, start: number, end: number, needed: number): void {
    const size = Math.max(this.held + end - start, needed);
    if (size > this.buffer.length) {
      const grown = new Uint8Array(
        size <= MAX_MESSAGE_BYTES ? MAX_MESSAGE_BYTES : MAX_EXTENDED_MESSAGE_BYTES,
      );
      grown.set(this.buffer.subarray(0, this.held));
      this.buffer = grown;
    }
    this.buffer.set(b.subarray(start, end), this.held);
    this.held += end - start;
  }
}
