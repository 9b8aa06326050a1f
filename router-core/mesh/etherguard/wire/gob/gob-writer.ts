/**
 * Primitives of a gob stream, written in their shortest form.
 *
 * Standard: documentation of Go's package encoding/gob, "Encoding Details"; gob-reader.ts draws the forms.
 *
 * @module
 */
const FLOAT_BYTES = 8;
const utf8 = new TextEncoder();
/** Where the octets of a float are taken from. */
const float = new DataView(new ArrayBuffer(FLOAT_BYTES));

export class GobWriter {
  private readonly octetsWritten: number[] = [];

  /** Writes an unsigned number of at most 64 bits. */
  unsigned(value: number | bigint): void {
    if (value < 0x80) {
      this.octetsWritten.push(Number(value));
      return;
    }
    const octets: number[] = [];
    for (let rest = BigInt(value); rest > 0n; rest >>= 8n) octets.unshift(Number(rest & 0xffn));
    this.octetsWritten.push(0x100 - octets.length, ...octets);
  }

  signed(value: number): void {
    const wide = BigInt(value);
    this.unsigned(wide >= 0n ? wide << 1n : (~wide << 1n) | 1n);
  }

  float64(value: number): void {
    float.setFloat64(0, value, true);
    let first = 0;
    while (first < FLOAT_BYTES - 1 && float.getUint8(first) === 0) first++;
    if (first < FLOAT_BYTES - 1 || float.getUint8(first) >= 0x80) {
      this.octetsWritten.push(0x100 - (FLOAT_BYTES - first));
    }
    for (let i = first; i < FLOAT_BYTES; i++) this.octetsWritten.push(float.getUint8(i));
  }

  /** Writes octets with their length before them. */
  octets(value: ArrayLike<number>): void {
    this.unsigned(value.length);
    for (let i = 0; i < value.length; i++) this.octetsWritten.push(value[i] as number);
  }

  text(value: string): void {
    this.octets(utf8.encode(value));
  }

  /** Writes what another writer holds, as a message: with its length before it. */
  message(content: GobWriter): void {
    this.octets(content.octetsWritten);
  }

  take(): Uint8Array {
    return new Uint8Array(this.octetsWritten);
  }
}
