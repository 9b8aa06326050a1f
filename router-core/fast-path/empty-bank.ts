/**
 * Empties a bank: keys overwritten, tables unused, memory that was never touched left alone.
 *
 * Not standardized; packet/plane-layout.ts.
 *
 * @module
 */
import { NONE } from '../base/units.ts';
import * as L from '../packet/plane-layout.ts';

/** Makes every table of the bank empty; nobody may be reading it. */
export function emptyBank(buffer: SharedArrayBuffer, number: number): void {
  const base = L.BANK + number * L.BANK_BYTES;
  const words = new Int32Array(buffer);
  const used = words[L.CONTROL_USED_BANKS >> 2] as number;
  // Even reading makes pages; a bank nobody used is empty.
  if ((used & (1 << number)) !== 0) clearTables(buffer, words, number);
  words[L.CONTROL_USED_BANKS >> 2] = used | (1 << number);
  const interfaces = (base + L.BANK_INTERFACES) >> 2;
  for (let i = 0; i < L.INTERFACES; i++) words[interfaces + (i * L.INTERFACE_BYTES) / 4] = NONE;
}

function clearTables(buffer: SharedArrayBuffer, words: Int32Array, number: number): void {
  const base = L.BANK + number * L.BANK_BYTES;
  const rows = rowsInUse(words, base);
  forgetKeys(buffer, number);
  clear(words, base, L.BANK_KEY_PAIRS + rows * L.KEY_PAIR_BYTES);
  clear(words, base + L.BANK_INTERFACE_RX_BYTES, L.BANK_FIB4 - L.BANK_INTERFACE_RX_BYTES);
  for (const table of [base + L.BANK_FIB4, base + L.BANK_FIB6]) {
    const generation = words[table >> 2] as number;
    const end = words[(table >> 2) + L.FIB_USED] as number;
    clear(words, table, end * 4);
    words[table >> 2] = (generation | 1) + 1;
  }
}

/** Overwrites every key of a bank: none of its key pairs opens or seals any more. */
export function forgetKeys(buffer: SharedArrayBuffer, number: number): void {
  const base = L.BANK + number * L.BANK_BYTES;
  forgetKeysOf(buffer, base, 0, rowsInUse(new Int32Array(buffer), base));
}

/** As `forgetKeys`, of these rows of the bank that begins at `base`. */
export function forgetKeysOf(
  buffer: SharedArrayBuffer,
  base: number,
  firstRow: number,
  rows: number,
): void {
  const words = new Int32Array(buffer);
  const bytes = new Uint8Array(buffer);
  for (let row = firstRow; row < firstRow + rows; row++) {
    const at = base + L.BANK_KEY_PAIRS + row * L.KEY_PAIR_BYTES;
    const state = (at + L.KEY_PAIR_STATE) >> 2;
    // Read first: writing would make every page of the table a page in use.
    if (Atomics.load(words, state) === L.KEY_PAIR_FREE) continue;
    Atomics.store(words, state, L.KEY_PAIR_FREE);
    bytes.fill(0, at + L.KEY_PAIR_SEND_KEY, at + L.KEY_PAIR_WINDOW);
  }
}

/** A bank whose life had no mesh device has nothing behind the rows of the other one. */
function rowsInUse(words: Int32Array, base: number): number {
  const hadMesh = words[(base + L.BANK_MESH_GATE + L.GATE_SEQUENCE) >> 2] !== 0;
  return hadMesh ? L.KEY_PAIRS : L.KEY_PAIR_ROWS_MAX;
}

/** Writes zeros where there is something else: a page that was never written stays unused. */
function clear(words: Int32Array, from: number, octets: number): void {
  const end = (from + octets) >> 2;
  for (let i = from >> 2; i < end; i++) if (words[i] !== 0) words[i] = 0;
}
