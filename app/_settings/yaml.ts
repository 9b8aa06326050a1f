/**
 * YAML as this portal reads and writes it: the configuration file, and pieces of it in a form.
 *
 * Standard: YAML 1.2 (core schema). Aliases are limited, so that a short text stays a small value.
 *
 * @module
 */
import 'server-only';
import { parse, type SchemaOptions, stringify } from 'yaml';

const ALIASES_MAX = 100;
const LINE_COLUMNS = 72;

type Read = { readonly value: unknown } | { readonly problem: string };

/** Returns the value of a text, or what is wrong with it in one line. */
export const readYaml = (text: string): Read => read(text, { schema: 'core' });

/** Likewise, with scalars as they are written, null excepted: `007` stays what it is. */
export const readYamlTexts = (text: string): Read =>
  read(text, { schema: 'failsafe', customTags: ['null'], merge: true });

function read(text: string, options: SchemaOptions): Read {
  try {
    return { value: parse(text, { ...options, maxAliasCount: ALIASES_MAX }) ?? {} };
  } catch (error) {
    const [line = ''] = (error as Error).message.split('\n');
    return { problem: `${line.replace(/:$/, '')}.` };
  }
}

/** Returns a set of keys as text; the empty set is the empty text. */
export const writeYaml = (value: object): string =>
  Object.keys(value).length === 0 ? '' : stringify(value, { lineWidth: LINE_COLUMNS }).trimEnd();
