/**
 * Kinds of values a message of ours is made of: how each is checked, read, defined and written.
 *
 * Standard: documentation of Go's package encoding/gob, "Types and Values" (what may be received into
 * what) and "Encoding Details".
 *
 * A kind is checked against the types of a stream once, then its values are read. Integers go into
 * integers of the same sign only, arrays into arrays of the same length, and so on.
 *
 * Invariant: `read` is called with a type that `check` has accepted.
 *
 * @module
 */
import { assert } from '../../../../base/assert.ts';
import { GobError } from './gob-error.ts';
import type { GobReader } from './gob-reader.ts';
import type { GobWriter } from './gob-writer.ts';
import type { Definable } from './type-definitions.ts';
import {
  ARRAY_FORM,
  GOB_FLOAT,
  GOB_SIGNED,
  GOB_TEXT,
  GOB_UNSIGNED,
  MAP_FORM,
  SLICE_FORM,
  type WireType,
  type WireTypes,
} from './wire-types.ts';

export interface GobKind<T> extends Definable {
  /** What a field of this kind is when it does not come. */
  absent(): T;
  /** Whether a field with this value is left out. */
  isLeftOut(value: T): boolean;
  /** @throws GobError when values of the stream's type cannot become ours. */
  check(type: number, types: WireTypes): void;
  /** @throws GobError */
  read(reader: GobReader, type: number, types: WireTypes): T;
  write(writer: GobWriter, value: T): void;
}

/** Throws `kind-mismatch` unless the condition holds. */
export function expectKind(condition: boolean, wanted: string): asserts condition {
  if (!condition) throw new GobError('kind-mismatch', `a field of ours is no ${wanted} there`);
}

/** An unsigned number up to `max`. */
export const gobUnsigned = <T extends number = number>(max: number): GobKind<T> => ({
  absent: () => 0 as T,
  isLeftOut: (value) => value === 0,
  check: (type) => expectKind(type === GOB_UNSIGNED, 'unsigned number'),
  read: (reader) => reader.unsigned(max) as T,
  define: () => GOB_UNSIGNED,
  write(writer, value) {
    assert(Number.isInteger(value) && value >= 0 && value <= max, `a number from 0 to ${max}`);
    writer.unsigned(value);
  },
});

/** An unsigned number of 64 bits. */
export const gobUnsigned64: GobKind<bigint> = {
  absent: () => 0n,
  isLeftOut: (value) => value === 0n,
  check: (type) => expectKind(type === GOB_UNSIGNED, 'unsigned number'),
  read: (reader) => reader.unsigned64(),
  define: () => GOB_UNSIGNED,
  write(writer, value) {
    assert(value === BigInt.asUintN(64, value), 'an unsigned number of 64 bits');
    writer.unsigned(value);
  },
};

/** A signed number. Those beyond 53 bits are refused: no action, code or count is one. */
export const gobSigned: GobKind<number> = {
  absent: () => 0,
  isLeftOut: (value) => value === 0,
  check: (type) => expectKind(type === GOB_SIGNED, 'signed number'),
  read: (reader) => reader.signed(),
  define: () => GOB_SIGNED,
  write(writer, value) {
    assert(Number.isSafeInteger(value), 'a whole number');
    writer.signed(value);
  },
};

export const gobFloat: GobKind<number> = {
  absent: () => 0,
  isLeftOut: (value) => value === 0,
  check: (type) => expectKind(type === GOB_FLOAT, 'float'),
  read: (reader) => reader.float64(),
  define: () => GOB_FLOAT,
  write: (writer, value) => writer.float64(value),
};

export const gobText: GobKind<string> = {
  absent: () => '',
  isLeftOut: (value) => value === '',
  check: (type) => expectKind(type === GOB_TEXT, 'text'),
  read: (reader) => reader.text(),
  define: () => GOB_TEXT,
  write: (writer, value) => writer.text(value),
};

/** An array of `length` octets, each an unsigned number: from 128 on it takes two octets. Never left out. */
export function gobOctetArray(typeName: string, length: number): GobKind<Uint8Array> {
  const octet = gobUnsigned(0xff);
  return {
    absent: () => new Uint8Array(length),
    isLeftOut: () => false,
    check(type, types) {
      const defined = types.get(type);
      expectKind(defined?.form === ARRAY_FORM && defined.length === length, 'array of this length');
      octet.check(defined.element, types);
    },
    read(reader, type, types) {
      const { element } = types.get(type) as WireType & { form: typeof ARRAY_FORM };
      if (reader.count() !== length) throw new GobError('wrong-length', 'an array of other length');
      return Uint8Array.from({ length }, () => octet.read(reader, element, types));
    },
    define(definitions) {
      return definitions.add(this, ARRAY_FORM, typeName, [octet], (writer, [element]) => {
        writer.unsigned(1);
        writer.signed(element as number);
        writer.unsigned(1);
        writer.signed(length);
      });
    },
    write(writer, value) {
      assert(value.length === length, `an array of ${length} octets`);
      writer.unsigned(length);
      for (const each of value) octet.write(writer, each);
    },
  };
}

/** A list; left out when empty. */
export function gobSlice<T>(typeName: string, element: GobKind<T>): GobKind<readonly T[]> {
  return {
    absent: () => [],
    isLeftOut: (value) => value.length === 0,
    check(type, types) {
      const defined = types.get(type);
      expectKind(defined?.form === SLICE_FORM, 'slice');
      element.check(defined.element, types);
    },
    read(reader, type, types) {
      const defined = types.get(type) as WireType & { form: typeof SLICE_FORM };
      const values: T[] = [];
      for (let left = reader.count(); left > 0; left--) {
        values.push(element.read(reader, defined.element, types));
      }
      return values;
    },
    define(definitions) {
      return definitions.add(this, SLICE_FORM, typeName, [element], (writer, [number]) => {
        writer.unsigned(1);
        writer.signed(number as number);
      });
    },
    write(writer, values) {
      writer.unsigned(values.length);
      for (const value of values) element.write(writer, value);
    },
  };
}

/** A map. Go tells an empty one, which is sent, from none at all, which is left out. */
export function gobMap<K, V>(
  typeName: string,
  key: GobKind<K>,
  element: GobKind<V>,
): GobKind<ReadonlyMap<K, V> | undefined> {
  return {
    absent: () => undefined,
    isLeftOut: (value) => value === undefined,
    check(type, types) {
      const defined = types.get(type);
      expectKind(defined?.form === MAP_FORM, 'map');
      key.check(defined.key, types);
      element.check(defined.element, types);
    },
    read(reader, type, types) {
      const defined = types.get(type) as WireType & { form: typeof MAP_FORM };
      const values = new Map<K, V>();
      for (let left = reader.count(); left > 0; left--) {
        const name = key.read(reader, defined.key, types);
        values.set(name, element.read(reader, defined.element, types));
      }
      return values;
    },
    define(definitions) {
      return definitions.add(this, MAP_FORM, typeName, [key, element], (writer, [from, to]) => {
        writer.unsigned(1);
        writer.signed(from as number);
        writer.unsigned(1);
        writer.signed(to as number);
      });
    },
    write(writer, values) {
      assert(values !== undefined, 'a map that is written');
      writer.unsigned(values.size);
      for (const [name, value] of values) {
        key.write(writer, name);
        element.write(writer, value);
      }
    },
  };
}
