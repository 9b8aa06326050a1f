/**
 * The graph as matrices: weight of each link, distance and next hop of each pair.
 *
 * Not standardized. Nodes have dense indices in order of appearance; `numberOf` has their numbers, and
 * next hops are numbers already, since of equal ways the one with the lowest number counts.
 *
 *   weight[u·stride + v]     of the link u → v, packed; Infinity: none
 *   weightIn[v·stride + u]   the same by column, so that the links to a node lie together
 *   distance[u·stride + v]   of the shortest way, packed; Infinity: none
 *   hop[u·stride + v]        the first node after u on it; NO_NODE: none
 *
 * Invariants
 * - `weight` of a node to itself is Infinity, its distance 0, its next hop none.
 * - `linksOut` and `linksIn` hold exactly the links with a weight.
 * - Between computations: distance[u,v] is the least sum of weights over all ways, and hop[u,v] the lowest
 *   number of a first hop among the ways that have this sum.
 *
 * @module
 */
import { assert } from '../../base/assert.ts';
import { NONE } from '../../base/units.ts';
import { NO_NODE, type NodeNumber } from '../node-number.ts';
import { GRAPH_NODES_MAX } from './limits.ts';

const FIRST_CAPACITY = 16;
const NUMBERS = 65_536;

export class PathMatrices {
  /** Indices in use are below. */
  size = 0;
  stride = FIRST_CAPACITY;
  weight = new Float64Array(FIRST_CAPACITY ** 2).fill(Number.POSITIVE_INFINITY);
  weightIn = new Float64Array(FIRST_CAPACITY ** 2).fill(Number.POSITIVE_INFINITY);
  distance = new Float64Array(FIRST_CAPACITY ** 2).fill(Number.POSITIVE_INFINITY);
  hop = new Uint16Array(FIRST_CAPACITY ** 2).fill(NO_NODE);
  /** By index; NO_NODE where a node has gone and none has come. */
  readonly numberOf = new Uint16Array(GRAPH_NODES_MAX).fill(NO_NODE);
  /** Whether a next hop may have changed; whoever looks sets it back. */
  hasNewHops = false;
  /** Nodes a node has a link to, and nodes that have a link to it. */
  readonly linksOut = new Neighbors(FIRST_CAPACITY);
  readonly linksIn = new Neighbors(FIRST_CAPACITY);
  private readonly indexOf = new Int16Array(NUMBERS).fill(NONE);
  private readonly vacant: number[] = [];

  /** Returns the index of a node, NONE when the graph does not have it. */
  find(node: NodeNumber): number {
    return this.indexOf[node] as number;
  }

  get isFull(): boolean {
    return this.vacant.length === 0 && this.size === GRAPH_NODES_MAX;
  }

  /** Adds a node without links and returns its index; the graph is not full. */
  add(node: NodeNumber): number {
    assert(!this.isFull, 'a graph that is not full gets a node');
    const index = this.vacant.pop() ?? this.size++;
    if (index >= this.stride) this.grow();
    this.numberOf[index] = node;
    this.indexOf[node] = index;
    this.distance[index * this.stride + index] = 0;
    return index;
  }

  /** Removes a node that has no links. */
  remove(index: number): void {
    assert(!this.hasLinks(index), 'a node that goes has no links');
    assert(this.has(index), 'a node goes once');
    this.indexOf[this.numberOf[index] as number] = NONE;
    this.numberOf[index] = NO_NODE;
    this.distance[index * this.stride + index] = Number.POSITIVE_INFINITY;
    this.vacant.push(index);
  }

  /** Whether there is a node with this index. */
  has(index: number): boolean {
    return this.numberOf[index] !== NO_NODE;
  }

  hasLinks(index: number): boolean {
    return this.linksOut.count[index] !== 0 || this.linksIn.count[index] !== 0;
  }

  /** Sets the weight of a link; distances and next hops are the caller's to follow. */
  setWeight(from: number, to: number, weight: number): void {
    const at = from * this.stride + to;
    const had = this.weight[at] !== Number.POSITIVE_INFINITY;
    const has = weight !== Number.POSITIVE_INFINITY;
    this.weight[at] = weight;
    this.weightIn[to * this.stride + from] = weight;
    if (had === has) return;
    if (has) {
      this.linksOut.add(from, to);
      this.linksIn.add(to, from);
    } else {
      this.linksOut.remove(from, to);
      this.linksIn.remove(to, from);
    }
  }

  private grow(): void {
    const from = this.stride;
    const to = Math.min(from * 2, GRAPH_NODES_MAX);
    this.weight = widened(this.weight, from, new Float64Array(to * to), to, Infinity);
    this.weightIn = widened(this.weightIn, from, new Float64Array(to * to), to, Infinity);
    this.distance = widened(this.distance, from, new Float64Array(to * to), to, Infinity);
    this.hop = widened(this.hop, from, new Uint16Array(to * to), to, NO_NODE);
    this.linksOut.grow(from, to);
    this.linksIn.grow(from, to);
    this.stride = to;
  }
}

/** Lists of indices, one per node, in no order: whoever walks them may put them in another. */
class Neighbors {
  /** How many each node has. */
  readonly count = new Uint16Array(GRAPH_NODES_MAX);
  /** Theirs begin at index · stride. */
  list: Uint16Array;
  private stride: number;

  constructor(stride: number) {
    this.stride = stride;
    this.list = new Uint16Array(stride * stride);
  }

  add(of: number, neighbor: number): void {
    const count = this.count[of] as number;
    this.list[of * this.stride + count] = neighbor;
    this.count[of] = count + 1;
  }

  remove(of: number, neighbor: number): void {
    const start = of * this.stride;
    const last = (this.count[of] as number) - 1;
    const at = this.list.indexOf(neighbor, start);
    this.list[at] = this.list[start + last] as number;
    this.count[of] = last;
  }

  grow(from: number, to: number): void {
    this.list = widened(this.list, from, new Uint16Array(to * to), to, 0);
    this.stride = to;
  }
}

/** Copies a square matrix into the upper left of an empty one, and fills the rest. */
export function widened<T extends Float64Array | Uint16Array>(
  matrix: T,
  from: number,
  wider: T,
  to: number,
  rest: number,
): T {
  wider.fill(rest);
  for (let row = 0; row < from; row++)
    wider.set(matrix.subarray(row * from, (row + 1) * from), row * to);
  return wider;
}
