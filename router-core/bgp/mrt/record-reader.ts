/**
 * Cuts a stream of octets into MRT records, with bounded memory.
 *
 * Standard: RFC 6396 §2, §3.
 *
 *   push(chunk) ─► records, whole;   a record that is too long is named and skipped without being kept
 *   end()       ─► nothing, or what the file breaks off in
 *
 * Nothing is thrown: damage is a value, with the offset of its record.
 *
 * @module
 */
import { readUint16, readUint32 } from '../../base/bytes.ts';
import { type WallTime, wallTime } from '../../base/units.ts';
import { BGP4MP_ET, MRT_HEADER_BYTES } from './constants.ts';
import { RECORD_BYTES_MAX } from './limits.ts';

/** One record, its body valid until the next call. */
export type RawRecord = {
  readonly kind: 'raw';
  /** Of its header in the file. */
  readonly offset: number;
  readonly when: WallTime;
  readonly type: number;
  readonly subtype: number;
  /** Without the microseconds of an extended type. */
  readonly body: Uint8Array;
};

export type DamageReason =
  /** The file ends within the record. */
  | 'truncated'
  /** The record says that it is longer than any real one. */
  | 'too-long'
  /** The record ends within one of its fields. */
  | 'short'
  /** A field has a value it cannot have. */
  | 'bad-field'
  /** What should be a BGP message is none. */
  | 'bad-message';

/** What cannot be read, and where it stands; reading goes on behind it. */
export type Damaged = {
  readonly kind: 'damaged';
  readonly offset: number;
  readonly reason: DamageReason;
  /** For people. */
  readonly detail: string;
};

const LENGTH = 8;

export class RecordReader {
  private buffer = new Uint8Array(64 * 1024);
  private head = 0;
  private tail = 0;
  /** Of `head` in the file. */
  private offset = 0;
  /** Octets of a record that is skipped. */
  private toSkip = 0;
  private skippedAt = 0;

  /** Takes the next octets of the file. */
  *push(chunk: Uint8Array): Generator<RawRecord | Damaged> {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.toSkip > 0) {
        const skipped = Math.min(this.toSkip, rest.length);
        this.toSkip -= skipped;
        this.offset += skipped;
        rest = rest.subarray(skipped);
        continue;
      }
      const taken = Math.min(rest.length, 64 * 1024);
      this.append(rest.subarray(0, taken));
      rest = rest.subarray(taken);
      yield* this.records();
    }
  }

  /** The file is over. */
  *end(): Generator<Damaged> {
    const missing = this.toSkip > 0 || this.tail > this.head;
    if (!missing) return;
    yield {
      kind: 'damaged',
      offset: this.toSkip > 0 ? this.skippedAt : this.offset,
      reason: 'truncated',
      detail: 'the file ends within this record',
    };
  }

  private *records(): Generator<RawRecord | Damaged> {
    const b = this.buffer;
    while (this.tail - this.head >= MRT_HEADER_BYTES) {
      const length = readUint32(b, this.head + LENGTH);
      if (length > RECORD_BYTES_MAX) {
        yield this.skip(length);
        continue;
      }
      if (this.tail - this.head < MRT_HEADER_BYTES + length) return;
      yield this.record(length);
      this.head += MRT_HEADER_BYTES + length;
      this.offset += MRT_HEADER_BYTES + length;
    }
  }

  private record(length: number): RawRecord | Damaged {
    const b = this.buffer;
    const type = readUint16(b, this.head + 4);
    const subtype = readUint16(b, this.head + 6);
    const seconds = readUint32(b, this.head);
    const body = this.head + MRT_HEADER_BYTES;
    const isExtended = type === BGP4MP_ET;
    if (isExtended && length < 4)
      return {
        kind: 'damaged',
        offset: this.offset,
        reason: 'short',
        detail: 'an extended record without its microseconds',
      };
    const micros = isExtended ? readUint32(b, body) : 0;
    return {
      kind: 'raw',
      offset: this.offset,
      when: wallTime(seconds * 1000 + micros / 1000),
      type,
      subtype,
      body: b.subarray(body + (isExtended ? 4 : 0), body + length),
    };
  }

  private skip(length: number): Damaged {
    const whole = MRT_HEADER_BYTES + length;
    const here = Math.min(whole, this.tail - this.head);
    const { offset } = this;
    this.head += here;
    this.offset += here;
    this.toSkip = whole - here;
    this.skippedAt = offset;
    const detail = `a record of ${length} octets, more than ${RECORD_BYTES_MAX}`;
    return { kind: 'damaged', offset, reason: 'too-long', detail };
  }

  private append(chunk: Uint8Array): void {
    const waiting = this.tail - this.head;
    if (this.tail + chunk.length > this.buffer.length) {
      const needed = waiting + chunk.length;
      const target =
        needed <= this.buffer.length ? this.buffer : new Uint8Array(Math.max(needed, waiting * 2));
      target.set(this.buffer.subarray(this.head, this.tail));
      this.buffer = target;
      this.head = 0;
      this.tail = waiting;
    }
    this.buffer.set(chunk, this.tail);
    this.tail += chunk.length;
  }
}
