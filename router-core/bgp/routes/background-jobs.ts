/**
 * Work on many routes at once, done a slice at a time: a session lost, a registry renewed.
 *
 * Not standardized; BGP specification §14.1 (slices of at most 5 ms).
 *
 *   purge         forget all routes of a neighbor whose session ended
 *   purge-stale   forget those a refresh (RFC 7313 §4.2) or a restart (RFC 4724 §4.2) did not bring again
 *   age           mark what was not heard again as stale for long (RFC 9494 §4.2)
 *   reevaluate    judge routes anew, of one neighbor or of all
 *   resolve       look anew where next hops of one neighbor are
 *   touch         tell and forward anew what has its best path from one neighbor
 *   decide        look for the best path anew, of every prefix
 *
 * A job goes through all prefixes of one family by id. What arrives meanwhile is judged by the new
 * rules already, so meeting it once more changes nothing.
 *
 * @module
 */
import { u8, u16 } from '../rib/columns.ts';
import type { FamilyRib } from '../rib/family-rib.ts';

type JobKind = 'purge' | 'purge-stale' | 'age' | 'reevaluate' | 'resolve' | 'touch' | 'decide';
export const EVERYBODY = -1;

type Job = {
  readonly kind: JobKind;
  readonly rib: FamilyRib;
  readonly source: number;
  /** The round of refresh or restart that counts as fresh. */
  readonly epoch: number;
  cursor: number;
};

/** What is done to one path. */
type RowWork = (rib: FamilyRib, prefix: number, row: number) => void;

export class BackgroundJobs {
  private readonly jobs: Job[] = [];
  private readonly reevaluateRow: RowWork;
  private readonly ageRow: RowWork;

  constructor(reevaluateRow: RowWork, ageRow: RowWork) {
    this.reevaluateRow = reevaluateRow;
    this.ageRow = ageRow;
  }

  get isIdle(): boolean {
    return this.jobs.length === 0;
  }

  /** Adds a job; one of the same kind that has not begun, or must begin again, is replaced. */
  add(kind: JobKind, rib: FamilyRib, source: number, epoch = 0): void {
    const same = this.jobs.findIndex(
      (job) => job.kind === kind && job.rib === rib && job.source === source,
    );
    if (same !== -1) this.jobs.splice(same, 1);
    this.jobs.push({ kind, rib, source, epoch, cursor: 1 });
  }

  has(source: number): boolean {
    return this.jobs.some((job) => job.source === source);
  }

  /** Looks at about `budget` prefixes; returns how many. */
  run(budget: number): number {
    let done = 0;
    for (let job = this.jobs[0]; job !== undefined && done < budget; job = this.jobs[0]) {
      done += this.advance(job, budget - done);
      if (job.cursor >= job.rib.prefixes.idLimit) this.jobs.shift();
    }
    return done;
  }

  /** Ends the purges of a neighbor at once: its next session must not lose routes to them. */
  finishPurges(source: number): void {
    for (const job of [...this.jobs]) {
      if (job.source !== source || (job.kind !== 'purge' && job.kind !== 'purge-stale')) continue;
      this.advance(job, Number.POSITIVE_INFINITY);
      this.jobs.splice(this.jobs.indexOf(job), 1);
    }
  }

  private advance(job: Job, budget: number): number {
    const { rib } = job;
    const end = Math.min(rib.prefixes.idLimit, job.cursor + budget);
    const first = job.cursor;
    for (let prefix = first; prefix < end; prefix++) {
      if (rib.prefixes.isAlive(prefix)) this.visit(job, prefix);
    }
    job.cursor = end;
    return end - first;
  }

  private visit(job: Job, prefix: number): void {
    const { rib, source } = job;
    if (job.kind === 'decide') {
      rib.markDirty(prefix);
      return;
    }
    if (job.kind === 'touch') {
      if (u16(rib.best, prefix) === source) rib.touch(prefix);
      // Those who take several paths look at every one of them when a prefix is decided.
      else if (rib.paths.has(prefix, source)) rib.markDirty(prefix);
      return;
    }
    if (job.kind === 'resolve') {
      if (u16(rib.best, prefix) === source) rib.markDirty(prefix);
      return;
    }
    if (source === EVERYBODY) {
      const first = rib.paths.first(prefix);
      const end = first + u16(rib.paths.count, prefix);
      // From the last: a row that goes moves those behind it.
      for (let row = end - 1; row >= first; row--) this.reevaluateRow(rib, prefix, row);
      return;
    }
    const first = rib.paths.firstOf(prefix, source);
    // From the last to the first: a row that goes moves those behind it.
    for (let row = rib.paths.firstOf(prefix, source + 1) - 1; row >= first; row--) {
      if (job.kind === 'reevaluate') this.reevaluateRow(rib, prefix, row);
      else if (job.kind === 'purge') rib.removeRow(prefix, row);
      else if (u8(rib.paths.epoch, row) !== job.epoch) {
        if (job.kind === 'age') this.ageRow(rib, prefix, row);
        else rib.removeRow(prefix, row);
      }
    }
  }
}
