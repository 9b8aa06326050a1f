/**
 * ipt_xor: every octet of the payload combined with a repeated key.
 *
 * Not standardized; the wire format is that of `faicker/ipt_xor`, see fixtures/README.md. The key
 * begins anew with every datagram. It hides the header from a filter and nothing from an analyst:
 * fixed lengths stay, and so does the pattern of a fixed first octet.
 *
 * @module
 */
import { assert } from '../../base/assert.ts';
import { at } from '../../base/bytes.ts';
import { XOR_KEY_BYTES_MAX } from './limits.ts';
import {
  KEEPALIVE_BYTES,
  type MessageKind,
  messageKind,
  NO_MESSAGE,
  receiverIndex,
} from './message-kind.ts';
import { type Obfuscation, PlainTyped, WRAPPED, type WrapResult } from './obfuscation.ts';

/** Octets up to and with the index of a response. */
const HEAD_BYTES = 12;
const PAD_BYTES = 512;

export class IptXor extends PlainTyped implements Obfuscation {
  readonly overheadBytes = 0;
  /** The key as often as it fits a block: the loop over octets counts one thing only. */
  private readonly pad: Uint8Array;
  private readonly head = new Uint8Array(HEAD_BYTES);

  constructor(key: Uint8Array) {
    super();
    assert(key.length >= 1 && key.length <= XOR_KEY_BYTES_MAX, 'the key has 1 to 64 octets');
    const repeats = Math.floor(PAD_BYTES / key.length);
    this.pad = new Uint8Array(repeats * key.length).map((_, i) => at(key, i % key.length));
  }

  wrap(_kind: MessageKind, b: Uint8Array, start: number, end: number): WrapResult {
    this.xor(b, start, end);
    this.start = start;
    this.end = end;
    return WRAPPED;
  }

  recognize(b: Uint8Array, start: number, end: number): MessageKind {
    if (end - start < KEEPALIVE_BYTES) return NO_MESSAGE;
    const { head, pad } = this;
    for (let i = 0; i < HEAD_BYTES; i++) head[i] = at(b, start + i) ^ at(pad, i);
    const type = at(head, 0) | (at(head, 1) << 8) | (at(head, 2) << 16) | (at(head, 3) << 24);
    const kind = messageKind(type, end - start);
    this.receiver = receiverIndex(kind, head, 0);
    return kind;
  }

  unwrap(b: Uint8Array, start: number, end: number): MessageKind {
    const kind = this.recognize(b, start, end);
    if (kind === NO_MESSAGE) return NO_MESSAGE;
    this.xor(b, start, end);
    this.start = start;
    this.end = end;
    return kind;
  }

  private xor(b: Uint8Array, start: number, end: number): void {
    const { pad } = this;
    for (let block = start; block < end; block += pad.length) {
      const octets = Math.min(pad.length, end - block);
      for (let i = 0; i < octets; i++) b[block + i] = at(b, block + i) ^ at(pad, i);
    }
  }
}
