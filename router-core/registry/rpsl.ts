/**
 * RPSL objects as DN42 writes them: lenient reading, strict reporting.
 *
 * Standard: RFC 2622 §2 (continuation lines, order of attributes), and the DN42 registry's own
 * rules (portal specification §1.2): one object per file, UTF-8, LF, values from the 21st column.
 *
 * What can be read is read; each departure from the rules is reported as a code. One bad file never
 * stops a load.
 *
 * Invariants
 * - Never throws, whatever the octets.
 * - Attributes keep the order of the file, keys are lower case.
 * - Values are as written (outer white space removed); `printable()` is the index builder's duty.
 *
 * @module
 */
import { MAX_ATTRIBUTES } from './limits.ts';

export const FORMAT_PROBLEMS = [
  'BYTE_ORDER_MARK',
  'COLUMN',
  'CRLF',
  'EMPTY',
  'NOT_UTF8',
  'NO_COLON',
  'NO_FINAL_NEWLINE',
  'ORPHAN_CONTINUATION',
  'TAB',
  'TOO_MANY_ATTRIBUTES',
  'UPPER_CASE_KEY',
] as const;
/** A departure from the file format; the object was read all the same. */
export type FormatProblem = (typeof FORMAT_PROBLEMS)[number];

export type RpslAttribute = { readonly key: string; readonly value: string };
export type RpslObject = {
  readonly attributes: readonly RpslAttribute[];
  /** Each code once, in alphabetical order. */
  readonly problems: readonly FormatProblem[];
};

/** Values start at the 21st character. */
const VALUE_COLUMN = 20;
const KEY = /^([A-Za-z0-9][A-Za-z0-9_-]*):/;

/** Reads one object's file. */
export function parseRpsl(bytes: Uint8Array): RpslObject {
  const problems = new Set<FormatProblem>();
  const text = decodeText(bytes, problems);
  if (text.trim() === '') return { attributes: [], problems: ['EMPTY'] };
  if (text.includes('\r')) problems.add('CRLF');
  if (!text.endsWith('\n')) problems.add('NO_FINAL_NEWLINE');

  const attributes: { key: string; value: string }[] = [];
  for (const line of text.split(/\r\n|\n|\r/)) {
    if (line === '' || line.startsWith('%') || line.startsWith('#')) continue;
    if (/^[+ \t]/.test(line)) {
      const last = attributes.at(-1);
      if (last !== undefined) {
        last.value += `\n${(line.startsWith('+') ? line.slice(1) : line).trim()}`;
      } else if (!line.startsWith('+')) problems.add('ORPHAN_CONTINUATION');
      continue;
    }
    const match = KEY.exec(line);
    if (match === null) {
      problems.add('NO_COLON');
      continue;
    }
    if (attributes.length >= MAX_ATTRIBUTES) {
      problems.add('TOO_MANY_ATTRIBUTES');
      break;
    }
    // The first colon only: an armor's `Version: 1` is a value.
    const key = match[1] as string;
    const rest = line.slice(key.length + 1);
    const value = rest.trim();
    if (key !== key.toLowerCase()) problems.add('UPPER_CASE_KEY');
    if (rest.includes('\t')) problems.add('TAB');
    else if (value !== '' && line.length - rest.trimStart().length !== VALUE_COLUMN)
      problems.add('COLUMN');
    attributes.push({ key: key.toLowerCase(), value });
  }
  return { attributes, problems: [...problems].sort() };
}

/** Returns the values of an attribute, in the order of the file. */
export const valuesOf = (object: RpslObject, key: string): string[] =>
  object.attributes.filter((a) => a.key === key).map((a) => a.value);

/** Returns the first value of an attribute, or undefined when there is none. */
export const firstValueOf = (object: RpslObject, key: string): string | undefined =>
  object.attributes.find((a) => a.key === key)?.value;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeText(bytes: Uint8Array, problems: Set<FormatProblem>): string {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    // A decoder says "not UTF-8" by throwing. Latin-1 gives every octet a character.
    problems.add('NOT_UTF8');
    text = '';
    for (const octet of bytes) text += String.fromCharCode(octet);
  }
  if (!text.startsWith('\ufeff')) return text;
  problems.add('BYTE_ORDER_MARK');
  return text.slice(1);
}
