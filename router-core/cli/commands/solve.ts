/**
 * `rootless42 solve --config FILE`: the shortest ways of a distance matrix.
 *
 * @module
 */
import { parseArgs } from 'node:util';
import { readTextFile } from '../../host/yaml-file.ts';
import {
  floydWarshall,
  MATRIX_TEXT_MAX,
  Notes,
  readDistanceMatrix,
  solveReport,
} from '../../mesh/etherguard/config/index.ts';
import type { Command } from '../command.ts';
import { configOrThrow, neededConfig } from '../mesh-file.ts';

export const solve: Command = {
  usage: '--config FILE',
  summary: 'next hops and distances of a mesh from a distance matrix',
  run(args) {
    const { values } = parseArgs({ args, options: { config: { type: 'string' } } });
    const path = neededConfig(values.config, 'solve');
    const notes = new Notes();
    const matrix = readDistanceMatrix(readTextFile(path, MATRIX_TEXT_MAX), '', notes);
    const { findings } = notes;
    const graph = configOrThrow(
      notes.hasErrors ? { findings } : { config: matrix, findings },
      path,
    );
    process.stdout.write(solveReport(graph, floydWarshall(graph)));
    return Promise.resolve(0);
  },
};
