/**
 * Changes of a configuration file, place by place, so that everything else stays as its owner wrote it.
 *
 * Not standardized. Real nodes write the whole file anew from what they understood of it, and lose comments, unknown keys and
 * once a private key (a supernode whose IPv6 is off forgets `PrivKeyV6`).
 *
 * @module
 */
import { toBase64 } from '../../../base/bytes.ts';
import type { NodeTable } from './tables.ts';

/** One place of the file and what shall stand there: text, numbers, switches, lists and sets of keys; undefined: nothing. */
export type ConfigChange = {
  readonly path: readonly (string | number)[];
  readonly value: unknown;
};

/**
 * Keys whose text is always quoted: a prefix of decimal digits is a number of base 60 to readers of
 * YAML 1.1 (`02:42:10:10`).
 */
export const ALWAYS_QUOTED: readonly string[] = ['MacAddrPrefix', 'MacAddress prefix'];

/** Returns the change that puts `value` at `path`, a path without list indices such as `Interface.Name`. */
export const change = (path: string, value: unknown): ConfigChange => ({
  path: path.split('.'),
  value,
});

/** Returns a key as files have it. */
export const keyText = (octets: Uint8Array): string => toBase64(octets);

/** Returns a table as files have it. */
export const tableValues = <T>(table: NodeTable<T>): Record<string, Record<string, T>> =>
  Object.fromEntries(
    [...table]
      .filter(([, row]) => row.size > 0)
      .map(([from, row]) => [String(from), Object.fromEntries(row)]),
  );
