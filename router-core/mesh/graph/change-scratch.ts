/**
 * Working memory of a change of one link, made once: a batch of thousands leaves nothing behind.
 *
 * Not standardized. By index of a node, or lists of indices.
 *
 * @module
 */
import { GRAPH_NODES_MAX } from './limits.ts';
import { NodeHeap } from './node-heap.ts';

export class ChangeScratch {
  /** Nodes at which ways over the link begin and end. */
  readonly sources = new Uint16Array(GRAPH_NODES_MAX);
  readonly targets = new Uint16Array(GRAPH_NODES_MAX);
  /** From each source to the end of the link. */
  readonly toLink = new Float64Array(GRAPH_NODES_MAX);
  /** Sources whose way to the target at hand is in question. */
  readonly affected = new Uint16Array(GRAPH_NODES_MAX);
  /** From each node to the target at hand, before. */
  readonly before = new Float64Array(GRAPH_NODES_MAX);
  /** What an affected node is not farther than after. */
  readonly bound = new Float64Array(GRAPH_NODES_MAX);
  /** From each node to the target as far as known, and for an affected one the number of its first hop. */
  readonly best = new Float64Array(GRAPH_NODES_MAX);
  readonly via = new Uint16Array(GRAPH_NODES_MAX);
  /** Affected nodes that are looked at side by side. */
  readonly four = new Uint16Array(4);
  readonly heap = new NodeHeap();
}
