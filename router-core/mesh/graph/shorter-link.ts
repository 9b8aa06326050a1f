/**
 * What one link u → v that got faster, or is new, changes: ways that now lead over it.
 *
 * Not standardized.
 *
 *   i ──► u ──new──► v ──► j       is the whole way not longer than the one known from i to j?
 *
 * Only nodes i that reach v no slower over the link, and only nodes j that u reaches no slower over it, can
 * be the ends of such a way; these are few, and none of the four distances it is made of changes itself.
 * A next hop is the one towards u: if the new way is the only shortest, all its beginnings are shortest ways
 * to u; if it is one of several, the lower number counts.
 *
 * @module
 */
import type { ChangeScratch } from './change-scratch.ts';
import type { PathMatrices } from './path-matrices.ts';
import { type Progress, STRIDED, type Task } from './task.ts';

export class ShorterLink implements Task {
  spent: number;
  private readonly matrices: PathMatrices;
  private readonly from: number;
  private readonly to: number;
  private readonly weight: number;
  private readonly targets: Uint16Array;
  private targetCount = 0;
  private row = 0;

  constructor(
    matrices: PathMatrices,
    scratch: ChangeScratch,
    from: number,
    to: number,
    weight: number,
  ) {
    this.matrices = matrices;
    this.from = from;
    this.to = to;
    this.weight = weight;
    this.targets = scratch.targets;
    matrices.setWeight(from, to, weight);
    const { size, stride, distance } = matrices;
    this.spent = size;
    for (let j = 0; j < size; j++) {
      const onward = distance[to * stride + j] as number;
      if (onward === Number.POSITIVE_INFINITY) continue;
      if (weight + onward <= (distance[from * stride + j] as number))
        this.targets[this.targetCount++] = j;
    }
  }

  run(budget: number): Progress {
    const { size, stride, distance } = this.matrices;
    const back = distance[this.to * stride + this.from] as number;
    if (this.weight + back < 0) return 'negative-cycle';
    if (this.targetCount === 0) return 'done';
    for (const end = this.spent + budget; this.spent < end; this.spent += STRIDED) {
      if (this.row === size) return 'done';
      const i = this.row++;
      const there = (distance[i * stride + this.from] as number) + this.weight;
      if (there === Number.POSITIVE_INFINITY) continue;
      if (there > (distance[i * stride + this.to] as number)) continue;
      this.relaxRow(i, there);
      this.spent += this.targetCount;
    }
    return 'working';
  }

  private relaxRow(i: number, there: number): void {
    const { stride, distance, hop, numberOf } = this.matrices;
    const row = i * stride;
    const onward = this.to * stride;
    const first = (i === this.from ? numberOf[this.to] : hop[row + this.from]) as number;
    for (let t = 0; t < this.targetCount; t++) {
      const j = this.targets[t] as number;
      const sum = there + (distance[onward + j] as number);
      const known = distance[row + j] as number;
      if (sum > known) continue;
      const isLower = first < (hop[row + j] as number);
      distance[row + j] = sum;
      if (sum === known && !isLower) continue;
      if (hop[row + j] === first) continue;
      hop[row + j] = first;
      this.matrices.hasNewHops = true;
    }
  }
}
