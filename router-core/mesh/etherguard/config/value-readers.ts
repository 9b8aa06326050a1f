/**
 * Readers of single values: what a YAML file says, as a type.
 *
 * Not standardized; what is accepted follows the YAML library of etherguard-go: a missing key is the zero value
 * of its type (there are no other defaults), a text is taken as it is written even if it looks like a number, a switch
 * may be `yes` or `on`.
 *
 * A value may come as text, as the command line hands it over so that `007` and `02:42:10:10` stay what they are, or typed, as
 * JSON has it. Readers never throw: they tell `Notes` what is wrong and return the zero value, so that one
 * reading tells everything. Whoever asked for a configuration gets none when an error was noted.
 *
 * Departures, each noted as an error: a number with a leading zero (octal to the original), a key that is not 32 octets (the
 * original cuts or fills it), a text with control characters.
 *
 * @module
 */
import { fromBase64 } from '../../../base/bytes.ts';
import type { Finding, RouterErrorCode } from '../../../base/errors.ts';
import { printable } from '../../../base/printable.ts';
import { TEXT_MAX } from './limits.ts';

export const KEY_BYTES = 32;

/** Findings kept of one file: whoever has more mends these first. */
const FINDINGS_MAX = 50;

/** What was found in one file. */
export class Notes {
  readonly findings: Finding[] = [];
  hasErrors = false;

  error(code: RouterErrorCode, path: string, message: string, hint?: string): void {
    this.hasErrors = true;
    this.note(code, path, message, hint, 'error');
  }

  warning(code: RouterErrorCode, path: string, message: string, hint?: string): void {
    this.note(code, path, message, hint, 'warning');
  }

  private note(
    code: RouterErrorCode,
    path: string,
    message: string,
    hint: string | undefined,
    severity: Finding['severity'],
  ): void {
    // An error is told even when fifty warnings came before it.
    const isFull = this.findings.length >= FINDINGS_MAX;
    const warning = isFull ? this.findings.findIndex((f) => f.severity === 'warning') : -1;
    if (isFull && (severity === 'warning' || warning === -1)) return;
    if (isFull) this.findings.splice(warning, 1);
    this.findings.push({
      code,
      path,
      message: `${path === '' ? 'the file' : path} ${message}`,
      severity,
      ...(hint === undefined ? {} : { hint }),
    });
  }
}

/** What reading a file gives: a configuration, or the reasons why there is none; warnings in either case. */
export type Reading<T> = { readonly config?: T; readonly findings: readonly Finding[] };

/** Reads one value at `path`. */
export type Reader<T> = (value: unknown, path: string, notes: Notes) => T;
export type ReadOf<R> = R extends Reader<infer T> ? T : never;

/** Reads with a reader and the rules that concern several values; rules see only what is well formed. */
export function readWith<T>(
  reader: Reader<T>,
  rules: (config: T, notes: Notes) => void,
  values: unknown,
): Reading<T> {
  const notes = new Notes();
  const config = reader(values, '', notes);
  if (!notes.hasErrors) rules(config, notes);
  return notes.hasErrors ? { findings: notes.findings } : { config, findings: notes.findings };
}

const isAbsent = (value: unknown): value is undefined | null =>
  value === undefined || value === null;

/** Returns a scalar as it would be written, or undefined when the value is a list or a set of keys. */
function textOf(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
    case 'boolean':
      return String(value);
    default:
      return undefined;
  }
}

/** A text of at most `max` characters; absent is empty. */
export function text(max = TEXT_MAX): Reader<string> {
  return (value, path, notes) => {
    if (isAbsent(value)) return '';
    const written = textOf(value);
    if (written === undefined || written.length > max) {
      notes.error('CONFIG_TYPE', path, `must be text of at most ${max} characters.`);
      return '';
    }
    if (/\p{Cc}/u.test(written)) {
      notes.error('CONFIG_TYPE', path, 'has a control character or more than one line.');
      return '';
    }
    return written;
  };
}

/** A text of several lines of at most `max` characters; absent is empty. */
export function lines(max: number): Reader<string> {
  return (value, path, notes) => {
    const written = isAbsent(value) ? '' : textOf(value);
    if (written !== undefined && written.length <= max) return written;
    notes.error('CONFIG_TYPE', path, `must be text of at most ${max} characters.`);
    return '';
  };
}

const TRUE = /^(?:y|yes|true|on)$/i;
const FALSE = /^(?:n|no|false|off)?$/i;

/** A switch; absent is off. */
export const flag: Reader<boolean> = (value, path, notes) => {
  const written = isAbsent(value) ? '' : textOf(value);
  if (written !== undefined && TRUE.test(written)) return true;
  if (written === undefined || !FALSE.test(written))
    notes.error('CONFIG_TYPE', path, 'must be true or false.');
  return false;
};

/** A whole number from `min` to `max`, decimal or hexadecimal with `0x`; absent is 0. */
export function integer(min: number, max: number): Reader<number> {
  return (value, path, notes) => {
    const written = isAbsent(value) ? '0' : (textOf(value) ?? '');
    const number = integerOf(written);
    if (number !== undefined && (isAbsent(value) || (number >= min && number <= max)))
      return number;
    const hint = /^[-+]?0\d/.test(written)
      ? 'Leave out leading zeros: some readers take them for octal.'
      : undefined;
    notes.error('CONFIG_TYPE', path, `must be a whole number from ${min} to ${max}.`, hint);
    return 0;
  };
}

/** Reads a whole number without leading zeros; undefined when it is none, or not exact. */
export function integerOf(written: string): number | undefined {
  if (!/^(?:-?(?:0|[1-9]\d{0,15})|0x[0-9a-fA-F]{1,13})$/.test(written)) return undefined;
  const number = Number(written);
  // -0 + 0 is 0.
  return Number.isSafeInteger(number) ? number + 0 : undefined;
}

/** A finite number from `min` to `max`; absent is 0. */
export function decimal(min: number, max: number): Reader<number> {
  return (value, path, notes) => {
    const number = decimalOf(isAbsent(value) ? '0' : (textOf(value) ?? ''));
    if (number !== undefined && (isAbsent(value) || (number >= min && number <= max)))
      return number;
    notes.error('CONFIG_TYPE', path, `must be a number from ${min} to ${max}.`);
    return 0;
  };
}

/** Reads a finite decimal number; undefined when it is none. */
export function decimalOf(written: string): number | undefined {
  if (!/^[-+]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][-+]?\d{1,4})?$/.test(written))
    return undefined;
  const number = Number(written);
  return Number.isFinite(number) ? number : undefined;
}

/** One of the words; absent is the first. A word that is none of them is an error. */
export function oneOf<const W extends string>(words: readonly [W, ...W[]]): Reader<W> {
  return (value, path, notes) => {
    const written = isAbsent(value) ? '' : textOf(value);
    const word = words.find((w) => w === written);
    if (word === undefined && written !== '')
      notes.error('CONFIG_TYPE', path, `must be one of ${words.join(', ')}.`);
    return word ?? words[0];
  };
}

/** One of the words, each with what it means; any other means `otherwise`, with a warning unless it is empty. */
export function wordFor<const M extends string>(
  meanings: Readonly<Record<string, M>>,
  otherwise: NoInfer<M>,
): Reader<M> {
  return (value, path, notes) => {
    const written = isAbsent(value) ? '' : (textOf(value) ?? 'a list or set of keys');
    if (Object.hasOwn(meanings, written)) return meanings[written] ?? otherwise;
    if (written !== '')
      notes.warning(
        'CONFIG_TYPE',
        path,
        `is none of ${Object.keys(meanings).join(', ')}; it counts as ${otherwise}.`,
      );
    return otherwise;
  };
}

/** A key of 32 octets in canonical base64; absent and empty are undefined. */
export function key(code: 'KEY_ENCODING' | 'PSK_ENCODING'): Reader<Uint8Array | undefined> {
  return (value, path, notes) => {
    if (isAbsent(value) || value === '') return undefined;
    const octets = typeof value === 'string' ? fromBase64(value) : undefined;
    if (octets?.length === KEY_BYTES) return octets;
    notes.error(code, path, 'must be 32 octets in base64, 44 characters.');
    return undefined;
  };
}

/** What must be there: absent and empty are errors. */
export function needed<T>(reader: Reader<T>): Reader<Exclude<T, undefined>> {
  return (value, path, notes) => {
    if (isAbsent(value) || value === '') notes.error('CONFIG_MISSING_KEY', path, 'is missing.');
    // When it is missing nobody gets the configuration this value would stand in.
    return reader(value, path, notes) as Exclude<T, undefined>;
  };
}

/** A list of at most `max` entries; absent is empty. */
export function list<T>(items: Reader<T>, max: number): Reader<readonly T[]> {
  return (value, path, notes) => {
    if (isAbsent(value)) return [];
    if (!Array.isArray(value) || value.length > max) {
      notes.error('CONFIG_TYPE', path, `must be a list of at most ${max} entries.`);
      return [];
    }
    return value.map((item: unknown, i) => items(item, `${path}[${i}]`, notes));
  };
}

type Shape = Readonly<Record<string, Reader<unknown>>>;
type FieldsOf<S extends Shape> = { readonly [K in keyof S]: ReadOf<S[K]> };

/**
 * A set of known keys; absent is all zero values.
 *
 * An unknown key is a warning: the original ignores it, and files of older versions have keys that are
 * gone. `former` says what became of those.
 */
export function fields<S extends Shape>(
  shape: S,
  former: Readonly<Record<string, string>> = {},
): Reader<FieldsOf<S>> {
  return (value, path, notes) => {
    const prefix = path === '' ? '' : `${path}.`;
    const present = keysOf(value, path, notes);
    for (const name of present.keys()) {
      if (Object.hasOwn(shape, name)) continue;
      const same = Object.keys(shape).find((k) => k.toLowerCase() === name.toLowerCase());
      const hint = Object.hasOwn(former, name)
        ? former[name]
        : same === undefined
          ? `Known here: ${Object.keys(shape).join(', ')}.`
          : `Letters count: it is ${same}.`;
      const shown = `${prefix}${printable(name, 60)}`;
      notes.warning('CONFIG_UNKNOWN_KEY', shown, 'is not a known key, and is ignored.', hint);
    }
    const entries = Object.entries(shape).map(([name, reader]) => [
      name,
      reader(present.get(name), `${prefix}${name}`, notes),
    ]);
    return Object.fromEntries(entries) as FieldsOf<S>;
  };
}

/** Returns the entries of a set of keys, none when the value is absent. Whatever else it is, is an error. */
export function keysOf(value: unknown, path: string, notes: Notes): ReadonlyMap<string, unknown> {
  if (isAbsent(value)) return new Map();
  if (typeof value === 'object' && !Array.isArray(value)) return new Map(Object.entries(value));
  notes.error('CONFIG_TYPE', path, 'must be a set of keys.');
  return new Map();
}
