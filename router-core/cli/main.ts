/**
 * The command line: one file per command in commands/.
 *
 * Not standardized; docs/architecture.md §12.
 *
 * Exit codes: 0 done, 1 failed, 2 the command line or a setting is wrong.
 *
 * @module
 */
import type { Command } from './command.ts';
import { capture } from './commands/capture.ts';
import { check } from './commands/check.ts';
import { edge } from './commands/edge.ts';
import { example } from './commands/example.ts';
import { gencfg } from './commands/gencfg.ts';
import { keys } from './commands/keys.ts';
import { lg } from './commands/lg.ts';
import { mesh } from './commands/mesh.ts';
import { mrt } from './commands/mrt.ts';
import { node } from './commands/node.ts';
import { policy } from './commands/policy.ts';
import { solve } from './commands/solve.ts';
import { status } from './commands/status.ts';
import { supernode } from './commands/super.ts';
import { failureOf } from './failure.ts';
import { asksForHelp, helpOf } from './help.ts';

const COMMANDS: Readonly<Record<string, Command>> = {
  node,
  status,
  lg,
  policy,
  capture,
  mrt,
  keys,
  mesh,
  check,
  edge,
  super: supernode,
  gencfg,
  solve,
  example,
};

const HELP = `rootless42 <command> [options]

${Object.entries(COMMANDS)
  .map(([name, command]) => `  ${`${name} ${command.usage}`.padEnd(44)} ${command.summary}`)
  .join('\n')}
  ${'serve'.padEnd(44)} portal and router (what \`npm start\` runs)

One command: rootless42 <command> --help. The portal and all settings: README.md
`;

async function main([name, ...args]: string[]): Promise<number> {
  const [about] = args;
  if (name === 'help' && about !== undefined) return main([about, '--help']);
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    process.stdout.write(HELP);
    return name === undefined ? 2 : 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    process.stderr.write(`rootless42: no command ${JSON.stringify(name)}\n\n${HELP}`);
    return 2;
  }
  if (asksForHelp(args)) {
    process.stdout.write(helpOf(name, command));
    return 0;
  }
  return command.run(args);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const failure = failureOf(error, process.argv[2] ?? '');
  if (failure === undefined) throw error;
  process.stderr.write(failure.text);
  process.exitCode = failure.exitCode;
}
