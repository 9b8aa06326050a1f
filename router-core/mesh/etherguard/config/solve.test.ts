import { describe, expect, test } from 'vitest';
import type { NodeNumber } from '../../node-number.ts';
import { readDistanceMatrix } from './distance-matrix.ts';
import vectors from './fixtures/solve.json' with { type: 'json' };
import { shortestWays } from './shortest-ways.ts';
import { type LinkGraph, pathOf, sixDecimals, solveReport, tableLines } from './solve.ts';
import type { NodeTable } from './tables.ts';
import { Notes } from './value-readers.ts';

const plain = <T>(table: NodeTable<T>) =>
  Object.fromEntries([...table].map(([from, row]) => [from, Object.fromEntries(row)]));

function graphOf(text: string): LinkGraph {
  const graph = readDistanceMatrix(text, '', new Notes());
  if (graph === undefined) throw new Error('the matrix is right');
  return graph;
}

describe('Floyd–Warshall as the original computes it', () => {
  test.each(vectors.floydWarshall)('$name', ({ edges, next, dist, distNoCost }) => {
    const nodes = [...new Set(edges.flatMap(({ src, dst }) => [src, dst]))].sort((a, b) => a - b);
    const solution = shortestWays({
      nodes: nodes as NodeNumber[],
      links: edges.map(({ src, dst, latency, additionalCostMs }) => ({
        from: src as NodeNumber,
        to: dst as NodeNumber,
        distance: latency,
        cost: additionalCostMs / 1000,
      })),
    });
    expect(plain(solution.nextHop)).toEqual(next);
    expectClose(plain(solution.distance), dist);
    expectClose(plain(solution.distanceWithoutCost), distNoCost);
  });

  test('of equally short ways the one by the smaller node is taken', () => {
    const square = 'X 1 2 3 4\n1 0 1 1 Inf\n2 1 0 Inf 1\n3 1 Inf 0 1\n4 Inf 1 1 0';
    const { nextHop } = shortestWays(graphOf(square));
    expect(pathOf(nextHop, 1 as NodeNumber, 4 as NodeNumber)).toEqual([1, 2, 4]);
    expect(pathOf(nextHop, 4 as NodeNumber, 1 as NodeNumber)).toEqual([4, 2, 1]);
  });
});

describe('the report', () => {
  test('is the original’s, its lines ascending', () => {
    const graph = graphOf(vectors.solve.input);
    const ours = [...solveReport(graph, shortestWays(graph))];
    const theirs = vectors.solve.output.trimEnd().split('\n');
    const heading = theirs.indexOf('src\tdist\t\tpath') + 1;
    expect(ours.slice(0, heading)).toEqual(theirs.slice(0, heading));
    const byPair = (a: string, b: string) => a.localeCompare(b, 'en', { numeric: true });
    expect(ours.slice(heading)).toEqual(theirs.slice(heading).sort(byPair));
  });

  test('says where there is no way', () => {
    const graph = graphOf('X 1 2\n1 0 0.5\n2 Inf 0');
    expect([...solveReport(graph, shortestWays(graph))]).toEqual([
      ...['NextHopTable:', '  1:', '    2: 2', '  2: {}'],
      ...['DistanceTable:', '  1:', '    1: 0', '    2: 0.5', '  2:', '    1: 99999', '    2: 0'],
      'DistanceTableWithoutAdditionalaCost:',
      ...['  1:', '    1: 0', '    2: 0.5', '  2:', '    1: 99999', '    2: 0'],
      ...['', 'Human readable:', 'src\tdist\t\tpath'],
      ...['1 -> 2\t0.500000\t[1 2]', '2 -> 1\t99999.000000\t[]'],
    ]);
    expect([...tableLines(new Map())]).toEqual(['{}']);
  });

  test('never walks in a circle', () => {
    const [a, b, c] = [1, 2, 3] as NodeNumber[];
    const table = new Map([
      [a!, new Map([[c!, b!]])],
      [b!, new Map([[c!, a!]])],
    ]);
    expect(pathOf(table, a!, c!)).toBeUndefined();
    expect(pathOf(table, a!, a!)).toEqual([1]);
  });
});

test.each([
  [0, '0.000000'],
  [1.5, '1.500000'],
  [99999, '99999.000000'],
  [0.0000005, '0.000000'],
  [1 / 128, '0.007812'],
  [3 / 128, '0.023438'],
  [-1 / 128, '-0.007812'],
  [1000 + 1 / 128, '1000.007812'],
  [1.0510000000000002, '1.051000'],
  [2.0000015, '2.000002'],
])('%f as C prints it: %s', (value, text) => expect(sixDecimals(value)).toBe(text));

function expectClose(
  actual: Record<string, Record<string, number>>,
  expected: Record<string, Record<string, number | undefined>>,
): void {
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  for (const [from, row] of Object.entries(expected))
    for (const [to, value] of Object.entries(row))
      expect(actual[from]?.[to]).toBeCloseTo(value ?? 0, 9);
}
