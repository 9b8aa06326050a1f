/**
 * Runs the post script of an edge or supernode: to its end, before the background work starts.
 *
 * Not standardized; EtherGuard's `PostScript`: words as a shell splits them, and no shell. Its output goes to our
 * stderr, because stdout may carry frames. What it is told is the caller's business
 * (`scriptEnvironment` of mesh/etherguard/config): the variables are added to our own.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { RouterError } from '../../base/errors.ts';
import { splitWords } from '../../mesh/etherguard/config/index.ts';

export type ScriptRun = {
  readonly command: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Ends the script with us. */
  readonly signal?: AbortSignal;
};

/** Does nothing when there is no script. @throws RouterError MESH_SCRIPT, MESH_SCRIPT_FAILED */
export async function runPostScript({ command, environment, signal }: ScriptRun): Promise<void> {
  const split = splitWords(command);
  if ('problem' in split) throw new RouterError('MESH_SCRIPT', `PostScript ${split.problem}`);
  const [program, ...words] = split.words;
  if (program === undefined) return;
  const failure = await run(program, words, environment, signal);
  if (failure !== undefined)
    throw new RouterError('MESH_SCRIPT_FAILED', `The post script ${program} ${failure}.`);
}

/** Resolves with how it failed, or undefined. */
function run(
  program: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const script = spawn(program, words, {
      env: { ...process.env, ...environment },
      stdio: ['ignore', process.stderr.fd, process.stderr.fd],
      signal,
    });
    script.once('error', (error) => resolve(`could not be run (${error.message})`));
    script.once('close', (code, by) => {
      if (code === 0) resolve(undefined);
      else resolve(by === null ? `ended with code ${code}` : `was ended by ${by}`);
    });
  });
}
