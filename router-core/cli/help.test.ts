/** What is told of a command: by `--help`, and when it failed. */
import { describe, expect, test } from 'vitest';
import { RouterError } from '../base/errors.ts';
import type { Command } from './command.ts';
import { edge } from './commands/edge.ts';
import { example } from './commands/example.ts';
import { gencfg } from './commands/gencfg.ts';
import { solve } from './commands/solve.ts';
import { supernode } from './commands/super.ts';
import { failureOf } from './failure.ts';
import { asksForHelp, helpOf } from './help.ts';
import { findingsError } from './read-config.ts';

const MESH_COMMANDS = Object.entries<Command>({ edge, super: supernode, solve, gencfg, example });

test.each(MESH_COMMANDS)('the help of %s has usage, options and an example', (name, command) => {
  const help = helpOf(name, command);
  expect(help).toMatch(new RegExp(`^usage: rootless42 ${name} --`));
  expect(help).toMatch(/\noptions:\n {2}--/);
  expect(help).toMatch(new RegExp(`\nexample:\n {2}rootless42 ${name} --.*\n$`));
  for (const line of help.split('\n')) expect(line.length).toBeLessThanOrEqual(120);
});

test.each(MESH_COMMANDS)('the help of %s tells every option of its usage', (name, command) => {
  const help = helpOf(name, command);
  for (const [option] of command.usage.matchAll(/--[a-z-]+/g))
    expect(help).toContain(`\n  ${option}`);
});

test('the help of a command without more to say is its usage', () => {
  const command: Command = { usage: '[--json]', summary: 'what runs', run: async () => 0 };
  expect(helpOf('status', command)).toBe('usage: rootless42 status [--json]\n\nWhat runs.\n');
});

test.each([
  [['--help'], true],
  [['--config', 'x', '-h'], true],
  [['-help'], true],
  [['ping', '--', '--help'], false],
  [['--helper'], false],
  [[], false],
])('%j asks for help: %s', (args, asks) => {
  expect(asksForHelp(args)).toBe(asks);
});

describe('a failure', () => {
  test('of a file has the code of each finding, and none twice', () => {
    const error = findingsError('edge.yaml', [
      { code: 'CONFIG_TYPE', severity: 'error', path: 'NodeID', message: 'NodeID must be less.' },
      { code: 'ENDPOINT_SYNTAX', severity: 'error', path: 'EndPoint', message: 'It is none.' },
    ]);
    expect(failureOf(error, 'edge')).toEqual({
      text: 'rootless42: edge.yaml: NodeID must be less. (CONFIG_TYPE)\n  edge.yaml: EndPoint: It is none. (ENDPOINT_SYNTAX)\n',
      exitCode: 2,
    });
  });

  test('with a sentence only has its code behind it', () => {
    expect(failureOf(new RouterError('ROUTER_AWAY', 'Nobody (yet) answers.'), 'status')).toEqual({
      text: 'rootless42: Nobody (yet) answers. (ROUTER_AWAY)\n',
      exitCode: 1,
    });
  });

  test.each([
    ['CONFIG_UNREADABLE', 2],
    ['MESH_ADDRESS', 2],
    ['MESH_SCRIPT', 2],
    ['MESH_SCRIPT_FAILED', 1],
    ['MESH_FILE_EXISTS', 1],
    ['MESH_SOCKET', 1],
    ['SOCKET_FAILED', 1],
    ['INTERFACE_FAILED', 1],
  ] as const)(
    'of the code %s ends with %i: 2 is what another start cannot mend',
    (code, exitCode) => {
      expect(failureOf(new RouterError(code, 'A sentence.'), 'edge')?.exitCode).toBe(exitCode);
    },
  );

  test('of the command line says where the options are', async () => {
    const error: unknown = await edge.run(['--nothing']).catch((thrown: unknown) => thrown);
    expect(failureOf(error, 'edge')?.text).toMatch(
      /'--nothing'.*\nrootless42 edge --help has the options\.\n$/,
    );
    expect(failureOf(new TypeError('a fault of ours'), 'edge')).toBeUndefined();
  });
});
