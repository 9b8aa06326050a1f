/**
 * Answers of a DNS server, for tests: written apart from the code that reads them.
 *
 * @module
 */
import { parseIpAddress } from '../../../base/ip-address.ts';
import { type Question, writeQuestion } from '../dns-message.ts';

type RecordParts = readonly [owner: string, type: 'A' | 'AAAA' | 'CNAME', value: string];
export type AnswerParts = {
  readonly code?: number;
  readonly isTruncated?: boolean;
  readonly records?: readonly RecordParts[];
};

const TYPES = { A: 1, CNAME: 5, AAAA: 28 } as const;

/** An answer; the name that was asked for is written as a pointer, as servers do. */
export function answerTo(question: Question, parts: AnswerParts): Uint8Array {
  const { code = 0, isTruncated = false, records = [] } = parts;
  const asked = Buffer.from(writeQuestion(question));
  asked.writeUInt16BE(0x8180 | code | (isTruncated ? 0x0200 : 0), 2);
  asked.writeUInt16BE(records.length, 6);
  const written = records.map((record) => writeRecord(record, question.name));
  return new Uint8Array(Buffer.concat([asked, ...written]));
}

function writeRecord([owner, type, value]: RecordParts, asked: string): Buffer {
  const data =
    type === 'CNAME' ? writeName(value) : Buffer.from(parseIpAddress(value)?.bytes ?? []);
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(TYPES[type], 0);
  fixed.writeUInt16BE(1, 2);
  fixed.writeUInt32BE(300, 4);
  fixed.writeUInt16BE(data.length, 8);
  const name = owner === asked ? Buffer.from([0xc0, 12]) : writeName(owner);
  return Buffer.concat([name, fixed, data]);
}

const writeName = (name: string): Buffer =>
  Buffer.concat([
    ...name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)])),
    Buffer.from([0]),
  ]);
