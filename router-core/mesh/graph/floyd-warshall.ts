/**
 * All shortest ways at once, in slices.
 *
 * Standard: EtherGuard computes its tables by Floyd–Warshall (etherguard-go v0.3.5, `path/path.go`); R. W. Floyd,
 * "Algorithm 97: Shortest path", CACM 5 (1962).
 *
 * After step k each pair has its shortest way over the first k nodes, and the lowest next hop of those
 * that are equally short: every such way over node k begins with a shortest way to k.
 *
 * @module
 */
import { NO_NODE } from '../node-number.ts';
import type { PathMatrices } from './path-matrices.ts';
import type { Progress, Task } from './task.ts';

export class FloydWarshall implements Task {
  spent: number;
  private readonly matrices: PathMatrices;
  /** The node ways may now lead over, and the row that is next. */
  private over = 0;
  private row = 0;

  /** Begins: each pair with a link has that. */
  constructor(matrices: PathMatrices) {
    this.matrices = matrices;
    const { size, stride, weight, distance, hop, numberOf } = matrices;
    this.spent = size * size;
    matrices.hasNewHops = true;
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) {
        const at = i * stride + j;
        const w = weight[at] as number;
        distance[at] = w;
        hop[at] = w === Number.POSITIVE_INFINITY ? NO_NODE : (numberOf[j] as number);
      }
    for (let i = 0; i < size; i++)
      distance[i * stride + i] = numberOf[i] === NO_NODE ? Number.POSITIVE_INFINITY : 0;
  }

  run(budget: number): Progress {
    const { size, stride, distance } = this.matrices;
    for (const end = this.spent + budget; this.spent < end; this.spent += size) {
      if (this.row === size) {
        this.row = 0;
        this.over++;
      }
      if (this.over === size) return 'done';
      const i = this.row++;
      this.relaxRow(i, this.over);
      // A distance to itself below zero: sums over that cycle would fall for ever.
      if ((distance[i * stride + i] as number) < 0) return 'negative-cycle';
    }
    return 'working';
  }

  /** The inner loop, 1.3 ns per pair: 10⁹ times for 1,000 nodes. */
  private relaxRow(i: number, k: number): void {
    const { size, stride, distance, hop } = this.matrices;
    const row = i * stride;
    const there = distance[row + k] as number;
    if (i === k || there === Number.POSITIVE_INFINITY) return;
    const first = hop[row + k] as number;
    const onward = k * stride;
    for (let j = 0; j < size; j++) {
      const sum = there + (distance[onward + j] as number);
      const known = distance[row + j] as number;
      if (sum > known) continue;
      if (sum < known) {
        distance[row + j] = sum;
        hop[row + j] = first;
      } else if (first < (hop[row + j] as number) && sum !== Number.POSITIVE_INFINITY) {
        hop[row + j] = first;
      }
    }
  }
}
