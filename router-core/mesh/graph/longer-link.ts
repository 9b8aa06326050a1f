/**
 * What one link u → v that got slower, or is gone, changes: ways that led over it.
 *
 * Standard: G. Ramalingam, T. Reps, "An incremental algorithm for a generalization of the shortest-path
 * problem", Journal of Algorithms 21 (1996); here for all targets.
 *
 * A pair i, j is affected when one of its shortest ways leads over the link:
 *
 *   distance[i,u] + weight[u,v] + distance[v,j] = distance[i,j]
 *
 * For each target j in turn the affected nodes find their way again: by a neighbor that is not affected, by
 * an affected one that has found its own, or towards u as before. They settle by how much farther they are
 * than before (Dijkstra's order): measured so, no link is negative, since the old distances are right for the
 * old weights. Nobody loses more than u does, so only who loses less is put in that order.
 *
 * @module
 */
import { NONE } from '../../base/units.ts';
import { NO_NODE } from '../node-number.ts';
import type { ChangeScratch } from './change-scratch.ts';
import type { PathMatrices } from './path-matrices.ts';
import { type Progress, STRIDED, type Task } from './task.ts';

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
  private sparedCount = 0;

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
    this.partNeighbors();
  }

  run(budget: number): Progress {
    for (const end = this.spent + budget; this.spent < end; ) {
      if (this.target === this.targetCount) return 'done';
      const j = this.scratch.targets[this.target++] as number;
      this.readDistances(j);
      this.collectAffected(j);
      this.findWays();
      this.settle();
      this.write(j);
    }
    return 'working';
  }

  private collectSources(): void {
    const { size, stride, distance, hop } = this.matrices;
    const { sources, isSource, toLink, hopToLink } = this.scratch;
    isSource.fill(0);
    for (let i = 0; i < size; i++) {
      const there = (distance[i * stride + this.from] as number) + this.weight;
      if (there === Number.POSITIVE_INFINITY || there !== distance[i * stride + this.to]) continue;
      sources[this.sourceCount++] = i;
      isSource[i] = 1;
      toLink[i] = there;
      hopToLink[i] = hop[i * stride + this.from] as number;
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

  /** Puts the neighbors of each source that are no sources before those that are. */
  private partNeighbors(): void {
    const { stride, linksOut } = this.matrices;
    const { sources, isSource, outside } = this.scratch;
    const { list, count } = linksOut;
    for (let s = 0; s < this.sourceCount; s++) {
      const start = (sources[s] as number) * stride;
      const end = start + (count[sources[s] as number] as number);
      let boundary = start;
      for (let n = start; n < end; n++) {
        const a = list[n] as number;
        if (isSource[a] === 1) continue;
        list[n] = list[boundary] as number;
        list[boundary++] = a;
      }
      outside[sources[s] as number] = boundary - start;
      this.spent += end - start;
    }
  }

  private readDistances(j: number): void {
    const { size, stride, distance } = this.matrices;
    const { before } = this.scratch;
    for (let a = 0; a < size; a++) before[a] = distance[a * stride + j] as number;
    this.spent += STRIDED * size;
  }

  private collectAffected(j: number): void {
    const { sources, toLink, affected, isAffected, spared, before } = this.scratch;
    const onward = before[this.to] as number;
    this.affectedCount = 0;
    this.sparedCount = 0;
    for (let s = 0; s < this.sourceCount; s++) {
      const i = sources[s] as number;
      const is = i !== j && (toLink[i] as number) + onward === before[i];
      isAffected[i] = is ? 1 : 0;
      if (is) affected[this.affectedCount++] = i;
      else spared[this.sparedCount++] = i;
    }
    this.spent += this.sourceCount;
  }

  /** Each affected node looks for a way by a neighbor that is not, or takes the old one to u. */
  private findWays(): void {
    const { from } = this;
    const { affected, hopToLink, before, best, via, heap } = this.scratch;
    best[from] = Number.POSITIVE_INFINITY;
    via[from] = NO_NODE;
    this.leave(from);
    const loss = (best[from] as number) - (before[from] as number);
    for (let k = 0; k < this.affectedCount; k++) {
      const i = affected[k] as number;
      if (i === from) continue;
      best[i] = (before[i] as number) + loss;
      via[i] = loss === Number.POSITIVE_INFINITY ? NO_NODE : (hopToLink[i] as number);
      this.leave(i);
      const own = (best[i] as number) - (before[i] as number);
      if (own < loss) heap.put(i, own);
    }
  }

  /** Takes the best neighbor that is not affected, if it is as good as what was found. */
  private leave(i: number): void {
    const { stride, linksOut } = this.matrices;
    const { outside, spared, isAffected } = this.scratch;
    const { list, count } = linksOut;
    const row = i * stride;
    const boundary = row + (outside[i] as number);
    const end = row + (count[i] as number);
    this.tryAll(i, list, row, boundary);
    if (this.sparedCount < end - boundary) {
      this.tryAll(i, spared, 0, this.sparedCount);
      return;
    }
    for (let n = boundary; n < end; n++)
      if (isAffected[list[n] as number] === 0) this.tryAll(i, list, n, n + 1);
  }

  /** Takes the best of some nodes; those that are no neighbors are infinitely far. */
  private tryAll(i: number, nodes: Uint16Array, start: number, end: number): void {
    const { stride, weight, numberOf } = this.matrices;
    const { before, best, via } = this.scratch;
    const row = i * stride;
    let least = best[i] as number;
    let first = via[i] as number;
    for (let n = start; n < end; n++) {
      const a = nodes[n] as number;
      const sum = (weight[row + a] as number) + (before[a] as number);
      if (sum > least || sum === Number.POSITIVE_INFINITY) continue;
      const number = numberOf[a] as number;
      if (sum < least || number < first) first = number;
      least = sum;
    }
    best[i] = least;
    via[i] = first;
    this.spent += end - start;
  }

  /** The node that loses least is settled, and offers itself to the affected nodes that have a link to it. */
  private settle(): void {
    const { stride, linksIn } = this.matrices;
    const { affected, isAffected, heap } = this.scratch;
    const { list, count } = linksIn;
    for (let x = heap.take(); x !== NONE; x = heap.take()) {
      const start = x * stride;
      const links = count[x] as number;
      if (this.affectedCount < links)
        for (let k = 0; k < this.affectedCount; k++) this.offer(x, affected[k] as number);
      else
        for (let n = start; n < start + links; n++)
          if (isAffected[list[n] as number] === 1) this.offer(x, list[n] as number);
      this.spent += Math.min(links, this.affectedCount);
    }
  }

  /** Over x the target may be nearer to i; without a link there it is infinitely far. */
  private offer(x: number, i: number): void {
    const { stride, weightIn, numberOf } = this.matrices;
    const { before, best, via, heap } = this.scratch;
    const sum = (weightIn[x * stride + i] as number) + (best[x] as number);
    const known = best[i] as number;
    if (sum > known || sum === Number.POSITIVE_INFINITY) return;
    const number = numberOf[x] as number;
    if (sum < known || number < (via[i] as number)) via[i] = number;
    best[i] = sum;
    if (sum < known) heap.put(i, sum - (before[i] as number));
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
