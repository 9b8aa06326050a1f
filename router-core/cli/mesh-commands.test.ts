import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { RouterError } from '../base/errors.ts';
import { readYamlFile } from '../host/yaml-file.ts';
import { readEdgeConfig, readSuperConfig } from '../mesh/etherguard/config/index.ts';
import type { Command } from './command.ts';
import { example } from './commands/example.ts';
import { gencfg } from './commands/gencfg.ts';
import { solve } from './commands/solve.ts';

const FIXTURES = join(import.meta.dirname, '../mesh/etherguard/config/fixtures/gencfg');
const folder = mkdtempSync(join(tmpdir(), 'r42-mesh-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let out = '';
beforeEach(() => {
  out = '';
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      out += String(text);
      return true;
    });
});
afterEach(() => vi.restoreAllMocks());

/** What a person sees, paths within the folder shortened. */
async function run(command: Command, ...args: string[]): Promise<string> {
  try {
    await command.run(args);
  } catch (error) {
    if (!(error instanceof RouterError)) throw error;
    return `${error.code} ${error.message}`.replaceAll(`${folder}/`, '');
  }
  return out;
}

/** Writes an input into a folder of its own, changed by `edit`. */
function input(name: string, mode: string, edit = (text: string) => text): string {
  mkdirSync(join(folder, name));
  const path = join(folder, name, 'input.yaml');
  writeFileSync(path, edit(readFileSync(join(FIXTURES, mode, 'input.yaml'), 'utf8')));
  return path;
}

describe('gencfg', () => {
  test.each(['static', 'p2p', 'super'])(
    '%s prints what the original prints, in order',
    async (mode) => {
      const path = input(mode, mode);
      const printed = (await run(gencfg, '--config', path, '--cfgmode', mode)).split('\n');
      const recorded = readFileSync(join(FIXTURES, mode, 'stdout.txt'), 'utf8').split('\n');
      expect([...printed].sort()).toEqual([...recorded].sort());
      const table = printed.findIndex(
        (line) => line.startsWith('Distance') || line.startsWith('out-'),
      );
      expect(printed.slice(0, table)).toEqual(recorded.slice(0, table));
    },
  );

  test('files are the owner’s only, relative to the input wherever the program runs', async () => {
    const path = input('modes', 'super');
    await run(gencfg, '--config', path);
    const made = join(folder, 'modes/out-super');
    expect(statSync(made).mode & 0o777).toBe(0o700);
    expect(readdirSync(made)).toHaveLength(4);
    for (const name of readdirSync(made))
      expect(statSync(join(made, name)).mode & 0o777).toBe(0o600);
  });

  test('two runs share no secret', async () => {
    const path = input('twice', 'super');
    const secrets = new Set<string>();
    for (let i = 0; i < 2; i++) {
      await run(gencfg, '--config', path);
      const text = readFileSync(join(folder, 'twice/out-super/demo_super.yaml'), 'utf8');
      for (const [secret] of text.matchAll(/[\w+/]{43}=|\w{8}(?=_showstate)/g)) secrets.add(secret);
    }
    expect(secrets.size).toBe(2 * (2 + 1 + 3 + 3));
  });

  test('files that are there stay, all of them, unless told otherwise', async () => {
    const path = input('kept', 'super', (text) =>
      text.replace('overwrite: true', 'overwrite: false'),
    );
    const out = join(folder, 'kept/out-super');
    mkdirSync(out);
    writeFileSync(join(out, 'demo_super.yaml'), 'precious');
    expect(await run(gencfg, '--config', path)).toMatch(
      /^MESH_FILE_EXISTS kept\/out-super\/demo_super\.yaml is there already/,
    );
    expect(readdirSync(out)).toEqual(['demo_super.yaml']);
  });

  test('templates keep their comments and everything nobody decided; a broken one is named', async () => {
    const path = input('template', 'super', (text) =>
      text.replaceAll(/(ConfigTemplate for edge node): ""/g, '$1: mine.yaml'),
    );
    const template = join(folder, 'template/mine.yaml');
    const sample = await run(example, '--mode', 'edge');
    writeFileSync(template, sample.replace('MTU: 1404', 'MTU: 1380 # over PPPoE'));
    out = '';
    await run(gencfg, '--config', path);
    const made = join(folder, 'template/out-super');
    const text = readFileSync(join(made, 'demo_edge002.yaml'), 'utf8');
    expect(text).toContain('  MTU: 1380 # over PPPoE\n');
    expect(text).toContain('  MacAddrPrefix: "02:42:AC:10"\n');
    expect(
      readEdgeConfig(readYamlFile(join(made, 'demo_edge002.yaml'), 1e6).values()),
    ).toMatchObject({
      config: { NodeID: 2, Peers: [] },
      findings: [],
    });

    writeFileSync(template, sample.replace('DefaultTTL: 200', 'DefaultTTL: 0'));
    expect(await run(gencfg, '--config', path)).toMatch(
      /^CONFIG_TYPE template\/mine\.yaml: DefaultTTL must be a whole number from 1 to 255\./,
    );
  });

  test('errors have line and column, warnings do not stop it', async () => {
    const path = input('wrong', 'static', (text) =>
      text.replace('127.0.0.1:3002', 'nowhere').replace('  10 Inf', '  10 far'),
    );
    expect((await run(gencfg, '--config', path, '--cfgmode', 'static')).split('\n  ')).toEqual([
      'CONFIG_TYPE wrong/input.yaml:15:25: Edge Nodes.2.Endpoint(optional) must be host:port or [IPv6]:port. (ENDPOINT_SYNTAX)',
      'wrong/input.yaml:18:32: Distance matrix for all nodes is wrong in line 4: far, to node 1, is no number and not Inf. (MESH_MATRIX)',
    ]);
    const warned = input('warned', 'super', (text) => `${text}Colour: blue\n`);
    expect(await run(gencfg, '--config', warned)).toMatch(
      /^warning: .*warned\/input\.yaml:19:9: Colour is not a known key, and is ignored\. .*\(CONFIG_UNKNOWN_KEY\)\nout-super/,
    );
  });

  test('what the command line lacks is said', async () => {
    expect(await run(gencfg)).toBe('CONFIG_UNREADABLE gencfg needs --config FILE.');
    const path = input('which', 'p2p');
    expect(await run(gencfg, '--config', path)).toMatch(
      /^CONFIG_TYPE The file has no "Super Node": say --cfgmode/,
    );
    expect(await run(gencfg, '--config', path, '--cfgmode', 'ring')).toMatch(
      /^CONFIG_TYPE --cfgmode must be/,
    );
  });
});

describe('solve', () => {
  test('prints next hops, distances and every way', async () => {
    const path = join(folder, 'matrix.txt');
    writeFileSync(path, await run(example, '--mode', 'solve'));
    out = '';
    const lines = (await run(solve, '--config', path)).split('\n');
    expect(lines.slice(0, 3)).toEqual(['NextHopTable:', '  1:', '    2: 2']);
    expect(lines).toHaveLength(3 + 36 + 2 * 42 + 3 + 30 + 1);
    expect(lines.slice(-3)).toEqual(['6 -> 4\t0.500000\t[6 4]', '6 -> 5\t1.500000\t[6 4 3 5]', '']);
  });

  test('says in which line a matrix is wrong', async () => {
    const path = join(folder, 'wrong.txt');
    writeFileSync(path, 'X 1 2\n1 0 1\n2 near 0\n');
    expect(await run(solve, '--config', path)).toBe(
      'MESH_MATRIX wrong.txt: the file is wrong in line 3: near, to node 1, is no number and not Inf. (MESH_MATRIX)',
    );
    expect(await run(solve, '--config', join(folder, 'none'))).toMatch(
      /^CONFIG_UNREADABLE none cannot be read/,
    );
    expect(await run(solve)).toBe('CONFIG_UNREADABLE solve needs --config FILE.');
  });
});

describe('example', () => {
  test('an edge, a supernode: right, with keys nobody else has', async () => {
    const path = join(folder, 'sample.yaml');
    const keys = new Set<string>();
    for (const [mode, read] of [
      ['edge', readEdgeConfig],
      ['super', readSuperConfig],
      ['edge', readEdgeConfig],
    ] as const) {
      out = '';
      writeFileSync(path, await run(example, '--mode', mode));
      const { config } = read(readYamlFile(path, 1e6).values());
      expect(config).toBeDefined();
      for (const [key] of readFileSync(path, 'utf8').matchAll(/[\w+/]{43}=/g)) keys.add(key);
    }
    expect(keys.size).toBe(6 + 6 + 6);
  });

  test.each(['static', 'super', 'p2p'])(
    'an input of gencfg for mode %s, which it takes',
    async (mode) => {
      mkdirSync(join(folder, `sample-${mode}`));
      const path = join(folder, `sample-${mode}`, 'gen.yaml');
      writeFileSync(path, await run(example, '--mode', 'gencfg', '--cfgmode', mode));
      out = '';
      expect(await run(gencfg, '--config', path, '--cfgmode', mode)).toContain(
        'generated/eg_net_edge',
      );
    },
  );

  test('anything else is refused', async () => {
    expect(await run(example)).toMatch(/^CONFIG_TYPE example needs --mode/);
  });
});
