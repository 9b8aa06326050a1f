/**
 * What `edge` and `super` say before they run: options in both spellings, samples, mistakes.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parseYamlFile } from '../host/yaml-file.ts';
import { readEdgeConfig, readSuperConfig } from '../mesh/etherguard/config/index.ts';
import type { Command } from './command.ts';
import { edge } from './commands/edge.ts';
import { supernode } from './commands/super.ts';

const folder = mkdtempSync(join(tmpdir(), 'r42-mesh-process-'));
afterAll(() => rmSync(folder, { recursive: true }));

let out = '';
beforeEach(() => {
  out = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

test.each([
  ['edge', edge, ['-example']],
  ['edge', edge, ['--example', '-cfgmode', 'p2p']],
  ['super', supernode, ['-example']],
] as const)('%s prints a sample that it would run with', async (name, command, args) => {
  expect(await command.run([...args])).toBe(0);
  const values = parseYamlFile(out, 'sample').values();
  const { config } = name === 'edge' ? readEdgeConfig(values) : readSuperConfig(values);
  expect(config).toBeDefined();
});

test.each<[string, Command, string[]]>([
  ['no file', edge, []],
  ['no file, the original’s spelling', supernode, ['-no-uapi']],
])('%s is said so', async (_, command, args) => {
  await expect(command.run(args)).rejects.toMatchObject({ code: 'CONFIG_UNREADABLE' });
});

test('an option nobody knows is none', async () => {
  await expect(edge.run(['-bind', 'linux'])).rejects.toMatchObject({
    code: 'ERR_PARSE_ARGS_UNKNOWN_OPTION',
  });
});

test('every mistake of the file is told with its place', async () => {
  const path = join(folder, 'edge.yaml');
  writeFileSync(path, 'NodeID: 70000\nInterface:\n  IType: tun\n');
  const failed = edge.run(['-config', path]);
  await expect(failed).rejects.toMatchObject({ details: { path } });
  await expect(failed).rejects.toThrow(`${path}:1:9: NodeID`);
  await expect(failed).rejects.toThrow(`${path}:3:10: Interface.IType`);
});
