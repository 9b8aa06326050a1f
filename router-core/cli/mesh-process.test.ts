/**
 * What `edge` and `super` say before they run: options in both spellings, samples, mistakes; and signals while they start.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import { freePort } from '../host/testing/free-port.ts';
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

test('a SIGHUP while the post script runs ends nothing, and the file is read again after the start', async () => {
  const [path, begun, go] = ['super.yaml', 'begun', 'go'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  execFileSync('mkfifo', [begun, go]);
  await supernode.run(['--example']);
  const file = parseYamlFile(out, 'sample');
  const port = await freePort();
  const places = {
    ListenPort: port,
    ListenPort_EdgeAPI: port,
    ListenPort_ManageAPI: port,
    PostScript: `sh -c 'echo > ${begun}; read word < ${go}'`,
  };
  file.change(Object.entries(places).map(([key, value]) => ({ path: [key], value })));
  writeFileSync(path, file.text());

  const lines: string[] = [];
  const exited = new Promise((resolve) =>
    vi.spyOn(process, 'exit').mockImplementation((code) => resolve(code) as never),
  );
  const readAgain = new Promise<void>((resolve) =>
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      const { message } = JSON.parse(String(text));
      lines.push(message);
      if (message === 'the configuration was read again') resolve();
      return true;
    }),
  );
  const hangups = process.listeners('SIGHUP');
  const running = supernode.run(['--config', path, '--no-uapi']);
  try {
    await readFile(begun);
    // False would mean that nobody listens: the signal itself would end the process.
    const isHeard = process.emit('SIGHUP');
    expect(lines).not.toContain('READY');
    await writeFile(go, 'word\n');
    expect(isHeard).toBe(true);
    await readAgain;
    expect(lines.filter((line) => /^READY|read again/.test(line))).toEqual([
      'READY',
      'the configuration was read again',
    ]);
  } finally {
    process.emit('SIGTERM');
    expect(await running).toBe(0);
    for (const listener of process.listeners('SIGHUP'))
      if (!hangups.includes(listener)) process.off('SIGHUP', listener);
  }
  expect(await exited).toBe(0);
});
