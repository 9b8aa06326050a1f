/**
 * The definitions a stream of ours begins with, made from our kinds.
 *
 * Standard: documentation of Go's package encoding/gob, "Encoding Details"; wire-types.ts draws them.
 *
 * A fresh encoder of Go numbers types from 65 on, in this order: a struct before its parts, arrays, slices
 * and maps after theirs; it sends every definition before those of its parts. So do we, and a stream of
 * ours is that of a fresh encoder octet for octet.
 *
 * @module
 */
import { assert } from '../../../../base/assert.ts';
import { GobWriter } from './gob-writer.ts';
import { LAST_RESERVED_TYPE, STRUCT_FORM } from './wire-types.ts';

export interface Definable {
  /** Returns the number of this type, and defines it before unless it is predefined or known. */
  define(definitions: TypeDefinitions): number;
}

export class TypeDefinitions {
  private readonly messages: GobWriter[] = [];
  private readonly numbers = new Map<Definable, number>();
  private last = LAST_RESERVED_TYPE;

  /**
   * Defines a type unless it is defined, and returns its number. `writeForm` writes what follows its name
   * and number, with the numbers of its parts.
   */
  add(
    kind: Definable,
    form: number,
    name: string,
    parts: readonly Definable[],
    writeForm: (writer: GobWriter, numbers: readonly number[]) => void,
  ): number {
    const known = this.numbers.get(kind);
    if (known !== undefined) return known;
    const message = new GobWriter();
    this.messages.push(message);
    if (form === STRUCT_FORM) this.numbers.set(kind, ++this.last);
    const numbers = parts.map((part) => part.define(this));
    if (form !== STRUCT_FORM) this.numbers.set(kind, ++this.last);
    const number = this.numbers.get(kind);
    assert(number !== undefined, 'a type has a number');

    message.signed(-number);
    message.unsigned(form + 1);
    message.unsigned(1);
    writeCommon(message, name, number);
    writeForm(message, numbers);
    message.unsigned(0);
    message.unsigned(0);
    return number;
  }

  write(writer: GobWriter): void {
    for (const message of this.messages) writer.message(message);
  }
}

function writeCommon(writer: GobWriter, name: string, number: number): void {
  writer.unsigned(1);
  writer.text(name);
  writer.unsigned(1);
  writer.signed(number);
  writer.unsigned(0);
}
