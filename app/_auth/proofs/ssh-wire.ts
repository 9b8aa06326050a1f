/**
 * Reads the fields of SSH's binary formats.
 *
 * Standard: RFC 4251 §5. A `string` is a length of four octets, big-endian, and the octets.
 *
 * Invariant: a read past the end gives undefined, and so does every read after it.
 *
 * @module
 */
import 'server-only';

export class SshReader {
  private readonly bytes: Buffer;
  private offset = 0;
  private failed = false;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** Whether all was read, nothing is left over, and no read failed. */
  get isDone(): boolean {
    return !this.failed && this.offset === this.bytes.length;
  }

  take(count: number): Buffer | undefined {
    if (this.failed || count > this.bytes.length - this.offset) {
      this.failed = true;
      return undefined;
    }
    this.offset += count;
    return this.bytes.subarray(this.offset - count, this.offset);
  }

  uint32(): number | undefined {
    return this.take(4)?.readUInt32BE(0);
  }

  string(): Buffer | undefined {
    const length = this.uint32();
    return length === undefined ? undefined : this.take(length);
  }

  text(): string | undefined {
    return this.string()?.toString('latin1');
  }
}

/** Writes a string field. */
export function sshString(content: Uint8Array | string): Buffer {
  const bytes = Buffer.from(content as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
