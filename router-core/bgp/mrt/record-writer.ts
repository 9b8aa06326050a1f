/**
 * MRT records into one growing buffer.
 *
 * Standard: RFC 6396 §2 (header), §3 (extended timestamp).
 *
 *    0         4      6         8        12
 *   +---------+------+---------+--------+----------------
 *   | seconds | type | subtype | length | body …             length: of the body, microseconds included
 *   +---------+------+---------+--------+----------------
 *
 * @module
 */
import { writeUint16, writeUint32 } from '../../base/bytes.ts';
import type { WallTime } from '../../base/units.ts';
import { BGP4MP_ET, MRT_HEADER_BYTES } from './constants.ts';

const TYPE = 4,
  SUBTYPE = 6,
  LENGTH = 8;

export const microsecondsOf = (when: WallTime): number =>
  Math.floor((when - Math.floor(when / 1000) * 1000) * 1000);

/** Fills time and length into the head of an extended record whose message has so many octets. */
export function fillExtendedHead(head: Uint8Array, when: WallTime, messageOctets: number): void {
  writeUint32(head, 0, Math.floor(when / 1000));
  writeUint32(head, LENGTH, head.length - MRT_HEADER_BYTES + messageOctets);
  writeUint32(head, MRT_HEADER_BYTES, microsecondsOf(when));
}

export class RecordWriter {
  /** Records, and the one that is being written, from 0 to `end`. */
  bytes: Uint8Array<ArrayBuffer>;
  end = 0;
  private recordAt = 0;

  constructor(capacity = 1024) {
    this.bytes = new Uint8Array(capacity);
  }

  /** Begins a record; that of an extended type gets its microseconds. */
  begin(type: number, subtype: number, when: WallTime): void {
    this.recordAt = this.end;
    this.reserve(MRT_HEADER_BYTES + 4);
    const b = this.bytes;
    const o = this.end;
    writeUint32(b, o, Math.floor(when / 1000));
    writeUint16(b, o + TYPE, type);
    writeUint16(b, o + SUBTYPE, subtype);
    this.end += MRT_HEADER_BYTES;
    if (type === BGP4MP_ET) this.uint32(microsecondsOf(when));
  }

  /** Ends the record: its length is known. */
  finish(): void {
    const length = this.end - this.recordAt - MRT_HEADER_BYTES;
    writeUint32(this.bytes, this.recordAt + LENGTH, length);
  }

  /** Drops the record that is being written. */
  abandon(): void {
    this.end = this.recordAt;
  }

  uint8(value: number): void {
    this.reserve(1);
    this.bytes[this.end++] = value;
  }

  uint16(value: number): void {
    this.reserve(2);
    writeUint16(this.bytes, this.end, value);
    this.end += 2;
  }

  uint32(value: number): void {
    this.reserve(4);
    writeUint32(this.bytes, this.end, value);
    this.end += 4;
  }

  octets(b: Uint8Array, start = 0, end: number = b.length): void {
    this.reserve(end - start);
    this.bytes.set(b.subarray(start, end), this.end);
    this.end += end - start;
  }

  /** Makes room for `count` octets behind `end`. */
  reserve(count: number): void {
    if (this.end + count <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.end + count));
    grown.set(this.bytes.subarray(0, this.end));
    this.bytes = grown;
  }

  /** Returns what was written and begins anew. */
  take(): Uint8Array {
    const records = this.bytes.slice(0, this.end);
    this.end = 0;
    return records;
  }
}
