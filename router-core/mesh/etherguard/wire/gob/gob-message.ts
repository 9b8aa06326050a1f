/**
 * A whole stream with one value: the type definitions it needs, then the value.
 *
 * Standard: documentation of Go's package encoding/gob, "Basics" and "Encoding Details".
 *
 *   │ definition │ … │ length │ number of the type │ value │ anything: padding, mostly zero │
 *
 * What we write begins with the same definitions every time. What we read may number and order them as it
 * likes, and what follows the value is not looked at.
 *
 * Invariants
 * - Reading takes time and memory in proportion to the octets, GOB_STREAM_BYTES_MAX at most.
 * - `decode` throws GobError and nothing else.
 *
 * @module
 */
import { concatBytes } from '../../../../base/bytes.ts';
import { GOB_STREAM_BYTES_MAX } from '../limits.ts';
import { GobError } from './gob-error.ts';
import type { GobKind } from './gob-kind.ts';
import { GobReader } from './gob-reader.ts';
import { GobWriter } from './gob-writer.ts';
import { TypeDefinitions } from './type-definitions.ts';
import { readDefinition, type WireTypes } from './wire-types.ts';

export class GobMessage<T> {
  /** The definitions every stream of ours begins with. */
  readonly prefix: Uint8Array;
  private readonly kind: GobKind<T>;
  private readonly number: number;

  constructor(kind: GobKind<T>) {
    const definitions = new TypeDefinitions();
    const writer = new GobWriter();
    this.kind = kind;
    this.number = kind.define(definitions);
    definitions.write(writer);
    this.prefix = writer.take();
  }

  encode(value: T): Uint8Array {
    const content = new GobWriter();
    content.signed(this.number);
    this.kind.write(content, value);
    const message = new GobWriter();
    message.message(content);
    return concatBytes(this.prefix, message.take());
  }

  /** @throws GobError */
  decode(b: Uint8Array, start = 0, end = b.length): T {
    if (end - start > GOB_STREAM_BYTES_MAX) throw new GobError('too-long', 'the stream');
    const stream = new GobReader(b, start, end);
    const types: WireTypes = new Map();
    for (;;) {
      const message = stream.message();
      const type = message.signed();
      if (type >= 0) {
        this.kind.check(type, types);
        return this.kind.read(message, type, types);
      }
      readDefinition(message, -type, types);
    }
  }
}
