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
  readonly isSource = new Uint8Array(GRAPH_NODES_MAX);
  /** From each source to the end of the link, and the number of the first hop there. */
  readonly toLink = new Float64Array(GRAPH_NODES_MAX);
  readonly hopToLink = new Uint16Array(GRAPH_NODES_MAX);
  /** How many neighbors of each source are no sources: those stand first in its list. */
  readonly outside = new Uint16Array(GRAPH_NODES_MAX);
  /** Sources whose way to the target at hand is in question, and those whose way is not. */
  readonly affected = new Uint16Array(GRAPH_NODES_MAX);
  readonly spared = new Uint16Array(GRAPH_NODES_MAX);
  readonly isAffected = new Uint8Array(GRAPH_NODES_MAX);
  /** From each node to the target at hand, before. */
  readonly before = new Float64Array(GRAPH_NODES_MAX);
  /** The best found for an affected node, and the number of its first hop. */
  readonly best = new Float64Array(GRAPH_NODES_MAX);
  readonly via = new Uint16Array(GRAPH_NODES_MAX);
  readonly heap = new NodeHeap();
}
