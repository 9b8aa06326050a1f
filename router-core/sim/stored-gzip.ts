/**
 * Compression that compresses nothing: gzip files of stored blocks, for routers that only meet each other.
 *
 * Standard: RFC 1952 §2.3 (the file), RFC 1951 §3.2.4 (stored blocks). A simulation knows no operating system, so it
 * has none of its libraries.
 *
 * @module
 */
import { readUint32LittleEndian, writeUint32LittleEndian } from '../base/bytes.ts';

const HEADER = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff);
const BLOCK_HEADER_BYTES = 5;
const TRAILER_BYTES = 8;
const BLOCK_MAX = 0xffff;

export const storedGzip = {
  gzip(octets: Uint8Array): Uint8Array {
    const blocks = Math.max(1, Math.ceil(octets.length / BLOCK_MAX));
    const size = HEADER.length + blocks * BLOCK_HEADER_BYTES + octets.length + TRAILER_BYTES;
    const file = new Uint8Array(size);
    file.set(HEADER);
    let at = HEADER.length;
    for (let block = 0; block < blocks; block++) {
      const part = octets.subarray(block * BLOCK_MAX, (block + 1) * BLOCK_MAX);
      file[at] = block === blocks - 1 ? 1 : 0;
      writeUint16LittleEndian(file, at + 1, part.length);
      writeUint16LittleEndian(file, at + 3, ~part.length);
      file.set(part, at + BLOCK_HEADER_BYTES);
      at += BLOCK_HEADER_BYTES + part.length;
    }
    writeUint32LittleEndian(file, at, crc32(octets));
    writeUint32LittleEndian(file, at + 4, octets.length);
    return file;
  },

  gunzip(file: Uint8Array, octetsMax: number): Uint8Array | undefined {
    if (file.length < HEADER.length + TRAILER_BYTES) return undefined;
    if (HEADER.some((octet, i) => file[i] !== octet)) return undefined;
    const octets = new Uint8Array(Math.min(octetsMax, file.length));
    let length = 0;
    for (let at = HEADER.length, isLast = false; !isLast; ) {
      const size = readUint16LittleEndian(file, at + 1);
      const end = at + BLOCK_HEADER_BYTES + size;
      if ((file[at] as number) > 1 || end + TRAILER_BYTES > file.length) return undefined;
      if (length + size > octetsMax) return undefined;
      octets.set(file.subarray(at + BLOCK_HEADER_BYTES, end), length);
      length += size;
      isLast = file[at] === 1;
      at = end;
    }
    const whole = octets.slice(0, length);
    const sum = readUint32LittleEndian(file, file.length - TRAILER_BYTES);
    return sum === crc32(whole) ? whole : undefined;
  },
} as const;

const readUint16LittleEndian = (b: Uint8Array, i: number): number =>
  (b[i] as number) | ((b[i + 1] as number) << 8);

function writeUint16LittleEndian(b: Uint8Array, i: number, value: number): void {
  b[i] = value & 0xff;
  b[i + 1] = (value >>> 8) & 0xff;
}

/** RFC 1952 §8. */
function crc32(octets: Uint8Array): number {
  let crc = 0xffffffff;
  for (const octet of octets) {
    crc ^= octet;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
