/**
 * Which link peer a packet leaves to: the next-hop table and the link peers there are, as one array.
 *
 * Standard: etherguard-go v0.3.5 (`NhTable`, `GetBoardcastThroughList`).
 *
 *   table ───────┐
 *                ├─► linkTo[destination]      one index of a link, NONE without a way
 *   link peers ──┘   neighbors, onward(source)
 *
 * This is all a forwarding plane needs to know, and the only place that decides it: `changed` is called after each
 * change of the table or of the link peers.
 *
 * Invariant: nothing is computed per packet; lists of a source are made once per change.
 *
 * @module
 */
import { NONE } from '../../../base/units.ts';
import { NextHopTable } from '../../graph/index.ts';
import { NO_NODE, type NodeNumber } from '../../node-number.ts';
import { BroadcastTree } from '../../switch/index.ts';
import type { MeshEdgeView } from './edge-contract.ts';
import type { LinkTable } from './links.ts';

const NUMBERS = 65_536;

/** Told of every change, after it. */
export type NextHopsListener = (nextHops: NextHops) => void;

export class NextHops {
  readonly own: NodeNumber;
  table = NextHopTable.empty;
  tableFrom: MeshEdgeView['tableFrom'] = 'file';
  /** By destination: the index of the link it is reached by, NONE when it is not. */
  readonly linkTo = new Int16Array(NUMBERS).fill(NONE);
  /** Indices of the links own broadcasts go to. */
  neighbors: readonly number[] = [];
  private readonly links: LinkTable;
  private readonly changed: NextHopsListener;
  private tree: BroadcastTree;
  private readonly onwardOf = new Map<NodeNumber, readonly number[]>();

  constructor(own: NodeNumber, links: LinkTable, changed: NextHopsListener = () => undefined) {
    this.own = own;
    this.links = links;
    this.changed = changed;
    this.tree = new BroadcastTree(this.table, own);
  }

  setTable(table: NextHopTable, from: MeshEdgeView['tableFrom']): void {
    this.table = table;
    this.tableFrom = from;
    this.tree = new BroadcastTree(table, this.own);
    this.linksChanged();
  }

  /** A link peer came or went. */
  linksChanged(): void {
    this.linkTo.fill(NONE);
    for (const node of this.table.nodes)
      this.linkTo[node] = this.indexOf(this.table.nextHop(this.own, node));
    this.linkTo[this.own] = NONE;
    this.onwardOf.clear();
    this.neighbors = this.indicesOf(this.tree.neighbors);
    this.changed(this);
  }

  /** Indices of the links a broadcast of `source` goes on to; the caller leaves out the one it came from. */
  onward(source: NodeNumber): readonly number[] {
    const known = this.onwardOf.get(source);
    if (known !== undefined) return known;
    // A number that no table has is a stranger's: there is no way, and it is not remembered.
    if (!this.table.has(source)) return NOWHERE;
    const onward = this.indicesOf(this.tree.onward(source));
    this.onwardOf.set(source, onward);
    return onward;
  }

  private indicesOf(nodes: readonly NodeNumber[]): readonly number[] {
    return nodes.map((node) => this.indexOf(node)).filter((index) => index !== NONE);
  }

  private indexOf(node: NodeNumber): number {
    if (node === NO_NODE) return NONE;
    return this.links.ofNode(node)?.index ?? NONE;
  }
}

const NOWHERE: readonly number[] = [];
