/**
 * `rootless42 example --mode edge|super|gencfg|solve`: a sample of a file, with fresh keys.
 *
 * @module
 */
import { parseArgs } from 'node:util';
import { RouterError } from '../../base/errors.ts';
import { newYamlFile, type YamlChange } from '../../host/yaml-file.ts';
import {
  ALWAYS_QUOTED,
  EDGE_SAMPLE,
  EDGES_INPUT_SAMPLE,
  edgeExample,
  type MeshMode,
  SAMPLE_MATRIX,
  SUPER_INPUT_SAMPLE,
  SUPER_SAMPLE,
  superExample,
} from '../../mesh/etherguard/config/index.ts';
import type { Command } from '../command.ts';
import { meshModeOf, systemKeys } from '../mesh-file.ts';

export const example: Command = {
  usage: '--mode edge|super|gencfg|solve [--cfgmode MODE]',
  summary: 'print a sample file of a mesh: static, super or p2p',
  help: {
    options: [
      ['--mode KIND', 'for whom the file is: edge, super, gencfg or solve; needed'],
      ['--cfgmode MODE', 'how edges find their ways: static, super or p2p; default: super'],
    ],
    notes: ['Keys and passwords in it are fresh.'],
    example: 'rootless42 example --mode gencfg --cfgmode super > network.yaml',
  },
  run(args) {
    const { values } = parseArgs({
      args,
      options: { mode: { type: 'string' }, cfgmode: { type: 'string' } },
    });
    process.stdout.write(sampleOf(values.mode, meshModeOf(values.cfgmode) ?? 'super'));
    return Promise.resolve(0);
  },
};

function sampleOf(kind: string | undefined, mode: MeshMode): string {
  switch (kind) {
    case 'edge':
      return yaml(EDGE_SAMPLE, edgeExample(mode, systemKeys()));
    case 'super':
      return yaml(SUPER_SAMPLE, superExample(systemKeys()));
    case 'gencfg':
      if (mode === 'super') return yaml(SUPER_INPUT_SAMPLE, []);
      // Without a matrix edges of P2P mode connect to each other wherever they can.
      if (mode === 'p2p')
        return yaml({ ...EDGES_INPUT_SAMPLE, 'Distance matrix for all nodes': '' }, []);
      return yaml(EDGES_INPUT_SAMPLE, []);
    case 'solve':
      return SAMPLE_MATRIX;
    default:
      throw new RouterError('CONFIG_TYPE', 'example needs --mode edge, super, gencfg or solve.');
  }
}

function yaml(values: unknown, changes: readonly YamlChange[]): string {
  const file = newYamlFile(values);
  file.change(changes);
  return file.text(ALWAYS_QUOTED);
}
