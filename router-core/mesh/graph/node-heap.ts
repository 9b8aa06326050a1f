/**
 * Indices of nodes by a number, least first.
 *
 * Not standardized: a binary heap whose entries know their place, after R. Sedgewick's indexed priority queue.
 *
 * @module
 */
import { NONE } from '../../base/units.ts';
import { GRAPH_NODES_MAX } from './limits.ts';

export class NodeHeap {
  private readonly heap = new Uint16Array(GRAPH_NODES_MAX);
  private readonly placeOf = new Int16Array(GRAPH_NODES_MAX).fill(NONE);
  private readonly keyOf = new Float64Array(GRAPH_NODES_MAX);
  private count = 0;

  /** Puts a node in, or moves it forward; the key of one that is in only falls. */
  put(node: number, key: number): void {
    this.keyOf[node] = key;
    let i = this.placeOf[node] as number;
    if (i === NONE) i = this.count++;
    while (i > 0) {
      const parent = (i - 1) >>> 1;
      const above = this.heap[parent] as number;
      if ((this.keyOf[above] as number) <= key) break;
      this.place(above, i);
      i = parent;
    }
    this.place(node, i);
  }

  /** Takes the node with the least key out; NONE when there is none. */
  take(): number {
    if (this.count === 0) return NONE;
    const least = this.heap[0] as number;
    this.placeOf[least] = NONE;
    const last = this.heap[--this.count] as number;
    if (this.count > 0) this.sink(last);
    return least;
  }

  private sink(node: number): void {
    const key = this.keyOf[node] as number;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= this.count) break;
      if (child + 1 < this.count && this.keyAt(child + 1) < this.keyAt(child)) child++;
      if (this.keyAt(child) >= key) break;
      this.place(this.heap[child] as number, i);
      i = child;
    }
    this.place(node, i);
  }

  private keyAt(i: number): number {
    return this.keyOf[this.heap[i] as number] as number;
  }

  private place(node: number, i: number): void {
    this.heap[i] = node;
    this.placeOf[node] = i;
  }
}
