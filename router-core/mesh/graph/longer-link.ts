/**
 * What one link u → v that got slower, or is gone, changes: ways that led over it.
 *
 * Standard: G. Ramalingam, T. Reps, "An incremental algorithm for a generalization of the shortest-path
 * problem", Journal of Algorithms 21 (1996); here for all targets, and with a bound first.
 *
 * A pair i, j is affected when one of its shortest ways leads over the link:
 *
 *   distance[i,u] + weight[u,v] + distance[v,j] = distance[i,j]
 *
 * For each target j in turn
 * 1. u finds its best way by a neighbor that is not affected: nobody loses more than u does.
 * 2. Each affected node is bound by that loss and by its own link to j, which in a dense graph mostly is the
 *    answer.
 * 3. Each tries all its links by what the others have: their distance, their bound, or better.
 * 4. Who got below its bound in 3 may have been tried too early: it offers itself to the others, in the order
 *    of how much farther they are than before (Dijkstra's). Measured so, no link is negative, since the old
 *    distances are right for the old weights.
 *
 * Invariant: what is noted for a node, a bound too, is the length of a way, and each link was tried with the
 * last that was noted for its end. So in the end distances are the shortest, and no equal first hop is missed.
 *
 * @module
 */
import { NONE } from '../../base/units.ts';
import { NO_NODE } from '../node-number.ts';
import type { ChangeScratch } from './change-scratch.ts';
import { nextWithin } from './four-rows.ts';
import type { PathMatrices } from './path-matrices.ts';
import { type Progress, STRIDED, type Task } from './task.ts';

/** A node that has links to so many of all is dense: reading its row costs less than walking its list. */
const DENSE = 1 / 3;

export class LongerLink implements Task {
  spent: number;
  private readonly matrices: PathMatrices;
  private readonly scratch: ChangeScratch;
  private readonly from: number;
  private readonly to: number;
  /** Before it changed. */
  private readonly weight: number;
  private sourceCount = 0;
  private targetCount = 0;
  private target = 0;
  private affectedCount = 0;

  constructor(
    matrices: PathMatrices,
    scratch: ChangeScratch,
    from: number,
    to: number,
    weight: number,
  ) {
    this.matrices = matrices;
    this.scratch = scratch;
    this.from = from;
    this.to = to;
    this.weight = matrices.weight[from * matrices.stride + to] as number;
    matrices.setWeight(from, to, weight);
    this.spent = 1;
    if (this.weight !== matrices.distance[from * matrices.stride + to]) return;
    this.collectSources();
    this.collectTargets();
  }

  run(budget: number): Progress {
    for (const end = this.spent + budget; this.spent < end; ) {
      if (this.target === this.targetCount) return 'done';
      const j = this.scratch.targets[this.target++] as number;
      this.readDistances(j);
      this.collectAffected(j);
      this.setBounds(j);
      this.findWays();
      this.settle();
      this.write(j);
    }
    return 'working';
  }

  private collectSources(): void {
    const { size, stride, distance } = this.matrices;
    const { sources, toLink } = this.scratch;
    for (let i = 0; i < size; i++) {
      const there = (distance[i * stride + this.from] as number) + this.weight;
      if (there === Number.POSITIVE_INFINITY || there !== distance[i * stride + this.to]) continue;
      sources[this.sourceCount++] = i;
      toLink[i] = there;
    }
    this.spent += 2 * STRIDED * size;
  }

  private collectTargets(): void {
    const { size, stride, distance } = this.matrices;
    const { targets } = this.scratch;
    for (let j = 0; j < size; j++) {
      const onward = distance[this.to * stride + j] as number;
      if (onward === Number.POSITIVE_INFINITY) continue;
      if (this.weight + onward === distance[this.from * stride + j])
        targets[this.targetCount++] = j;
    }
    this.spent += size;
  }

  private readDistances(j: number): void {
    const { size, stride, distance } = this.matrices;
    const { before, best } = this.scratch;
    for (let a = 0; a < size; a++) before[a] = distance[a * stride + j] as number;
    best.set(before);
    this.spent += STRIDED * size;
  }

  private collectAffected(j: number): void {
    const { sources, toLink, affected, before, best, via } = this.scratch;
    const onward = before[this.to] as number;
    this.affectedCount = 0;
    for (let s = 0; s < this.sourceCount; s++) {
      const i = sources[s] as number;
      if (i === j || (toLink[i] as number) + onward !== before[i]) continue;
      affected[this.affectedCount++] = i;
      best[i] = Number.POSITIVE_INFINITY;
      via[i] = NO_NODE;
    }
    this.spent += this.sourceCount;
  }

  /** By what u loses, and by a link straight to the target. */
  private setBounds(j: number): void {
    const { stride, weight } = this.matrices;
    const { affected, before, bound, best } = this.scratch;
    this.tryNeighbors(this.from);
    const loss = (best[this.from] as number) - (before[this.from] as number);
    for (let k = 0; k < this.affectedCount; k++) {
      const i = affected[k] as number;
      const direct = weight[i * stride + j] as number;
      bound[i] = Math.min(direct, (before[i] as number) + loss);
      best[i] = bound[i] as number;
    }
    this.spent += STRIDED * this.affectedCount;
  }

  /** Whoever gets below its bound has to be settled: some have tried it before it did. */
  private findWays(): void {
    const { linksOut, size } = this.matrices;
    const { affected, before, bound, best, heap, four } = this.scratch;
    let waiting = 0;
    for (let k = 0; k < this.affectedCount; k++) {
      const i = affected[k] as number;
      if ((linksOut.count[i] as number) < DENSE * size) this.tryNeighbors(i);
      else four[waiting++] = i;
      if (waiting < four.length) continue;
      this.tryFour();
      waiting = 0;
    }
    for (let n = 0; n < waiting; n++) this.tryNeighbors(four[n] as number);
    for (let k = 0; k < this.affectedCount; k++) {
      const i = affected[k] as number;
      const found = best[i] as number;
      if (found < (bound[i] as number)) heap.put(i, found - (before[i] as number));
    }
  }

  /** Takes the best neighbors a node has, by what is known of them. */
  private tryNeighbors(i: number): void {
    const { stride, weight, linksOut } = this.matrices;
    const { best } = this.scratch;
    const { list } = linksOut;
    const row = i * stride;
    const end = row + (linksOut.count[i] as number);
    let least = best[i] as number;
    for (let n = row; n < end; n++) {
      const a = list[n] as number;
      const sum = (weight[row + a] as number) + (best[a] as number);
      if (sum <= least) least = this.take(i, a, sum);
    }
    this.spent += end - row;
  }

  /** The same for four dense nodes side by side; those that are no neighbors are infinitely far. */
  private tryFour(): void {
    const { size, stride, weight } = this.matrices;
    const { best, four } = this.scratch;
    const i0 = four[0] as number;
    const i1 = four[1] as number;
    const i2 = four[2] as number;
    const i3 = four[3] as number;
    const row0 = i0 * stride;
    const row1 = i1 * stride;
    const row2 = i2 * stride;
    const row3 = i3 * stride;
    let least0 = best[i0] as number;
    let least1 = best[i1] as number;
    let least2 = best[i2] as number;
    let least3 = best[i3] as number;
    for (let a = 0; ; a++) {
      a = nextWithin(weight, best, a, size, row0, least0, row1, least1, row2, least2, row3, least3);
      if (a === size) break;
      const onward = best[a] as number;
      least0 = this.take(i0, a, (weight[row0 + a] as number) + onward);
      least1 = this.take(i1, a, (weight[row1 + a] as number) + onward);
      least2 = this.take(i2, a, (weight[row2 + a] as number) + onward);
      least3 = this.take(i3, a, (weight[row3 + a] as number) + onward);
    }
    // Four rows for the time of two, four-rows.ts.
    this.spent += 2 * size;
  }

  /** Takes a as first hop of i if that is as good as what was found. Returns how far i is. */
  private take(i: number, a: number, sum: number): number {
    const { best, via } = this.scratch;
    const known = best[i] as number;
    if (sum > known || sum === Number.POSITIVE_INFINITY) return known;
    const number = this.matrices.numberOf[a] as number;
    if (sum < known || number < (via[i] as number)) via[i] = number;
    best[i] = sum;
    return sum;
  }

  /** The node that loses least is settled, and offers itself to the affected nodes that have a link to it. */
  private settle(): void {
    const { stride, linksIn } = this.matrices;
    const { affected, heap } = this.scratch;
    for (let x = heap.take(); x !== NONE; x = heap.take()) {
      const start = x * stride;
      const links = linksIn.count[x] as number;
      if (this.affectedCount < links) this.offer(x, affected, 0, this.affectedCount);
      else this.offer(x, linksIn.list, start, start + links);
    }
  }

  /** Over x the target may be nearer to some; to one that is not affected it is as near as it can be. */
  private offer(x: number, nodes: Uint16Array, start: number, end: number): void {
    const { stride, weightIn } = this.matrices;
    const { before, best, heap } = this.scratch;
    const column = x * stride;
    const onward = best[x] as number;
    for (let n = start; n < end; n++) {
      const i = nodes[n] as number;
      const sum = (weightIn[column + i] as number) + onward;
      const known = best[i] as number;
      if (sum > known) continue;
      if (this.take(i, x, sum) < known) heap.put(i, sum - (before[i] as number));
    }
    this.spent += end - start;
  }

  private write(j: number): void {
    const { stride, distance, hop } = this.matrices;
    const { affected, best, via } = this.scratch;
    for (let k = 0; k < this.affectedCount; k++) {
      const i = affected[k] as number;
      const at = i * stride + j;
      distance[at] = best[i] as number;
      if (hop[at] === via[i]) continue;
      hop[at] = via[i] as number;
      this.matrices.hasNewHops = true;
    }
  }
}
