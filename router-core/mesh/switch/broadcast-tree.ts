/**
 * To which link peers a broadcast goes on from here.
 *
 * Standard: EtherGuard, etherguard-go v0.3.5 (`path/path.go`, GetBoardcastList, GetBoardcastThroughList): the packets of a
 * source follow its shortest ways. A neighbor gets one from us if we are on the way from the source to it.
 *
 *   source ──► … ──► own ──► neighbor        found once per source and table, then a list
 *
 * Invariants
 * - One tree belongs to one table and one node; another table needs another tree.
 * - A missing entry or a loop on the way leaves the neighbor out.
 *
 * @module
 */

import type { NextHopTable } from '../graph/index.ts';
import { NO_NODE, type NodeNumber } from '../node-number.ts';

export class BroadcastTree {
  /** Where own broadcasts go: every link peer that is a next hop. Ascending. */
  readonly neighbors: readonly NodeNumber[];
  private readonly table: NextHopTable;
  private readonly own: NodeNumber;
  private readonly bySource = new Map<NodeNumber, readonly NodeNumber[]>();

  constructor(table: NextHopTable, own: NodeNumber) {
    this.table = table;
    this.own = own;
    const hops = new Set(table.nodes.map((node) => table.nextHop(own, node)));
    hops.delete(NO_NODE);
    this.neighbors = [...hops].sort((a, b) => a - b);
  }

  /**
   * Returns the link peers a broadcast of `source` goes on to. The caller leaves out the one it came from.
   * The same array each time: nothing is made per packet.
   */
  onward(source: NodeNumber): readonly NodeNumber[] {
    const known = this.bySource.get(source);
    if (known !== undefined) return known;
    // A number that no table has is a stranger's: there is no way, and it is not remembered.
    if (!this.table.has(source)) return NOWHERE;
    const onward = this.neighbors.filter((neighbor) => this.isBetween(source, neighbor));
    this.bySource.set(source, onward);
    return onward;
  }

  /** Whether the way from a source to a neighbor ends, and we are on it. */
  private isBetween(source: NodeNumber, neighbor: NodeNumber): boolean {
    let isOwnOnIt = false;
    let at = source;
    for (let left = this.table.nodes.length; left > 0; left--) {
      isOwnOnIt ||= at === this.own;
      if (at === neighbor) return isOwnOnIt;
      at = this.table.nextHop(at, neighbor);
      if (at === NO_NODE) return false;
    }
    return false;
  }
}

const NOWHERE: readonly NodeNumber[] = [];
