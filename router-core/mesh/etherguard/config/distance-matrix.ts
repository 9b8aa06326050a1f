/**
 * The text of a distance matrix: who has a link to whom, and how long it is.
 *
 * Not standardized; EtherGuard's format.
 *
 *   X 1   2   10        the columns: where a link ends
 *   1 0   0.5 Inf       a row: where links begin, then one value per column; Inf is no link
 *   …
 *
 * Tolerated beyond the original: empty lines (it crashes on one at the end), `inf` in any case. Refused beyond it: rows and
 * columns that do not name the same nodes, numbers that are no edge's, values that are no number.
 *
 * @module
 */
import { printable } from '../../../base/printable.ts';
import { isEdgeNumber, type NodeNumber } from '../../node-number.ts';
import { NODES_MAX } from './limits.ts';
import type { Link, LinkGraph } from './solve.ts';
import { INFINITE_DISTANCE } from './tables.ts';
import { decimalOf, integerOf, type Notes } from './value-readers.ts';

/** Characters of a matrix: 1,000 nodes with values of seven characters and a blank. */
export const MATRIX_TEXT_MAX = 8 * NODES_MAX * (NODES_MAX + 1);

/** Reads a matrix. What is wrong is noted at `path`, with its line; then there is none. */
export function readDistanceMatrix(
  text: string,
  path: string,
  notes: Notes,
): LinkGraph | undefined {
  let isWrong = false;
  const wrong = (line: number, what: string): undefined => {
    isWrong = true;
    notes.error('MESH_MATRIX', path, `is wrong in line ${line}: ${what}`);
    return undefined;
  };
  const rows = text
    .split('\n')
    .map((line, i) => ({ line: i + 1, words: line.split(/[ \t\r]+/).filter((w) => w !== '') }))
    .filter(({ words }) => words.length > 0);
  const [heading, ...body] = rows;
  if (heading === undefined) return wrong(1, 'the matrix is empty.');
  const nodes = heading.words.slice(1).map((word) => nodeOf(word));
  const unknown = nodes.indexOf(undefined);
  if (unknown !== -1) wrong(heading.line, notANode(heading.words[unknown + 1]));
  else if (new Set(nodes).size !== nodes.length) wrong(heading.line, 'names a node twice.');
  else if (nodes.length === 0) wrong(heading.line, 'names no node.');
  else if (nodes.length > NODES_MAX) wrong(heading.line, `has more than ${NODES_MAX} nodes.`);
  if (isWrong) return undefined;

  const columns = nodes as readonly NodeNumber[];
  const missing = new Set(columns);
  const links: Link[] = [];
  for (const { line, words } of body) {
    const from = nodeOf(words[0] ?? '');
    if (from === undefined) wrong(line, notANode(words[0]));
    else if (!missing.delete(from))
      wrong(
        line,
        columns.includes(from) ? `node ${from} has a row already.` : `node ${from} has no column.`,
      );
    else if (words.length !== columns.length + 1)
      wrong(line, `has ${words.length - 1} values, the first line names ${columns.length} nodes.`);
    else
      for (const [i, to] of columns.entries()) {
        if (to === from) continue;
        const distance = distanceOf(words[i + 1] ?? '');
        if (distance === undefined)
          wrong(
            line,
            `${printable(words[i + 1] ?? '', 20)}, to node ${to}, is no number and not Inf.`,
          );
        else if (distance < INFINITE_DISTANCE) links.push({ from, to, distance, cost: 0 });
      }
  }
  for (const node of missing) wrong(heading.line, `node ${node} has no row.`);
  return isWrong ? undefined : { nodes: [...columns].sort((a, b) => a - b), links };
}

function nodeOf(word: string): NodeNumber | undefined {
  const number = integerOf(word);
  return number !== undefined && isEdgeNumber(number) ? number : undefined;
}

const notANode = (word = ''): string =>
  `${printable(word, 20)} is not the number of a node, 0 to 65531.`;

/** Reads a value; `Inf` and anything as far as that are no link. */
function distanceOf(word: string): number | undefined {
  if (/^\+?inf(?:inity)?$/i.test(word)) return INFINITE_DISTANCE;
  return decimalOf(word);
}
