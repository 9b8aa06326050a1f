/**
 * Primitives of a gob stream, read within bounds.
 *
 * Standard: documentation of Go's package encoding/gob, "Encoding Details".
 *
 *   unsigned   below 128 one octet; else 256 - n, then n octets, most significant first
 *   signed     unsigned with the sign in the lowest bit: 2v, or 2(-v - 1) + 1
 *   float      the octets of the IEEE 754 number from the other end, as an unsigned number
 *   octets     unsigned length, then as many octets
 *
 * Longer forms than needed are taken, as Go does.
 *
 * Invariants
 * - Nothing is read at or after `end`.
 * - Every method that returns has moved on by an octet at least, so loops over counts end.
 * - What throws is a GobError; a reader that threw is not used again.
 *
 * @module
 */
import { at } from '../../../../base/bytes.ts';
import { GOB_DEPTH_MAX } from '../limits.ts';
import { GobError } from './gob-error.ts';

/** The mark of a number of eight octets; no smaller one begins a number above 127. */
const EIGHT_OCTETS = 0xf8;
const FLOAT_BYTES = 8;
const text = new TextDecoder('utf-8', { ignoreBOM: true });
/** Where the octets of a float are put together. */
const float = new DataView(new ArrayBuffer(FLOAT_BYTES));

export class GobReader {
  private readonly bytes: Uint8Array;
  private readonly end: number;
  private position: number;
  private depth = 0;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
  }

  remaining(): number {
    return this.end - this.position;
  }

  /** A value within a value begins. */
  enter(): void {
    if (++this.depth > GOB_DEPTH_MAX) throw new GobError('too-deep', 'too many nested values');
  }

  leave(): void {
    this.depth--;
  }

  /** Reads an unsigned number of at most 64 bits. */
  unsigned64(): bigint {
    let value = 0n;
    for (let i = this.openNumber(); i < this.position; i++) {
      value = (value << 8n) | BigInt(at(this.bytes, i));
    }
    return value;
  }

  /** Reads an unsigned number up to `max`, 2^53 - 1 at most. */
  unsigned(max = Number.MAX_SAFE_INTEGER): number {
    let value = 0;
    // Exact up to 2^53; what is greater stays greater than any `max`.
    for (let i = this.openNumber(); i < this.position; i++) value = value * 256 + at(this.bytes, i);
    if (value > max) throw new GobError('out-of-range', `a number above ${max}`);
    return value;
  }

  /** Reads a signed number between -(2^53 - 1) and 2^53 - 1. */
  signed(): number {
    const folded = this.unsigned64();
    const value = Number((folded & 1n) === 0n ? folded >> 1n : ~(folded >> 1n));
    if (!Number.isSafeInteger(value)) throw new GobError('out-of-range', 'a number beyond 53 bits');
    return value;
  }

  float64(): number {
    const start = this.openNumber();
    float.setFloat64(0, 0);
    for (let i = this.position - 1, place = FLOAT_BYTES - 1; i >= start; i--, place--) {
      float.setUint8(place, at(this.bytes, i));
    }
    return float.getFloat64(0, true);
  }

  /** Reads how many items follow, each of one octet at least. */
  count(): number {
    const count = this.unsigned();
    if (count > this.remaining()) throw new GobError('truncated', 'more items than octets');
    return count;
  }

  /** Reads octets with their length before them; a copy. */
  octets(): Uint8Array {
    const count = this.count();
    this.position += count;
    return this.bytes.slice(this.position - count, this.position);
  }

  /** Reads text; what is not UTF-8 becomes U+FFFD. */
  text(): string {
    return text.decode(this.octets());
  }

  /** Reads the length of a message and returns a reader of it. */
  message(): GobReader {
    const count = this.count();
    this.position += count;
    return new GobReader(this.bytes, this.position - count, this.position);
  }

  skipNumber(): void {
    this.openNumber();
  }

  skipOctets(): void {
    const count = this.count();
    this.position += count;
  }

  /** Moves behind a number and returns where its octets begin. */
  private openNumber(): number {
    if (this.position >= this.end) throw new GobError('truncated', 'a number is missing');
    const first = at(this.bytes, this.position++);
    if (first < 0x80) return this.position - 1;
    if (first < EIGHT_OCTETS) throw new GobError('bad-number', 'a number of more than 64 bits');
    const count = 0x100 - first;
    if (count > this.remaining()) throw new GobError('truncated', 'a number is cut off');
    this.position += count;
    return this.position - count;
  }
}
