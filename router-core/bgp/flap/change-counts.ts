/**
 * How often each neighbor changed its word on each prefix lately: a table of fixed size.
 *
 * Not standardized; BGP specification §5: counted by prefix and neighbor, not by path, or a path that is
 * never the same would escape.
 *
 *   prefix, source ──hash──► bucket of 8 rows ──► a count per step of the window, their sum
 *
 * A row whose window is empty is free, so nothing has to be swept. In a full bucket the row with the fewest
 * changes makes room, the one quiet for longest among equals: a million prefixes that change once do not
 * drive out one that keeps changing.
 *
 * Invariants
 * - A row that is marked as flapping stays until the mark is taken off.
 * - `sum` of a row is the sum of its cells as of its `step`.
 * - `withdrawnRows` is the number of rows with withdrawn paths.
 *
 * @module
 */
import { f64, u8, u16, u32 } from '../rib/columns.ts';
import type { PrefixTable } from '../rib/prefix-table.ts';
import { COUNTED_FIRST, COUNTED_MAX, WINDOW_STEPS } from './limits.ts';

export const NO_ROW = -1;

const WAYS = 8;
/** Those of the window, and the one that is under way. */
const CELLS = WINDOW_STEPS + 1;
/** A family in one number with the length. */
const IPV6 = 256;
const COUNT_MAX = 0xffff;
const WITHDRAWN_MAX = 0xff;

/** Columns of so many rows. */
const columnsOf = (rows: number) => ({
  /** 0: never used. */
  hash: new Uint32Array(rows),
  words: new Uint32Array(rows * 4),
  bits: new Uint16Array(rows),
  source: new Uint16Array(rows),
  /** Paths the neighbor withdrew and did not announce again. */
  withdrawn: new Uint8Array(rows),
  isFlapping: new Uint8Array(rows),
  /** Of the last change. */
  step: new Uint32Array(rows),
  lastAt: new Float64Array(rows),
  cells: new Uint16Array(rows * CELLS),
  sum: new Uint32Array(rows),
  /** Since the row is this prefix's. */
  total: new Uint32Array(rows),
});

type Columns = ReturnType<typeof columnsOf>;

export class ChangeCounts {
  /** Rows with withdrawn paths; while there is none, a path that comes cannot be one that came back. */
  withdrawnRows: number;
  private columns: Columns;
  private rows: number;

  constructor() {
    this.rows = 0;
    this.columns = columnsOf(0);
    this.withdrawnRows = 0;
  }

  /** How many rows there are, used or not. */
  get capacity(): number {
    return this.rows;
  }

  /** The row of the prefix loaded in `prefixes` and a source, while its window has a change. */
  find(prefixes: PrefixTable, source: number, step: number): number {
    return this.rows === 0
      ? NO_ROW
      : this.lookFor(prefixes, source, this.hashOf(prefixes, source), step);
  }

  /** The same, or a new row; none where everything in its place flaps. */
  findOrAdd(prefixes: PrefixTable, source: number, step: number): number {
    const hash = this.hashOf(prefixes, source);
    if (this.rows === 0) this.grow(step);
    const found = this.lookFor(prefixes, source, hash, step);
    if (found !== NO_ROW) return found;
    let row = this.roomFor(hash, step);
    while (this.isInUse(row, step) && this.rows < COUNTED_MAX) {
      this.grow(step);
      row = this.roomFor(hash, step);
    }
    if (u8(this.columns.isFlapping, row) === 1) return NO_ROW;
    this.begin(row, prefixes, source, hash, step);
    return row;
  }

  /** Counts one change. */
  count(row: number, step: number, now: number): void {
    const { columns } = this;
    this.slide(row, step);
    const cell = row * CELLS + (step % CELLS);
    columns.lastAt[row] = now;
    columns.total[row] = u32(columns.total, row) + 1;
    if (u16(columns.cells, cell) === COUNT_MAX) return;
    columns.cells[cell] = u16(columns.cells, cell) + 1;
    columns.sum[row] = u32(columns.sum, row) + 1;
  }

  /** Changes within the window that ends with this step. */
  sumAt(row: number, step: number): number {
    const { columns } = this;
    const last = u32(columns.step, row);
    let sum = u32(columns.sum, row);
    for (let gone = last - WINDOW_STEPS; gone < step - WINDOW_STEPS && gone <= last; gone++)
      if (gone >= 0) sum -= u16(columns.cells, row * CELLS + (gone % CELLS));
    return sum;
  }

  totalOf(row: number): number {
    return u32(this.columns.total, row);
  }

  lastAt(row: number): number {
    return f64(this.columns.lastAt, row);
  }

  withdrawnOf(row: number): number {
    return u8(this.columns.withdrawn, row);
  }

  setWithdrawn(row: number, paths: number): void {
    const before = this.withdrawnOf(row);
    const after = Math.min(paths, WITHDRAWN_MAX);
    this.columns.withdrawn[row] = after;
    if ((before === 0) !== (after === 0)) this.withdrawnRows += after === 0 ? -1 : 1;
  }

  isFlapping(row: number): boolean {
    return u8(this.columns.isFlapping, row) === 1;
  }

  setFlapping(row: number, isFlapping: boolean): void {
    this.columns.isFlapping[row] = isFlapping ? 1 : 0;
  }

  /** A source number is about to be given to somebody else. */
  forgetSource(source: number): void {
    for (let row = 0; row < this.rows; row++)
      if (u32(this.columns.hash, row) !== 0 && u16(this.columns.source, row) === source)
        this.vacate(row);
  }

  clear(): void {
    this.rows = 0;
    this.columns = columnsOf(0);
    this.withdrawnRows = 0;
  }

  private lookFor(prefixes: PrefixTable, source: number, hash: number, step: number): number {
    const { columns } = this;
    const first = this.bucketOf(hash);
    const bits = bitsOf(prefixes);
    for (let row = first; row < first + WAYS; row++) {
      if (u32(columns.hash, row) !== hash || u16(columns.source, row) !== source) continue;
      if (u16(columns.bits, row) !== bits || u32(columns.words, row * 4) !== prefixes.w0) continue;
      const isSame =
        prefixes.words === 1 ||
        (u32(columns.words, row * 4 + 1) === prefixes.w1 &&
          u32(columns.words, row * 4 + 2) === prefixes.w2 &&
          u32(columns.words, row * 4 + 3) === prefixes.w3);
      if (isSame) return this.isInUse(row, step) ? row : NO_ROW;
    }
    return NO_ROW;
  }

  /** The row of a bucket that is free, or can best be spared. */
  private roomFor(hash: number, step: number): number {
    const first = this.bucketOf(hash);
    let spare = first;
    for (let row = first; row < first + WAYS; row++) {
      if (!this.isInUse(row, step)) return row;
      if (this.isSparedSooner(row, spare)) spare = row;
    }
    return spare;
  }

  /** By what stands in the rows: nothing is slid, because a flood comes through here. */
  private isSparedSooner(row: number, than: number): boolean {
    const { isFlapping, sum, step } = this.columns;
    const difference = u8(isFlapping, row) - u8(isFlapping, than);
    if (difference !== 0) return difference < 0;
    const fewer = u32(sum, row) - u32(sum, than);
    return fewer < 0 || (fewer === 0 && u32(step, row) < u32(step, than));
  }

  private isInUse(row: number, step: number): boolean {
    return isRowInUse(this.columns, row, step);
  }

  private begin(
    row: number,
    prefixes: PrefixTable,
    source: number,
    hash: number,
    step: number,
  ): void {
    const { columns } = this;
    this.vacate(row);
    columns.hash[row] = hash;
    columns.words[row * 4] = prefixes.w0;
    columns.words[row * 4 + 1] = prefixes.w1;
    columns.words[row * 4 + 2] = prefixes.w2;
    columns.words[row * 4 + 3] = prefixes.w3;
    columns.bits[row] = bitsOf(prefixes);
    columns.source[row] = source;
    columns.step[row] = step;
  }

  private vacate(row: number): void {
    const { columns } = this;
    this.setWithdrawn(row, 0);
    columns.hash[row] = 0;
    columns.isFlapping[row] = 0;
    columns.sum[row] = 0;
    columns.total[row] = 0;
    // Filling so few takes longer than the loop.
    for (let cell = row * CELLS; cell < (row + 1) * CELLS; cell++) columns.cells[cell] = 0;
  }

  /** Lets go what left the window. */
  private slide(row: number, step: number): void {
    const { columns } = this;
    const last = u32(columns.step, row);
    if (last === step) return;
    const sum = this.sumAt(row, step);
    for (let next = last + 1; next <= step && next <= last + CELLS; next++)
      columns.cells[row * CELLS + (next % CELLS)] = 0;
    columns.sum[row] = sum;
    columns.step[row] = step;
  }

  /** Four times the rows; those in use find their places anew. */
  private grow(step: number): void {
    const old = this.columns;
    const oldRows = this.rows;
    this.rows = oldRows === 0 ? COUNTED_FIRST : Math.min(COUNTED_MAX, oldRows * 4);
    this.columns = columnsOf(this.rows);
    this.withdrawnRows = 0;
    for (let row = 0; row < oldRows; row++) {
      if (!isRowInUse(old, row, step)) continue;
      // A bucket is split, never joined with another: there is room for all of it.
      const to = this.roomFor(u32(old.hash, row), step);
      moveRow(old, row, this.columns, to);
      this.setWithdrawn(to, u8(old.withdrawn, row));
    }
  }

  private bucketOf(hash: number): number {
    return (hash & (this.rows / WAYS - 1)) * WAYS;
  }

  /** Never 0; the seed of the table keeps strangers from choosing prefixes that meet in one bucket. */
  private hashOf(prefixes: PrefixTable, source: number): number {
    const hash = prefixes.hash();
    const h = Math.imul(hash ^ (hash >>> 15) ^ source, 0x85ebca6b);
    return (h ^ (h >>> 13)) >>> 0 || 1;
  }
}

/** Length and family of the loaded prefix. */
const bitsOf = ({ family, bits }: PrefixTable): number => (family === 4 ? bits : IPV6 | bits);

/** Whether the window of a row has a change. */
const isRowInUse = (
  { hash, step: last, isFlapping }: Columns,
  row: number,
  step: number,
): boolean =>
  u32(hash, row) !== 0 && (u32(last, row) + WINDOW_STEPS >= step || u8(isFlapping, row) === 1);

function moveRow(from: Columns, row: number, into: Columns, to: number): void {
  into.hash[to] = u32(from.hash, row);
  into.words.set(from.words.subarray(row * 4, row * 4 + 4), to * 4);
  into.bits[to] = u16(from.bits, row);
  into.source[to] = u16(from.source, row);
  into.isFlapping[to] = u8(from.isFlapping, row);
  into.step[to] = u32(from.step, row);
  into.lastAt[to] = f64(from.lastAt, row);
  into.cells.set(from.cells.subarray(row * CELLS, (row + 1) * CELLS), to * CELLS);
  into.sum[to] = u32(from.sum, row);
  into.total[to] = u32(from.total, row);
}
