/**
 * A long computation that is done in slices, so that packets have their turn in between.
 *
 * Not standardized.
 *
 * @module
 */

/** Reading down a column costs as much as so many entries of a row: each is in another line of the cache. */
export const STRIDED = 4;

export type Progress =
  | 'working'
  | 'done'
  /** There is no shortest way: each round on some cycle makes it shorter. The task ends. */
  | 'negative-cycle';

export interface Task {
  /** Entries of a matrix looked at so far, 1 to 2 ns each. */
  readonly spent: number;
  /** Goes on until about `budget` more entries were looked at, or it ends. */
  run(budget: number): Progress;
}
