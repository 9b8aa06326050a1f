/**
 * `rootless42 gencfg --config FILE`: the configuration files of a whole mesh.
 *
 * Not standardized; EtherGuard's rules. Folders and templates are relative to the file. Nothing is written before
 * everything is right; folders have mode 0700, files 0600.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { RouterError } from '../../base/errors.ts';
import { writeFileAtomically } from '../../host/files.ts';
import { newYamlFile, type YamlFile } from '../../host/yaml-file.ts';
import {
  ALWAYS_QUOTED,
  distanceLines,
  EDGE_SAMPLE,
  floydWarshall,
  type GeneratedFile,
  generateEdges,
  generateSuper,
  type MeshMode,
  readEdgeConfig,
  readEdgesInput,
  readSuperConfig,
  readSuperInput,
  readTemplateCosts,
  SUPER_SAMPLE,
  tableLines,
} from '../../mesh/etherguard/config/index.ts';
import type { Command } from '../command.ts';
import { configOrThrow, meshModeOf, neededConfig, openMeshFile, systemKeys } from '../mesh-file.ts';

export const gencfg: Command = {
  usage: '--config FILE [--cfgmode static|super|p2p]',
  summary: 'generate the files of a mesh, with fresh keys',
  run(args) {
    const { values } = parseArgs({
      args,
      options: { config: { type: 'string' }, cfgmode: { type: 'string' } },
    });
    const path = neededConfig(values.config, 'gencfg');
    const file = openMeshFile(path);
    const mode = meshModeOf(values.cfgmode) ?? modeOf(file.values());
    process.stdout.write(
      mode === 'super' ? generateWithSuper(path, file) : generateWithout(path, file, mode),
    );
    return Promise.resolve(0);
  },
};

/** Which mode the input is for: one with a supernode says so, of the others nobody knows. */
function modeOf(values: unknown): MeshMode {
  const isSuper = typeof values === 'object' && values !== null && 'Super Node' in values;
  if (isSuper) return 'super';
  throw new RouterError(
    'CONFIG_TYPE',
    'The file has no "Super Node": say --cfgmode static or --cfgmode p2p.',
  );
}

function generateWithSuper(path: string, file: YamlFile): string {
  const input = configOrThrow(readSuperInput(file.values()), path, file.placeOf);
  const edgeTemplate = pathOf(path, input['ConfigTemplate for edge node']);
  const costs =
    edgeTemplate === undefined ? undefined : readTemplateCosts(openMeshFile(edgeTemplate).values());
  const files = generateSuper(input, { keys: systemKeys() }, costs);
  return write(
    path,
    input,
    files,
    edgeTemplate,
    pathOf(path, input['ConfigTemplate for super node']),
  );
}

function generateWithout(path: string, file: YamlFile, mode: 'static' | 'p2p'): string {
  const input = configOrThrow(readEdgesInput(file.values()), path, file.placeOf);
  const tools = { keys: systemKeys(), solve: floydWarshall };
  const { files, solved } = configOrThrow(generateEdges(input, mode, tools), path, file.placeOf);
  const written = write(path, input, files, pathOf(path, input['ConfigTemplate for edge node']));
  const told: string[] = [];
  if (solved !== undefined && mode === 'static')
    told.push(...tableLines(solved.solution.nextHop), '');
  for (const [heading, distances] of [
    ['Distance With Additional Cost', solved?.solution.distance],
    ['Distance Without Additional Cost', solved?.solution.distanceWithoutCost],
  ] as const) {
    told.push(heading);
    if (solved !== undefined && distances !== undefined)
      told.push(...distanceLines(solved.graph, solved.solution.nextHop, distances));
  }
  return `${told.join('\n')}\n${written}`;
}

const pathOf = (input: string, relative: string): string | undefined =>
  relative === '' ? undefined : resolve(dirname(input), relative);

/** Writes the files and returns their names, a line each. @throws RouterError before the first one is written */
function write(
  path: string,
  input: { 'Config output dir': string; 'Enable generated config overwrite': boolean },
  files: readonly GeneratedFile[],
  edgeTemplate?: string,
  superTemplate?: string,
): string {
  const folder = input['Config output dir'];
  const outputs = files.map((file) => ({
    path: resolve(dirname(path), folder, file.name),
    name: join(folder, file.name),
    text: textOf(file, file.kind === 'edge' ? edgeTemplate : superTemplate),
  }));
  const old = outputs.find((output) => existsSync(output.path));
  if (old !== undefined && !input['Enable generated config overwrite'])
    throw new RouterError(
      'MESH_FILE_EXISTS',
      `${old.path} is there already; "Enable generated config overwrite: true" would replace it, and its keys.`,
    );
  for (const output of outputs) writeFileAtomically(output.path, output.text);
  return outputs.map(({ name }) => `${name}\n`).join('');
}

/** Makes a file's text. @throws RouterError when a node would not take it, because of the template */
function textOf({ kind, changes }: GeneratedFile, template: string | undefined): string {
  const file =
    template === undefined
      ? newYamlFile(kind === 'edge' ? EDGE_SAMPLE : SUPER_SAMPLE)
      : openMeshFile(template);
  file.change(changes);
  const { findings } =
    kind === 'edge' ? readEdgeConfig(file.values()) : readSuperConfig(file.values());
  const errors = findings.filter(({ severity }) => severity === 'error');
  configOrThrow(
    errors.length === 0 ? { config: true, findings: [] } : { findings: errors },
    template ?? 'the sample',
  );
  return file.text(ALWAYS_QUOTED);
}
