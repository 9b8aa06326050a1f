/**
 * From a graph to what `solve` and `gencfg` print: who sends where, how far it is, which way that goes.
 *
 * Not standardized; EtherGuard's report. Lines are ascending here, where the original's order is that of a hash table.
 *
 * @module
 */
import type { NodeNumber } from '../../node-number.ts';
import {
  type DistanceTable,
  INFINITE_DISTANCE,
  type NextHopTable,
  type NodeTable,
} from './tables.ts';

/** A way from one node to another: its length, and what using it costs besides, both in seconds. */
export type Link = {
  readonly from: NodeNumber;
  readonly to: NodeNumber;
  readonly distance: number;
  readonly cost: number;
};
export type LinkGraph = {
  /** Ascending. */
  readonly nodes: readonly NodeNumber[];
  readonly links: readonly Link[];
};

export type Solution = {
  readonly nextHop: NextHopTable;
  /** Of every ordered pair, itself included; `INFINITE_DISTANCE` where there is no way. */
  readonly distance: DistanceTable;
  readonly distanceWithoutCost: DistanceTable;
};

/** Returns the nodes from `from` to `to`, both included; undefined when the table leads nowhere or in a circle. */
export function pathOf(
  table: NextHopTable,
  from: NodeNumber,
  to: NodeNumber,
): readonly NodeNumber[] | undefined {
  const path = [from];
  for (let at = from; at !== to; ) {
    const next = table.get(at)?.get(to);
    if (next === undefined || path.length > table.size) return undefined;
    path.push(next);
    at = next;
  }
  return path;
}

/** Gives a line per ordered pair: `1 -> 6`, the distance, the path; `[]` where there is no way. */
export function* distanceLines(
  graph: LinkGraph,
  table: NextHopTable,
  distances: DistanceTable,
): Generator<string> {
  for (const from of graph.nodes)
    for (const to of graph.nodes) {
      if (to === from) continue;
      const distance = distances.get(from)?.get(to) ?? INFINITE_DISTANCE;
      const path = pathOf(table, from, to) ?? [];
      yield `${from} -> ${to}\t${sixDecimals(distance)}\t[${path.join(' ')}]`;
    }
}

/** Gives a table as lines of YAML, `indent` before each; an empty one is `{}`. */
export function* tableLines(table: NodeTable<number>, indent = ''): Generator<string> {
  if (table.size === 0) yield `${indent}{}`;
  for (const [from, row] of table) {
    yield `${indent}${from}:${row.size === 0 ? ' {}' : ''}`;
    for (const [to, value] of row) yield `${indent}  ${to}: ${value}`;
  }
}

/** Gives what `solve` prints, line by line: three tables as YAML, then every way in words. */
export function* solveReport(graph: LinkGraph, solution: Solution): Generator<string> {
  const { nextHop, distance, distanceWithoutCost } = solution;
  yield 'NextHopTable:';
  yield* tableLines(nextHop, '  ');
  yield 'DistanceTable:';
  yield* tableLines(distance, '  ');
  // The original's spelling; scripts read it.
  yield 'DistanceTableWithoutAdditionalaCost:';
  yield* tableLines(distanceWithoutCost, '  ');
  yield '';
  yield 'Human readable:';
  yield 'src\tdist\t\tpath';
  yield* distanceLines(graph, nextHop, distance);
}

/**
 * Formats like C's and Go's `%f`: six decimals, a tie to the even digit.
 *
 * JavaScript rounds ties up: 2⁻⁷ = 0.0078125 would become 0.007813.
 */
export function sixDecimals(value: number): string {
  // Seven decimals that end in 5 are exact in binary when they are an odd number of 128ths.
  if (!Number.isInteger(value * 128) || Number.isInteger(value * 64)) return value.toFixed(6);
  const millionths = Math.floor(Math.abs(value) * 1e6);
  const even = millionths + (millionths % 2);
  return ((Math.sign(value) * even) / 1e6).toFixed(6);
}
