/**
 * `rootless42 super --config FILE`: the supernode of a layer-2 mesh, with the original's configuration file.
 *
 * @module
 */
import { dirname, resolve } from 'node:path';
import { RouterError } from '../../base/errors.ts';
import { readEdgeTemplate } from '../../host/mesh/edge-template.ts';
import { startSupernode } from '../../host/mesh/run-supernode.ts';
import { readSuperConfig } from '../../mesh/etherguard/config/index.ts';
import type { Command } from '../command.ts';
import { logLine } from '../log-line.ts';
import { configOrThrow, openMeshFile } from '../mesh-file.ts';
import {
  MESH_PROCESS_NOTES,
  MESH_PROCESS_OPTIONS,
  MESH_PROCESS_USAGE,
  runMeshProcess,
} from '../mesh-process.ts';

export const supernode: Command = {
  usage: MESH_PROCESS_USAGE,
  summary: 'the supernode of a layer-2 mesh (EtherGuard)',
  help: {
    options: MESH_PROCESS_OPTIONS,
    notes: MESH_PROCESS_NOTES,
    example: 'rootless42 super --config eg_net_super.yaml',
  },
  run: (args) =>
    runMeshProcess(args, {
      name: 'super',
      read(path) {
        const file = openMeshFile(path);
        return configOrThrow(readSuperConfig(file.values()), path, file.placeOf);
      },
      start: (config, path, options) =>
        startSupernode(config, {
          ...options,
          edgeTemplate: templateOf(path, config.EdgeTemplate),
        }),
    }),
};

/** As the original does, the sample stands in for a template that cannot be read; but it is told. */
function templateOf(path: string, template: string): string | undefined {
  if (template === '') return undefined;
  try {
    return readEdgeTemplate(resolve(dirname(path), template));
  } catch (error) {
    if (!(error instanceof RouterError)) throw error;
    logLine('warn', 'EdgeTemplate cannot be used, the sample takes its place', {
      code: error.code,
      cause: error.message,
    });
    return undefined;
  }
}
