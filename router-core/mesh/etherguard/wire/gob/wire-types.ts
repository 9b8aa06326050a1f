/**
 * Types as a stream defines them, read generically: whoever sends numbers them as it likes.
 *
 * Standard: documentation of Go's package encoding/gob, "Encoding Details", the struct wireType.
 *
 *   definition   length │ -number │ wireType { 0 array, 1 slice, 2 struct, 3 map, 4 to 6 own encoding }
 *   common       { 0 name, 1 number }   of every kind; names of types say nothing to us
 *
 * Numbers depend on the history of the sending process: the same message comes with 65 from one node and
 * with 70 from another (measured with etherguard-go v0.3.5-f5).
 *
 * @module
 */
import { GobError } from './gob-error.ts';
import type { GobReader } from './gob-reader.ts';

// Numbers of predefined types.
export const GOB_BOOL = 1,
  GOB_SIGNED = 2,
  GOB_UNSIGNED = 3,
  GOB_FLOAT = 4,
  GOB_OCTETS = 5,
  GOB_TEXT = 6;
/** Numbers below are Go's own; those of a stream begin after it. */
export const LAST_RESERVED_TYPE = 64;

// Fields of wireType. The last three are types with an encoding of their own, of which Go's time is the
// first kind (GobEncoder).
export const ARRAY_FORM = 0,
  SLICE_FORM = 1,
  STRUCT_FORM = 2,
  MAP_FORM = 3,
  GOB_ENCODER_FORM = 4,
  BINARY_FORM = 5,
  TEXT_FORM = 6;

export type WireField = { readonly name: string; readonly type: number };
export type WireType =
  | { readonly form: typeof ARRAY_FORM; readonly element: number; readonly length: number }
  | { readonly form: typeof SLICE_FORM; readonly element: number }
  | { readonly form: typeof STRUCT_FORM; readonly fields: readonly WireField[] }
  | { readonly form: typeof MAP_FORM; readonly key: number; readonly element: number }
  | { readonly form: typeof GOB_ENCODER_FORM | typeof BINARY_FORM | typeof TEXT_FORM };
export type WireTypes = Map<number, WireType>;

/**
 * The numbers of the fields present in a struct of `fields` fields. After each the caller reads the value,
 * then asks for the next.
 */
export function* fieldNumbers(reader: GobReader, fields: number): Generator<number> {
  let number = -1;
  for (let delta = reader.unsigned(); delta !== 0; delta = reader.unsigned()) {
    number += delta;
    if (number >= fields) throw new GobError('unknown-field', 'a field number beyond the struct');
    yield number;
  }
}

/** Reads the definition of type `number`, all of a message after the number, into `types`. */
export function readDefinition(message: GobReader, number: number, types: WireTypes): void {
  if (number <= LAST_RESERVED_TYPE || types.has(number)) {
    throw new GobError('bad-definition', 'a number that is reserved or was given before');
  }
  let type: WireType | undefined;
  for (const form of fieldNumbers(message, TEXT_FORM + 1)) {
    if (type !== undefined) throw new GobError('bad-definition', 'two types in one definition');
    type = readForm(message, form);
  }
  if (type === undefined) throw new GobError('bad-definition', 'no type in a definition');
  if (message.remaining() > 0) throw new GobError('bad-definition', 'octets after a definition');
  types.set(number, type);
}

/** Skips a value of any type. */
export function skipValue(reader: GobReader, type: number, types: WireTypes): void {
  switch (type) {
    case GOB_BOOL:
    case GOB_SIGNED:
    case GOB_UNSIGNED:
    case GOB_FLOAT:
      return reader.skipNumber();
    case GOB_OCTETS:
    case GOB_TEXT:
      return reader.skipOctets();
  }
  const defined = types.get(type);
  if (defined === undefined) throw new GobError('unknown-type', 'a type without definition');
  reader.enter();
  skipDefined(reader, defined, types);
  reader.leave();
}

function skipDefined(reader: GobReader, type: WireType, types: WireTypes): void {
  switch (type.form) {
    case ARRAY_FORM:
    case SLICE_FORM:
      for (let left = reader.count(); left > 0; left--) skipValue(reader, type.element, types);
      return;
    case MAP_FORM:
      for (let left = reader.count(); left > 0; left--) {
        skipValue(reader, type.key, types);
        skipValue(reader, type.element, types);
      }
      return;
    case STRUCT_FORM:
      for (const number of fieldNumbers(reader, type.fields.length)) {
        skipValue(reader, (type.fields[number] as WireField).type, types);
      }
      return;
    default:
      reader.skipOctets();
  }
}

function readForm(reader: GobReader, form: number): WireType {
  switch (form) {
    case ARRAY_FORM: {
      const [element, length] = readNumbers(reader, 2);
      return { form, element, length };
    }
    case SLICE_FORM: {
      const [element] = readNumbers(reader, 1);
      return { form, element };
    }
    case STRUCT_FORM:
      return { form, fields: readStructFields(reader) };
    case MAP_FORM: {
      const [key, element] = readNumbers(reader, 2);
      return { form, key, element };
    }
    default:
      readNumbers(reader, 0);
      return { form: form as typeof GOB_ENCODER_FORM | typeof BINARY_FORM | typeof TEXT_FORM };
  }
}

/** Reads a struct of common and up to two signed numbers; an absent one is zero, which is no type. */
function readNumbers(reader: GobReader, numbers: number): readonly [number, number] {
  const values: [number, number] = [0, 0];
  for (const field of fieldNumbers(reader, 1 + numbers)) {
    if (field === 0) skipCommon(reader);
    else values[field === 1 ? 0 : 1] = reader.signed();
  }
  return values;
}

function readStructFields(reader: GobReader): WireField[] {
  const fields: WireField[] = [];
  for (const part of fieldNumbers(reader, 2)) {
    if (part === 0) {
      skipCommon(reader);
      continue;
    }
    for (let left = reader.count(); left > 0; left--) fields.push(readField(reader));
  }
  return fields;
}

function readField(reader: GobReader): WireField {
  let name = '';
  let type = 0;
  for (const part of fieldNumbers(reader, 2)) {
    if (part === 0) name = reader.text();
    else type = reader.signed();
  }
  return { name, type };
}

function skipCommon(reader: GobReader): void {
  for (const part of fieldNumbers(reader, 2)) {
    if (part === 0) reader.skipOctets();
    else reader.skipNumber();
  }
}
