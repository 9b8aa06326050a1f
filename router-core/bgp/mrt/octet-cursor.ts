/**
 * Reads numbers and octets one after the other, and never beyond the end.
 *
 * Not standardized. A read beyond the end gives zeros and sets `isShort`: whoever reads a structure
 * looks at it once, at the end, and before each turn of a loop.
 *
 * @module
 */
import { readUint16, readUint32 } from '../../base/bytes.ts';

export class OctetCursor {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;
  isShort = false;

  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
  }

  get left(): number {
    return this.end - this.at;
  }

  uint8(): number {
    return this.has(1) ? (this.bytes[this.at++] as number) : 0;
  }

  uint16(): number {
    if (!this.has(2)) return 0;
    this.at += 2;
    return readUint16(this.bytes, this.at - 2);
  }

  uint32(): number {
    if (!this.has(4)) return 0;
    this.at += 4;
    return readUint32(this.bytes, this.at - 4);
  }

  /** A copy of the next octets, of none when there are fewer. */
  octets(count: number): Uint8Array {
    if (!this.has(count)) return new Uint8Array(0);
    this.at += count;
    return this.bytes.slice(this.at - count, this.at);
  }

  private has(count: number): boolean {
    if (this.left >= count) return true;
    this.isShort = true;
    this.at = this.end;
    return false;
  }
}
