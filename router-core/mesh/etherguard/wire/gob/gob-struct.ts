/**
 * Structs: fields are matched by name, whatever their order, number and company.
 *
 * Standard: documentation of Go's package encoding/gob, "Types and Values": fields that only the sender
 * has are skipped, those that only the receiver has stay zero; without a field in common it is an error.
 *
 * @module
 */
import { GobError } from './gob-error.ts';
import { expectKind, type GobKind } from './gob-kind.ts';
import {
  fieldNumbers,
  STRUCT_FORM,
  skipValue,
  type WireField,
  type WireType,
} from './wire-types.ts';

/** Our properties in the order of the original's declaration: name of the field there, and kind. */
export type GobFields<T> = {
  readonly [K in keyof T]-?: readonly [name: string, kind: GobKind<T[K]>];
};

type Field = { readonly property: string; readonly name: string; readonly kind: GobKind<unknown> };

export function gobStruct<T extends object>(typeName: string, layout: GobFields<T>): GobKind<T> {
  const fields: Field[] = Object.entries<readonly [string, GobKind<unknown>]>(layout).map(
    ([property, [name, kind]]) => ({ property, name, kind }),
  );
  const byName = new Map(fields.map((field) => [field.name, field]));
  const absent = (): Record<string, unknown> => {
    const value: Record<string, unknown> = {};
    for (const { property, kind } of fields) value[property] = kind.absent();
    return value;
  };

  return {
    absent: () => absent() as T,
    isLeftOut: () => false,
    check(type, types) {
      const defined = types.get(type);
      expectKind(defined?.form === STRUCT_FORM, 'struct');
      let common = 0;
      for (const there of defined.fields) {
        const ours = byName.get(there.name);
        if (ours === undefined) continue;
        ours.kind.check(there.type, types);
        common++;
      }
      if (common === 0) throw new GobError('no-common-field', `not one field of ${typeName}`);
    },
    read(reader, type, types) {
      const defined = types.get(type) as WireType & { form: typeof STRUCT_FORM };
      const value = absent();
      reader.enter();
      for (const number of fieldNumbers(reader, defined.fields.length)) {
        const there = defined.fields[number] as WireField;
        const ours = byName.get(there.name);
        if (ours === undefined) skipValue(reader, there.type, types);
        else value[ours.property] = ours.kind.read(reader, there.type, types);
      }
      reader.leave();
      return value as T;
    },
    define(definitions) {
      const kinds = fields.map(({ kind }) => kind);
      return definitions.add(this, STRUCT_FORM, typeName, kinds, (writer, numbers) => {
        writer.unsigned(1);
        writer.unsigned(fields.length);
        fields.forEach(({ name }, i) => {
          writer.unsigned(1);
          writer.text(name);
          writer.unsigned(1);
          writer.signed(numbers[i] as number);
          writer.unsigned(0);
        });
      });
    },
    write(writer, value) {
      const values = value as Record<string, unknown>;
      let last = -1;
      fields.forEach(({ property, kind }, number) => {
        const field = values[property];
        if (kind.isLeftOut(field)) return;
        writer.unsigned(number - last);
        last = number;
        kind.write(writer, field);
      });
      writer.unsigned(0);
    },
  };
}
