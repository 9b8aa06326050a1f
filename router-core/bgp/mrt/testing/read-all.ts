/**
 * A whole file at once, as `rootless42 mrt show` reads it.
 *
 * For tests only.
 *
 * @module
 */
import { type MrtRecord, RecordDecoder } from '../decode-record.ts';
import { type Damaged, RecordReader } from '../record-reader.ts';
import { recordWords } from '../record-words.ts';
import { Replay } from '../replay.ts';

/** Reads a file in parts of `step` octets. */
export function readAll(file: Uint8Array, step = 4096): (MrtRecord | Damaged)[] {
  const reader = new RecordReader();
  const decoder = new RecordDecoder();
  const records: (MrtRecord | Damaged)[] = [];
  for (let o = 0; o < file.length; o += step) {
    for (const raw of reader.push(file.subarray(o, o + step)))
      records.push(raw.kind === 'raw' ? decoder.decode(raw) : raw);
  }
  records.push(...reader.end());
  return records;
}

export function wordsOf(file: Uint8Array): string[] {
  const replay = new Replay();
  return readAll(file).map((record) => recordWords(record, replay));
}
