import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PathBlocks, type PathRows } from './path-blocks.ts';
import { PathTable } from './path-table.ts';

const ROWS = 1 << 14;

function rowsOf(): PathRows {
  return {
    source: new Uint16Array(ROWS),
    attributes: new Uint32Array(ROWS),
    since: new Float64Array(ROWS),
    reason: new Uint16Array(ROWS),
    reserveRows: (limit) => expect(limit).toBeLessThanOrEqual(ROWS),
  };
}

/** What a table would write into the rows of a block that is in use. */
function fill(rows: PathRows, block: number, sizeClass: number): void {
  const end = block + (1 << sizeClass);
  rows.source.fill(7, block, end);
  rows.attributes.fill(block, block, end);
  rows.since.fill(1e12, block, end);
  rows.reason.fill(sizeClass, block, end);
}

describe('blocks of rows', () => {
  test('blocks in use never meet, are aligned, and stay as they are', () => {
    const step = fc.record({ sizeClass: fc.nat(5), isFreeing: fc.boolean(), which: fc.nat() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const rows = rowsOf();
        const blocks = new PathBlocks(rows);
        const used: { block: number; sizeClass: number }[] = [];
        for (const { sizeClass, isFreeing, which } of steps) {
          if (isFreeing && used.length > 0) {
            const [taken] = used.splice(which % used.length, 1);
            if (taken !== undefined) blocks.free(taken.block, taken.sizeClass);
          } else {
            const block = blocks.allocate(sizeClass);
            expect(block % (1 << sizeClass)).toBe(0);
            fill(rows, block, sizeClass);
            used.push({ block, sizeClass });
          }
        }
        const seen = new Uint8Array(ROWS);
        for (const { block, sizeClass } of used) {
          for (let row = block; row < block + (1 << sizeClass); row++) {
            expect(seen[row]).toBe(0);
            seen[row] = 1;
            expect(rows.attributes[row]).toBe(block);
            expect(row).toBeGreaterThan(0);
            expect(row).toBeLessThan(blocks.rowLimit);
          }
        }
      }),
    );
  });

  test('what was given back whole is given out again in any size', () => {
    const blocks = new PathBlocks(rowsOf());
    const singles = Array.from({ length: 4095 }, () => blocks.allocate(0));
    const limit = blocks.rowLimit;
    expect(limit).toBe(4096);
    for (const block of singles.toSorted((a, b) => (a % 97) - (b % 97))) blocks.free(block, 0);
    for (const sizeClass of [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]) blocks.allocate(sizeClass);
    expect(blocks.rowLimit).toBe(limit);
  });

  test('rows stay near the paths there are, when one neighbor comes after the other', () => {
    const paths = new PathTable();
    const prefixes = 2000;
    paths.reservePrefixes(prefixes + 1);
    for (let source = 1; source <= 16; source++)
      for (let prefix = 1; prefix <= prefixes; prefix++) paths.insert(prefix, source, 0);
    expect(paths.size).toBe(16 * prefixes);
    // The last move of all needs the new block before it gives the old one back.
    expect(paths.rowLimit).toBeLessThan(1.1 * 16 * prefixes);
  });
});
