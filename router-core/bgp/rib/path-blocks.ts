/**
 * Blocks of 1, 2, 4 … consecutive rows of the path table, given out and taken back.
 *
 * Not standardized: buddies (Knuth, The Art of Computer Programming, vol. 1, §2.5). A block of 2^n rows
 * begins at a multiple of 2^n; two that together are one of the next size join when both are free. So
 * what a prefix leaves when its next neighbor announces it serves the others' larger blocks.
 *
 * A free block is a member of its size's list. What that needs stands in the columns of its first row,
 * which holds no path then:
 *
 *   source = NO_SOURCE | reason = size class | attributes = next | since = previous
 *
 * Invariants
 * - NO_SOURCE stands in the source of a free block's first row and in no other row.
 * - No two free blocks are buddies of each other.
 * - Row 0 is in no block: as a link it is "none".
 *
 * @module
 */
import { f64, u16, u32 } from './columns.ts';
import { NO_SOURCE } from './source-table.ts';

/** A prefix has at most as many paths as its count can say: 65535. */
const MAX_SIZE_CLASS = 16;

/** The columns a free block borrows of the table's. */
export interface PathRows {
  readonly source: Uint16Array;
  readonly attributes: Uint32Array;
  readonly since: Float64Array;
  readonly reason: Uint16Array;
  /** Makes room for rows below `limit`. */
  reserveRows(limit: number): void;
}

export class PathBlocks {
  private readonly rows: PathRows;
  /** Rows that ever were in a block are below this. */
  private high: number;
  private readonly firstFree: Uint32Array;
  /** One bit per size class that has a free block. */
  private freeClasses: number;

  constructor(rows: PathRows) {
    this.rows = rows;
    this.high = 1;
    this.firstFree = new Uint32Array(MAX_SIZE_CLASS + 1);
    this.freeClasses = 0;
  }

  /** Rows are below this. */
  get rowLimit(): number {
    return this.high;
  }

  /** Returns the first row of a block of 2^`sizeClass` rows. */
  allocate(sizeClass: number): number {
    const classes = this.freeClasses >>> sizeClass;
    if (classes === 0) return this.extend(sizeClass);
    let of = sizeClass + lowestBit(classes);
    const block = u32(this.firstFree, of);
    this.unlink(block, of);
    while (of > sizeClass) {
      of--;
      this.link(block + (1 << of), of);
    }
    return block;
  }

  /** Takes a block back that `allocate` gave. */
  free(block: number, sizeClass: number): void {
    let first = block;
    let of = sizeClass;
    while (of < MAX_SIZE_CLASS) {
      const buddy = first ^ (1 << of);
      if (buddy >= this.high || !this.isFree(buddy, of)) break;
      this.unlink(buddy, of);
      first &= ~(1 << of);
      of++;
    }
    this.link(first, of);
  }

  /** A block of rows that never were in one; those before it that do not fit become free. */
  private extend(sizeClass: number): number {
    const size = 1 << sizeClass;
    let row = this.high;
    const block = (row + size - 1) & -size;
    this.high = block + size;
    this.rows.reserveRows(this.high);
    while (row < block) {
      const gapClass = lowestBit(row);
      this.free(row, gapClass);
      row += 1 << gapClass;
    }
    return block;
  }

  private isFree(row: number, sizeClass: number): boolean {
    return u16(this.rows.source, row) === NO_SOURCE && u16(this.rows.reason, row) === sizeClass;
  }

  private link(row: number, sizeClass: number): void {
    const { source, reason, attributes, since } = this.rows;
    const next = u32(this.firstFree, sizeClass);
    source[row] = NO_SOURCE;
    reason[row] = sizeClass;
    attributes[row] = next;
    since[row] = 0;
    if (next !== 0) since[next] = row;
    this.firstFree[sizeClass] = row;
    this.freeClasses |= 1 << sizeClass;
  }

  private unlink(row: number, sizeClass: number): void {
    const { source, attributes, since } = this.rows;
    const next = u32(attributes, row);
    const previous = f64(since, row);
    source[row] = 0;
    if (next !== 0) since[next] = previous;
    if (previous !== 0) attributes[previous] = next;
    else this.firstFree[sizeClass] = next;
    if (u32(this.firstFree, sizeClass) === 0) this.freeClasses &= ~(1 << sizeClass);
  }
}

/** The place of the lowest bit that is set; the number is not 0. */
const lowestBit = (number: number): number => 31 - Math.clz32(number & -number);
