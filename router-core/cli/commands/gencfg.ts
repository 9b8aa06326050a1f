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
import { fileError } from '../octet-file.ts';
import { findingsError } from '../read-config.ts';

export const gencfg: Command = {
  usage: '--config FILE [--cfgmode static|super|p2p]',
  summary: 'generate the files of a mesh, with fresh keys',
  help: {
    options: [
      ['--config FILE', 'what the network shall be; needed'],
      ['--cfgmode MODE', 'static, super or p2p; default: super when the file has a "Super Node"'],
    ],
    notes: [
      'Files are written into "Config output dir", relative to FILE; the folder has mode 0700, files 0600.',
      '`rootless42 example --mode gencfg --cfgmode MODE` prints a file to begin with.',
    ],
    example: 'rootless42 gencfg --config network.yaml --cfgmode super',
  },
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
  const superTemplate = pathOf(path, input['ConfigTemplate for super node']);
  const costs =
    edgeTemplate === undefined ? undefined : readTemplateCosts(openMeshFile(edgeTemplate).values());
  const files = generateSuper(input, systemKeys(), costs);
  return write(path, input, files, {
    ...(edgeTemplate === undefined ? {} : { edge: edgeTemplate }),
    ...(superTemplate === undefined ? {} : { super: superTemplate }),
  });
}

function generateWithout(path: string, file: YamlFile, mode: 'static' | 'p2p'): string {
  const input = configOrThrow(readEdgesInput(file.values()), path, file.placeOf);
  const { files, solved } = configOrThrow(
    generateEdges(input, mode, systemKeys()),
    path,
    file.placeOf,
  );
  const edgeTemplate = pathOf(path, input['ConfigTemplate for edge node']);
  const written = write(
    path,
    input,
    files,
    edgeTemplate === undefined ? {} : { edge: edgeTemplate },
  );
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
  templates: Readonly<Partial<Record<GeneratedFile['kind'], string>>>,
): string {
  const folder = input['Config output dir'];
  const outputs = files.map((file) => ({
    ...file,
    path: resolve(dirname(path), folder, file.name),
  }));
  const old = outputs.find((output) => existsSync(output.path));
  if (old !== undefined && !input['Enable generated config overwrite'])
    throw new RouterError(
      'MESH_FILE_EXISTS',
      `${old.path} is there already; "Enable generated config overwrite: true" would replace it, and its keys.`,
    );
  // Files of a kind differ in names, keys and peers only: what a template spoils, it spoils in the first.
  for (const kind of ['edge', 'super'] as const) {
    const first = files.find((file) => file.kind === kind);
    if (first !== undefined)
      checkTemplate(documentOf(first, templates[kind]), kind, templates[kind]);
  }
  for (const output of outputs) {
    const text = documentOf(output, templates[output.kind]).text(ALWAYS_QUOTED);
    try {
      writeFileAtomically(output.path, text);
    } catch (error) {
      throw fileError(output.path, 'written', error as Error);
    }
  }
  return files.map(({ name }) => `${join(folder, name)}\n`).join('');
}

function documentOf({ kind, changes }: GeneratedFile, template: string | undefined): YamlFile {
  const sample = kind === 'edge' ? EDGE_SAMPLE : SUPER_SAMPLE;
  const file = template === undefined ? newYamlFile(sample) : openMeshFile(template);
  file.change(changes);
  return file;
}

/** @throws RouterError when a node would not take the file, because of its template */
function checkTemplate(file: YamlFile, kind: GeneratedFile['kind'], template = 'the sample'): void {
  const values = file.values();
  const { findings } = kind === 'edge' ? readEdgeConfig(values) : readSuperConfig(values);
  if (findings.some(({ severity }) => severity === 'error'))
    throw findingsError(template, findings);
}
