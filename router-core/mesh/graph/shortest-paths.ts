/**
 * Shortest ways between all pairs, kept right while links change.
 *
 * Not standardized; the outcome is that of etherguard-go's Floyd–Warshall with a defined choice among equal
 * ways: fewest links, then lowest number of the next hop.
 *
 *   change(link) … ──► queue ──► run(budget) … ──► done: `matrices` are right again
 *                        │            link by link (shorter-link.ts, longer-link.ts), or
 *                        └──────────► all of it (floyd-warshall.ts) when that is less work
 *
 * Invariants
 * - Both ways of computing give the same distances and the same next hops.
 * - Between `change` and `done` distances and next hops mean nothing; who forwards holds a table of its own.
 *
 * @module
 */
import { assert } from '../../base/assert.ts';
import { ChangeScratch } from './change-scratch.ts';
import { FloydWarshall } from './floyd-warshall.ts';
import { INCREMENTAL_FRACTION } from './limits.ts';
import { LongerLink } from './longer-link.ts';
import { PathMatrices } from './path-matrices.ts';
import { ShorterLink } from './shorter-link.ts';
import { type Progress, STRIDED, type Task } from './task.ts';

/** One link costs at least so many rows, whatever it changes. */
const ROWS_PER_CHANGE = 1 + STRIDED;
/** Numbers per change in the queue: from, to, weight. */
const CHANGE_SIZE = 3;

export class ShortestPaths {
  readonly matrices = new PathMatrices();
  /** Entries of the matrices looked at in this computation. */
  spent = 0;
  /** How many computations did all of it. */
  wholeComputations = 0;
  private readonly scratch = new ChangeScratch();
  private readonly queue: number[] = [];
  private next = 0;
  private task: Task | undefined;
  /** All of it is to be computed, or is being. */
  private isWhole = false;

  /** Takes a new packed weight of a link; Infinity removes it. Not while a computation runs. */
  change(from: number, to: number, weight: number): void {
    assert(this.task === undefined && this.next === 0, 'links change between computations');
    if (this.isWhole) {
      this.matrices.setWeight(from, to, weight);
      return;
    }
    this.queue.push(from, to, weight);
    const cost = (this.queue.length / CHANGE_SIZE) * ROWS_PER_CHANGE * this.matrices.size;
    if (cost > this.incrementalBudget) this.beginWhole();
  }

  /** Goes on until about `budget` more entries were looked at. After a negative cycle the next is a whole one. */
  run(budget: number): Progress {
    const end = this.spent + budget;
    while (this.spent < end) {
      this.task ??= this.nextTask();
      if (this.task === undefined) return this.finish('done');
      const { task } = this;
      const before = task.spent;
      const progress = task.run(end - this.spent);
      this.spent += task.spent - before;
      if (progress === 'negative-cycle') {
        this.beginWhole();
        return this.finish(progress);
      }
      if (progress === 'done') this.endTask();
      const hasMore = this.task !== undefined || this.next < this.queue.length;
      if (!this.isWhole && hasMore && this.spent > this.incrementalBudget) this.beginWhole();
    }
    return 'working';
  }

  /** Begins to count anew. */
  resetSpent(): void {
    this.spent = 0;
  }

  private get incrementalBudget(): number {
    const { size } = this.matrices;
    return INCREMENTAL_FRACTION * size * size * size;
  }

  private nextTask(): Task | undefined {
    const { matrices, scratch, queue } = this;
    if (this.isWhole) {
      this.wholeComputations++;
      return new FloydWarshall(matrices);
    }
    while (this.next < queue.length) {
      const from = queue[this.next] as number;
      const to = queue[this.next + 1] as number;
      const weight = queue[this.next + 2] as number;
      this.next += CHANGE_SIZE;
      const known = matrices.weight[from * matrices.stride + to] as number;
      if (weight === known) continue;
      this.spent += ROWS_PER_CHANGE * matrices.size;
      return weight < known
        ? new ShorterLink(matrices, scratch, from, to, weight)
        : new LongerLink(matrices, scratch, from, to, weight);
    }
    return undefined;
  }

  private endTask(): void {
    this.task = undefined;
    this.isWhole = false;
  }

  /** Leaves the single changes: the weights that wait are set, the rest follows from them. */
  private beginWhole(): void {
    const { queue } = this;
    for (let i = this.next; i < queue.length; i += CHANGE_SIZE)
      this.matrices.setWeight(queue[i] as number, queue[i + 1] as number, queue[i + 2] as number);
    this.clearQueue();
    this.task = undefined;
    this.isWhole = true;
  }

  private finish(progress: Progress): Progress {
    this.clearQueue();
    return progress;
  }

  private clearQueue(): void {
    this.queue.length = 0;
    this.next = 0;
  }
}
