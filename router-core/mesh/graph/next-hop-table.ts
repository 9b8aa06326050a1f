/**
 * Which link peer leads where: for every pair of nodes the next node on the way. Does not change once made.
 *
 * Standard: EtherGuard, etherguard-go v0.3.5 (`NextHopTable`): in JSON and YAML maps of maps, with numbers of
 * nodes as text for keys; an absent entry means no route.
 *
 * @module
 */
import { NONE } from '../../base/units.ts';
import { isEdgeNumber, NO_NODE, type NodeNumber } from '../node-number.ts';
import { GRAPH_NODES_MAX } from './limits.ts';

/** Numbers of next hops by source, then by destination. */
export type NextHopMaps = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** What a table says that an older one does not. */
export type TableDifference = {
  /** Some entry is new or another. */
  readonly hasChanged: boolean;
  /** Some entry is gone. */
  readonly hasVanished: boolean;
};

const NUMBERS = 65_536;

export class NextHopTable {
  /** The nodes, by row and column. */
  readonly nodes: readonly NodeNumber[];
  private readonly rowOf = new Int16Array(NUMBERS).fill(NONE);
  /** hops[row of source · nodes + row of destination]; NO_NODE: no route. */
  private readonly hops: Uint16Array;

  constructor(nodes: readonly NodeNumber[], hops: Uint16Array) {
    this.nodes = nodes;
    this.hops = hops;
    for (const [row, node] of nodes.entries()) this.rowOf[node] = row;
  }

  /** Returns the next node on the way, NO_NODE when there is no route. */
  nextHop(from: NodeNumber, to: NodeNumber): NodeNumber {
    const row = this.rowOf[from] as number;
    const column = this.rowOf[to] as number;
    if (row === NONE || column === NONE) return NO_NODE;
    return this.hops[row * this.nodes.length + column] as NodeNumber;
  }

  has(node: NodeNumber): boolean {
    return this.rowOf[node] !== NONE;
  }

  /** Compares all entries; a computation changed something when some entry of the new table differs. */
  differenceFrom(older: NextHopTable): TableDifference {
    if (this.hasNodesOf(older)) return differenceOf(this.hops, older.hops);
    return {
      hasChanged: this.hasMoreThan(older, 'or another'),
      hasVanished: older.hasMoreThan(this, 'only'),
    };
  }

  /** Whether both tables have the same rows and columns: then a comparison needs no look-ups. */
  private hasNodesOf(other: NextHopTable): boolean {
    if (this.nodes.length !== other.nodes.length) return false;
    return this.nodes.every((node, row) => node === other.nodes[row]);
  }

  /** Whether some entry of this table is not in the other, or is another there. */
  private hasMoreThan(other: NextHopTable, counts: 'only' | 'or another'): boolean {
    const { nodes, hops } = this;
    const places = Int16Array.from(nodes, (node) => other.rowOf[node] as number);
    for (let row = 0; row < nodes.length; row++) {
      const otherRow = places[row] as number;
      for (let column = 0; column < nodes.length; column++) {
        const hop = hops[row * nodes.length + column] as number;
        if (hop === NO_NODE) continue;
        const otherColumn = places[column] as number;
        if (otherRow === NONE || otherColumn === NONE) return true;
        const otherHop = other.hops[otherRow * other.nodes.length + otherColumn];
        if (otherHop === NO_NODE || (counts === 'or another' && otherHop !== hop)) return true;
      }
    }
    return false;
  }

  /** Returns the form of files and of the HTTP interface. */
  toMaps(): NextHopMaps {
    const { nodes } = this;
    const maps: Record<string, Record<string, number>> = {};
    for (const from of nodes) {
      const row: Record<string, number> = {};
      for (const to of nodes) {
        const hop = this.nextHop(from, to);
        if (hop !== NO_NODE) row[to] = hop;
      }
      if (Object.keys(row).length > 0) maps[from] = row;
    }
    return maps;
  }

  static readonly empty = new NextHopTable([], new Uint16Array(0));
}

/** Compares the hops of two tables with the same rows and columns. */
function differenceOf(hops: Uint16Array, older: Uint16Array): TableDifference {
  let hasChanged = false;
  let hasVanished = false;
  for (let i = 0; i < hops.length; i++) {
    if (hops[i] === older[i]) continue;
    if (hops[i] === NO_NODE) hasVanished = true;
    else hasChanged = true;
    if (hasChanged && hasVanished) break;
  }
  return { hasChanged, hasVanished };
}

/** What is wrong with maps that were to be a table. */
export type TableProblem = {
  /** Keys from the outside in, e.g. `1.2`. */
  readonly path: string;
  readonly message: string;
};

/** Reads maps of maps from a file or from a supernode; says what is wrong with them otherwise. */
export function readNextHopTable(value: unknown): NextHopTable | TableProblem {
  const rows = entriesOf(value);
  if (rows === undefined) return { path: '', message: 'A next-hop table is a map of maps.' };
  const entries: [from: NodeNumber, to: NodeNumber, hop: NodeNumber][] = [];
  const nodes = new Set<NodeNumber>();
  for (const [source, row] of rows) {
    const from = readNode(source);
    const columns = entriesOf(row);
    if (from === undefined) return { path: source, message: NOT_A_NODE };
    if (columns === undefined)
      return { path: source, message: 'The next hops of a node are a map by destination.' };
    nodes.add(from);
    for (const [destination, hop] of columns) {
      const path = `${source}.${destination}`;
      const to = readNode(destination);
      if (to === undefined || typeof hop !== 'number' || !isEdgeNumber(hop))
        return { path, message: NOT_A_NODE };
      nodes.add(to).add(hop);
      if (nodes.size > GRAPH_NODES_MAX)
        return { path, message: `A table has at most ${GRAPH_NODES_MAX} nodes.` };
      entries.push([from, to, hop]);
    }
  }
  return tableOf([...nodes], entries);
}

const NOT_A_NODE = `Nodes have whole numbers from 0 to ${NO_NODE - 1}.`;

function tableOf(
  nodes: readonly NodeNumber[],
  entries: readonly (readonly [NodeNumber, NodeNumber, NodeNumber])[],
): NextHopTable {
  const rowOf = new Map(nodes.map((node, row) => [node, row]));
  const hops = new Uint16Array(nodes.length ** 2).fill(NO_NODE);
  for (const [from, to, hop] of entries)
    hops[(rowOf.get(from) ?? 0) * nodes.length + (rowOf.get(to) ?? 0)] = hop;
  return new NextHopTable(nodes, hops);
}

/** Go writes an empty map as null. */
function entriesOf(value: unknown): readonly (readonly [string, unknown])[] | undefined {
  if (value === null) return [];
  if (typeof value !== 'object' || Array.isArray(value)) return undefined;
  return Object.entries(value);
}

function readNode(text: string): NodeNumber | undefined {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  return isEdgeNumber(number) ? number : undefined;
}
