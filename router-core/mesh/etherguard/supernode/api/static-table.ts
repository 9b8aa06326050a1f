/**
 * Tables of the static mode, which decide alone: as a request brings them, and without an edge that goes.
 *
 * Not standardized; `NextHopTable` of etherguard-go v0.3.5, in JSON.
 *
 * Invariant: a table has a next hop for every ordered pair of edges, and next hops are edges.
 *
 * @module
 */
import type { NodeNumber } from '../../../node-number.ts';
import { type NextHopTable, Notes, nextHopTable } from '../../config/index.ts';

const ASK_FOR_TABLE =
  'Your NextHopTable is in static mode.\nPlease provide your new NextHopTable in "NextHopTable" parmater in json format';

/** Reads a table for these nodes, or says what is wrong with it. */
export function readStaticTable(
  text: string,
  nodes: readonly NodeNumber[],
): { readonly value: NextHopTable } | { readonly problem: string } {
  if (text === '') return { problem: ASK_FOR_TABLE };
  const values = jsonOf(text);
  if (values === undefined) return { problem: 'is not JSON' };
  const notes = new Notes();
  const value = nextHopTable(values, 'NextHopTable', notes);
  const problem = notes.findings[0]?.message ?? missingIn(value, nodes);
  return problem === undefined ? { value } : { problem };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** What a static table lacks for these nodes. */
function missingIn(table: NextHopTable, nodes: readonly NodeNumber[]): string | undefined {
  const known = new Set<number>(nodes);
  for (const from of nodes)
    for (const to of nodes) {
      if (from === to) continue;
      const next = table.get(from)?.get(to);
      if (next === undefined) return `NextHopTable[${from}][${to}] not found`;
      if (!known.has(next)) return `NextHopTable[${from}][${to}]=${next} is not in the peer list`;
    }
  return undefined;
}

/** The table without a node; who was reached over it is from then on reached directly. */
export const withoutNode = (table: NextHopTable, node: number): NextHopTable =>
  new Map(
    [...table].flatMap(([from, row]) => {
      if (from === node) return [];
      const left = [...row].filter(([to]) => to !== node);
      return [
        [
          from,
          new Map(left.map(([to, next]) => [to, next === node ? to : next] as const)),
        ] as const,
      ];
    }),
  );
