/**
 * DNS messages, as much as a stub resolver needs: a question for addresses, and its answer.
 *
 * Standard: RFC 1035 §4 (messages, compression); RFC 3596 (AAAA); RFC 2308 §2 (no such name, no data);
 * RFC 5452 §9.1 (what an answer must repeat).
 *
 *   id │ flags │ counts │ question: name, type, class │ answers: name, type, class, TTL, length, data │ …
 *
 * Invariants
 * - No octets make the reader throw or loop: a pointer leads backwards only, and names have 255 octets.
 * - An answer to another question is none.
 *
 * @module
 */
import { at, readUint16, writeUint16 } from '../../base/bytes.ts';
import type { IpAddress } from '../../base/ip-address.ts';
import { DNS_ALIASES } from './limits.ts';

export type AddressType = 'A' | 'AAAA';
const TYPES: Readonly<Record<AddressType, number>> = { A: 1, AAAA: 28 };
const TYPE_CNAME = 5;
const CLASS_IN = 1;
const HEADER_BYTES = 12;
const NAME_BYTES_MAX = 255;
const LABEL_BYTES_MAX = 63;
/** Flags: an answer, its opcode, cut off, recursion desired, and the code of the answer. */
const FLAG_RESPONSE = 0x8000,
  MASK_OPCODE = 0x7800,
  FLAG_TRUNCATED = 0x0200,
  FLAG_RECURSION_DESIRED = 0x0100,
  MASK_RCODE = 0x000f;
const RCODE_NO_ERROR = 0,
  RCODE_NAME_ERROR = 3;

export type Question = { readonly id: number; readonly name: string; readonly type: AddressType };
export type Answer =
  /** Empty: the name exists and has no address of this type. */
  | { readonly kind: 'addresses'; readonly addresses: readonly IpAddress[] }
  | { readonly kind: 'no-such-name' }
  /** Ask again over TCP. */
  | { readonly kind: 'truncated' }
  /** The server could not or would not (SERVFAIL, REFUSED …). */
  | { readonly kind: 'failed' };

/** Returns a name in lower case without its last dot, or undefined when it is no name of a host. */
export function readHostName(text: string): string | undefined {
  const name = text.replace(/\.$/, '').toLowerCase();
  const labels = name.split('.');
  // Underscores occur in DN42 and harm nobody; other octets would not come back as they went.
  const isName = labels.every((label) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label));
  return isName && name.length <= NAME_BYTES_MAX - 2 ? name : undefined;
}

/** Writes a question; the name has passed `readHostName`. */
export function writeQuestion({ id, name, type }: Question): Uint8Array {
  const labels = name.split('.');
  const nameBytes = labels.reduce((sum, label) => sum + 1 + label.length, 1);
  const message = new Uint8Array(HEADER_BYTES + nameBytes + 4);
  writeUint16(message, 0, id);
  writeUint16(message, 2, FLAG_RECURSION_DESIRED);
  writeUint16(message, 4, 1);
  let next = HEADER_BYTES;
  for (const label of labels) {
    message[next++] = label.length;
    for (const letter of label) message[next++] = letter.charCodeAt(0);
  }
  writeUint16(message, next + 1, TYPES[type]);
  writeUint16(message, next + 3, CLASS_IN);
  return message;
}

/** Reads the answer to a question; undefined when these octets are none. */
export function readAnswer(message: Uint8Array, question: Question): Answer | undefined {
  if (message.length < HEADER_BYTES) return undefined;
  const flags = readUint16(message, 2);
  const isAnswer = (flags & FLAG_RESPONSE) !== 0 && (flags & MASK_OPCODE) === 0;
  if (!isAnswer || readUint16(message, 0) !== question.id) return undefined;
  if (readUint16(message, 4) !== 1) return undefined;
  const name = readName(message, HEADER_BYTES);
  if (name === undefined || name.after + 4 > message.length) return undefined;
  if (name.text !== question.name || readUint16(message, name.after) !== TYPES[question.type])
    return undefined;
  if (readUint16(message, name.after + 2) !== CLASS_IN) return undefined;
  if ((flags & FLAG_TRUNCATED) !== 0) return { kind: 'truncated' };
  const code = flags & MASK_RCODE;
  if (code === RCODE_NAME_ERROR) return { kind: 'no-such-name' };
  if (code !== RCODE_NO_ERROR) return { kind: 'failed' };
  const records = readRecords(message, name.after + 4, readUint16(message, 6));
  if (records === undefined) return undefined;
  return { kind: 'addresses', addresses: addressesOf(question, records) };
}

type DnsRecord = { readonly owner: string; readonly type: number; readonly data: Uint8Array };
type Alias = DnsRecord & { readonly target: string };

function readRecords(
  message: Uint8Array,
  start: number,
  count: number,
): (DnsRecord | Alias)[] | undefined {
  const records: (DnsRecord | Alias)[] = [];
  let next = start;
  for (let i = 0; i < count; i++) {
    const owner = readName(message, next);
    if (owner === undefined || owner.after + 10 > message.length) return undefined;
    const type = readUint16(message, owner.after);
    const isInternet = readUint16(message, owner.after + 2) === CLASS_IN;
    const data = owner.after + 10;
    const end = data + readUint16(message, owner.after + 8);
    if (end > message.length) return undefined;
    next = end;
    if (!isInternet) continue;
    const record = { owner: owner.text, type, data: message.slice(data, end) };
    if (type !== TYPE_CNAME) records.push(record);
    else {
      const target = readName(message, data);
      if (target === undefined || target.after !== end) return undefined;
      records.push({ ...record, target: target.text });
    }
  }
  return records;
}

/** Follows the aliases from the name that was asked for; what belongs to another name is not believed. */
function addressesOf(
  { name, type }: Question,
  records: readonly (DnsRecord | Alias)[],
): IpAddress[] {
  let owner = name;
  for (let i = 0; i < DNS_ALIASES; i++) {
    const alias = records.find(
      (record): record is Alias => 'target' in record && record.owner === owner,
    );
    if (alias === undefined) break;
    owner = alias.target;
  }
  const family = type === 'A' ? 4 : 6;
  const octets = family === 4 ? 4 : 16;
  return records
    .filter((record) => record.owner === owner && record.type === TYPES[type])
    .filter(({ data }) => data.length === octets)
    .map(({ data }) => ({ family, bytes: data }));
}

/** Reads a name in lower case, and where what follows it begins. */
function readName(
  message: Uint8Array,
  start: number,
): { readonly text: string; readonly after: number } | undefined {
  const labels: string[] = [];
  let after: number | undefined;
  let next = start;
  let octets = 1;
  for (;;) {
    if (next >= message.length) return undefined;
    const length = at(message, next);
    if (length >= 0xc0) {
      if (next + 2 > message.length) return undefined;
      const target = readUint16(message, next) & 0x3fff;
      after ??= next + 2;
      // Backwards only, so that it ends.
      if (target >= next) return undefined;
      next = target;
      continue;
    }
    if (length > LABEL_BYTES_MAX) return undefined;
    if (length === 0) return { text: labels.join('.'), after: after ?? next + 1 };
    octets += 1 + length;
    if (octets > NAME_BYTES_MAX || next + 1 + length > message.length) return undefined;
    labels.push(
      String.fromCharCode(...message.subarray(next + 1, next + 1 + length)).toLowerCase(),
    );
    next += 1 + length;
  }
}
