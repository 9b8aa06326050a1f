/**
 * Ranges of sequence numbers: the receiver's islands beyond a gap, and the sender's scoreboard.
 *
 * Standard: RFC 2018 §4 and §5 need such a set on both sides.
 *
 * Invariants
 * - Ranges are in order, not empty, and neither overlap nor touch.
 * - There are at most `limit`; what would make one more is refused, never another one dropped.
 * - `octets` is the sum of their lengths.
 *
 * @module
 */
import {
  distance,
  earlier,
  isAtOrBefore,
  isBefore,
  later,
  type SequenceNumber,
} from './sequence-number.ts';

export type SequenceRange = {
  start: SequenceNumber;
  end: SequenceNumber;
  /** Grows with every change: the greatest is the most recent (RFC 2018 §4). */
  stamp: number;
};

export class RangeSet {
  readonly ranges: SequenceRange[] = [];
  octets = 0;
  private readonly limit: number;
  private stamp = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Adds the octets from `start` to `end`; returns how many of them are new, 0 when refused. */
  add(start: SequenceNumber, end: SequenceNumber): number {
    const ranges = this.ranges;
    let first = 0;
    while (first < ranges.length && isBefore(this.at(first).end, start)) first++;
    let next = first;
    let from = start;
    let to = end;
    let held = 0;
    while (next < ranges.length && isAtOrBefore(this.at(next).start, end)) {
      const range = this.at(next);
      from = earlier(from, range.start);
      to = later(to, range.end);
      held += distance(range.start, range.end);
      next++;
    }
    if (next === first && ranges.length >= this.limit) return 0;
    ranges.splice(first, next - first, { start: from, end: to, stamp: ++this.stamp });
    const added = distance(from, to) - held;
    this.octets += added;
    return added;
  }

  /** Forgets everything before `seq`. */
  trimBefore(seq: SequenceNumber): void {
    while (this.ranges.length > 0) {
      const range = this.at(0);
      if (isAtOrBefore(seq, range.start)) return;
      if (isBefore(seq, range.end)) {
        this.octets -= distance(range.start, seq);
        range.start = seq;
        return;
      }
      this.octets -= distance(range.start, range.end);
      this.ranges.shift();
    }
  }

  clear(): void {
    this.ranges.length = 0;
    this.octets = 0;
  }

  /** Returns how many octets from `start` to `end` are in the set. */
  octetsWithin(start: SequenceNumber, end: SequenceNumber): number {
    let sum = 0;
    for (const range of this.ranges) {
      const length = distance(later(range.start, start), earlier(range.end, end));
      if (length > 0) sum += length;
    }
    return sum;
  }

  private at(i: number): SequenceRange {
    return this.ranges[i] as SequenceRange;
  }
}
