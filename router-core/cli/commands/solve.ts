/**
 * `rootless42 solve --config FILE`: the shortest ways of a distance matrix.
 *
 * @module
 */
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { readTextFile } from '../../host/yaml-file.ts';
import {
  MATRIX_TEXT_MAX,
  Notes,
  readDistanceMatrix,
  shortestWays,
  solveReport,
} from '../../mesh/etherguard/config/index.ts';
import type { Command } from '../command.ts';
import { configOrThrow, neededConfig } from '../mesh-file.ts';
import { isReaderGone } from '../octet-file.ts';

export const solve: Command = {
  usage: '--config FILE',
  summary: 'next hops and distances of a mesh from a distance matrix',
  help: {
    options: [
      [
        '--config FILE',
        'the matrix: a line `X 1 2 …`, then a row per node; Inf is no link; needed',
      ],
    ],
    notes: ['Prints YAML, then every way. `rootless42 example --mode solve` prints a matrix.'],
    example: 'rootless42 solve --config matrix.txt',
  },
  async run(args) {
    const { values } = parseArgs({ args, options: { config: { type: 'string' } } });
    const path = neededConfig(values.config, 'solve');
    const notes = new Notes();
    const matrix = readDistanceMatrix(readTextFile(path, MATRIX_TEXT_MAX), '', notes);
    const { findings } = notes;
    const graph = configOrThrow({ findings, ...(matrix && { config: matrix }) }, path);
    // A report of 1,000 nodes is longer than a string may be.
    await writeLines(solveReport(graph, shortestWays(graph)));
    return 0;
  },
};

const LINES_PER_WRITE = 1000;

/** Writes to stdout as fast as it is read; a reader that has enough ends it. */
async function writeLines(lines: Iterable<string>): Promise<void> {
  const pieces = function* () {
    let piece: string[] = [];
    for (const line of lines) {
      if (piece.push(line) < LINES_PER_WRITE) continue;
      yield `${piece.join('\n')}\n`;
      piece = [];
    }
    if (piece.length > 0) yield `${piece.join('\n')}\n`;
  };
  try {
    await pipeline(pieces, process.stdout, { end: false });
  } catch (error) {
    if (!isReaderGone(error)) throw error;
  }
}
