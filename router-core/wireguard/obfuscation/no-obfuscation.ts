/**
 * Plain WireGuard as a form among others, for sockets that serve both.
 *
 * Standard: WireGuard paper §5.4.
 *
 * @module
 */
import { readInt32LittleEndian } from '../../base/bytes.ts';
import {
  KEEPALIVE_BYTES,
  type MessageKind,
  messageKind,
  NO_MESSAGE,
  receiverIndex,
} from './message-kind.ts';
import { type Obfuscation, PlainTyped, WRAPPED, type WrapResult } from './obfuscation.ts';

export class NoObfuscation extends PlainTyped implements Obfuscation {
  readonly overheadBytes = 0;

  wrap(_kind: MessageKind, _b: Uint8Array, start: number, end: number): WrapResult {
    this.start = start;
    this.end = end;
    return WRAPPED;
  }

  recognize(b: Uint8Array, start: number, end: number): MessageKind {
    if (end - start < KEEPALIVE_BYTES) return NO_MESSAGE;
    const kind = messageKind(readInt32LittleEndian(b, start), end - start);
    this.receiver = receiverIndex(kind, b, start);
    return kind;
  }

  unwrap(b: Uint8Array, start: number, end: number): MessageKind {
    this.start = start;
    this.end = end;
    return this.recognize(b, start, end);
  }
}
