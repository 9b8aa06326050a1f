import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readDistanceMatrix } from './distance-matrix.ts';
import { Notes } from './value-readers.ts';

function read(text: string) {
  const notes = new Notes();
  const graph = readDistanceMatrix(text, 'matrix', notes);
  expect(graph === undefined).toBe(notes.hasErrors);
  return graph ?? notes.findings.map((f) => `${f.code} ${f.message}`);
}

const SMALL = 'X 1 10\n1 0 2.5\n10 Inf 7';

describe('a matrix', () => {
  test('has a link for every value but the diagonal and Inf', () => {
    expect(read(SMALL)).toEqual({
      nodes: [1, 10],
      links: [{ from: 1, to: 10, distance: 2.5, cost: 0 }],
    });
  });

  test('may end with empty lines, unlike for the original', () => {
    for (const text of [`${SMALL}\n`, `${SMALL}\n\n  \n`, SMALL.replaceAll('\n', '\r\n')])
      expect(read(text)).toEqual(read(SMALL));
  });

  test('may have its rows in any order; nodes ascend', () => {
    expect(read('X 3 1\n1 1 0\n3 0 2\n')).toMatchObject({
      nodes: [1, 3],
      links: [{ from: 1 }, { from: 3 }],
    });
  });

  test('takes what is as far as no way for no link', () => {
    for (const word of ['Inf', 'inf', '+Infinity', '99999', '1e9'])
      expect(read(`X 1 2\n1 0 ${word}\n2 -0.5 0`)).toMatchObject({
        links: [{ from: 2, distance: -0.5 }],
      });
  });
});

test.each([
  ['', 'line 1: the matrix is empty.'],
  ['\n \n', 'line 1: the matrix is empty.'],
  ['X\n', 'line 1: names no node.'],
  ['X 1 1\n', 'line 1: names a node twice.'],
  ['X 1 two\n', 'line 1: two is not the number of a node, 0 to 65531.'],
  ['X 65532\n', 'line 1: 65532 is not the number of a node'],
  ['X 1\n1 0\n2 0', 'line 3: node 2 has no column.'],
  ['X 1\n1 0\n1 0', 'line 3: node 1 has a row already.'],
  ['X 1 2\n\n1 0\n2 1 0', 'line 3: has 1 values, the first line names 2 nodes.'],
  ['X 1 2\n1 0 far\n2 1 0', 'line 2: far, to node 2, is no number and not Inf.'],
  ['X 1 2\n1 0 NaN\n2 1 0', 'line 2: NaN, to node 2, is no number'],
  ['X 1 2\n1 0 1', 'line 1: node 2 has no row.'],
])('%j is refused: %s', (text, why) => {
  expect(read(text)).toEqual([expect.stringContaining(`MESH_MATRIX matrix is wrong in ${why}`)]);
});

test('more nodes than a mesh has are refused before their rows are looked at', () => {
  const heading = `X ${Array.from({ length: 1001 }, (_, i) => i).join(' ')}`;
  expect(read(`${heading}\n1 0 0`)).toEqual([
    'MESH_MATRIX matrix is wrong in line 1: has more than 1000 nodes.',
  ]);
});

test('any text gives a graph or findings', () => {
  const word = fc.constantFrom(
    'X',
    '1',
    '2',
    '0',
    '-1',
    'Inf',
    '1.5',
    '1e400',
    ' ',
    '\n',
    '\t',
    '\u0000',
    '9'.repeat(50),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 60 }), (words) => {
      const result = read(words.join(' '));
      if (Array.isArray(result)) expect(result.length).toBeLessThanOrEqual(50);
      else for (const { distance } of result.links) expect(distance).toBeLessThan(99999);
    }),
    { numRuns: 500 },
  );
});
