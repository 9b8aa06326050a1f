/**
 * `rootless42 edge --config FILE`: a node of a layer-2 mesh, with the original's configuration file.
 *
 * @module
 */
import { join } from 'node:path';
import { startEdge } from '../../host/mesh/run-edge.ts';
import { carrierOf } from '../../host/workers/carrier.ts';
import { readEdgeConfig } from '../../mesh/etherguard/config/index.ts';
import type { Command } from '../command.ts';
import { configOrThrow, openMeshFile } from '../mesh-file.ts';
import {
  MESH_PROCESS_NOTES,
  MESH_PROCESS_OPTIONS,
  MESH_PROCESS_USAGE,
  runMeshProcess,
} from '../mesh-process.ts';
import { packetPathOfEnvironment } from '../packet-path.ts';

export const edge: Command = {
  usage: MESH_PROCESS_USAGE,
  summary: 'a node of a layer-2 mesh (EtherGuard)',
  help: {
    options: [
      ...MESH_PROCESS_OPTIONS,
      ['--cfgmode MODE', 'of the sample: static, super or p2p; default: super'],
    ],
    notes: [
      ...MESH_PROCESS_NOTES,
      'A supernode that refuses the edge decides its exit code: 1 the node number, 38 the version.',
      'ROOTLESS42_UNDERLAY asks for a kind of packet worker, `inline` for none; default: the fastest that works.',
    ],
    example: 'rootless42 edge --config eg_net_edge1.yaml',
  },
  run: (args) =>
    runMeshProcess(args, {
      name: 'edge',
      read(path) {
        const file = openMeshFile(path);
        return configOrThrow(readEdgeConfig(file.values()), path, file.placeOf);
      },
      start: (config, _path, options) =>
        startEdge(config, {
          ...options,
          packets: {
            path: packetPathOfEnvironment(),
            workerFile: join(import.meta.dirname, 'packet-worker.js'),
            moduleFile: join(import.meta.dirname, 'fast-path.wasm'),
            carrierOf,
          },
        }),
    }),
};
