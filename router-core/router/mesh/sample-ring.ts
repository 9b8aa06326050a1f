/**
 * The last samples of one value, one per interval: the mean of what was noted in it.
 *
 * Not standardized. Intervals are numbered by whoever keeps the time, and only go up.
 *
 * @module
 */

export class SampleRing {
  private readonly means: Float32Array;
  private last = -1;
  private sum = 0;
  private count = 0;

  constructor(length: number) {
    this.means = new Float32Array(length).fill(Number.NaN);
  }

  note(value: number, interval: number): void {
    if (interval !== this.last) this.begin(interval);
    this.sum += value;
    this.count++;
    this.means[interval % this.means.length] = this.sum / this.count;
  }

  /** Oldest first, the last one being this interval's; null: nothing was noted then. */
  read(interval: number): (number | null)[] {
    const { length } = this.means;
    return Array.from({ length }, (_, i) => {
      const at = interval - length + 1 + i;
      const isKept = at >= 0 && at <= this.last && at > this.last - length;
      const mean = isKept ? (this.means[at % length] as number) : Number.NaN;
      // A millisecond's hundredth is the finest that a drawing shows.
      return Number.isNaN(mean) ? null : Math.round(mean * 100) / 100;
    });
  }

  isEmpty(interval: number): boolean {
    return this.last <= interval - this.means.length;
  }

  /** What lies between is a gap. */
  private begin(interval: number): void {
    const { length } = this.means;
    const skipped = Math.min(length, interval - this.last);
    for (let i = 0; i < skipped; i++) this.means[(interval - i) % length] = Number.NaN;
    this.last = interval;
    this.sum = 0;
    this.count = 0;
  }
}
