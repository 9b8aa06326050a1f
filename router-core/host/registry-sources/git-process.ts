/**
 * Runs `git`, fenced in: no hooks, no configuration but ours, https and ssh only, limits of time,
 * output and disk.
 *
 * Not standardized; docs/architecture.md §8, "Git". The options are given on each call, so that
 * nothing a repository brings along can undo them.
 *
 * Invariants
 * - No shell. Arguments of strangers stand behind `--`.
 * - The process and its helpers (ssh, git-remote-https) end with the signal.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { RouterError } from '../../base/errors.ts';
import { withoutSecrets } from './git-url.ts';
import { MAX_GIT_OUTPUT_BYTES, MEASURE_EVERY_MS } from './limits.ts';

export type GitRun = {
  readonly args: readonly string[];
  /** The repository's folder. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Bound of the repository's size while this runs. */
  readonly maxRepositoryBytes: number;
  readonly config?: readonly string[];
  readonly sshOptions?: readonly string[];
  readonly testProtocols?: readonly 'file'[];
  /** Exit codes that are answers, not failures. */
  readonly answers?: readonly number[];
};

const FENCE: readonly string[] = [
  'protocol.allow=never',
  'protocol.https.allow=always',
  'protocol.ssh.allow=always',
  'http.followRedirects=false',
  'http.lowSpeedLimit=100',
  'http.lowSpeedTime=60',
  'core.hooksPath=/dev/null',
  'core.symlinks=false',
  'core.fsmonitor=false',
  'core.attributesFile=/dev/null',
  'core.autocrlf=false',
  'submodule.recurse=false',
  'credential.helper=',
  'gc.auto=0',
  'maintenance.auto=false',
  'advice.detachedHead=false',
];
const PASSED_ENVIRONMENT = [
  'PATH',
  'HOME',
  'TMPDIR',
  'SSH_AUTH_SOCK',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'https_proxy',
  'HTTPS_PROXY',
  'no_proxy',
  'NO_PROXY',
];
const KEPT_ERROR_CHARACTERS = 2000;

/** Runs git and returns what it printed, with its exit code. */
export async function runGit(run: GitRun): Promise<{ output: string; code: number }> {
  run.signal.throwIfAborted();
  const child = spawn('git', argumentsOf(run), {
    cwd: run.folder,
    env: environmentOf(run) as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that its helpers can be ended together with it.
    detached: true,
  });
  let ended: string | undefined;
  const end = (because: string): void => {
    ended ??= because;
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // ESRCH: it has just ended by itself.
    }
  };
  const onAbort = (): void => end('it took too long or was cancelled');
  run.signal.addEventListener('abort', onAbort, { once: true });
  const measuring = setInterval(() => {
    if (repositoryBytes(run.folder) > run.maxRepositoryBytes)
      end(`the repository is larger than ${run.maxRepositoryBytes} octets`);
  }, MEASURE_EVERY_MS);

  const output: Buffer[] = [];
  let outputBytes = 0;
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => {
    outputBytes += chunk.length;
    if (outputBytes > MAX_GIT_OUTPUT_BYTES) end('git printed too much');
    else output.push(chunk);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString('utf8')).slice(-KEPT_ERROR_CHARACTERS);
  });
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exit) => resolve(exit ?? -1));
    });
    if (ended === undefined && repositoryBytes(run.folder) > run.maxRepositoryBytes)
      ended = `the repository is larger than ${run.maxRepositoryBytes} octets`;
    if (ended !== undefined) throw unavailable(ended);
    if (code !== 0 && run.answers?.includes(code) !== true)
      throw unavailable(withoutSecrets(errors.trim()) || `git ended with ${code}`);
    return { output: Buffer.concat(output).toString('utf8'), code };
  } catch (cause) {
    if (cause instanceof RouterError) throw cause;
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw unavailable(isMissing ? 'the program git is not installed' : String(cause), cause);
  } finally {
    clearInterval(measuring);
    run.signal.removeEventListener('abort', onAbort);
  }
}

/** Octets of the packs and loose files directly in the repository's object folders. */
export function repositoryBytes(folder: string): number {
  return packFiles(folder).reduce((sum, file) => sum + file.bytes, 0);
}

/** The files of the pack folder, also those still being received. */
export function packFiles(folder: string): { path: string; bytes: number }[] {
  const packs = join(folder, '.git', 'objects', 'pack');
  try {
    return readdirSync(packs).flatMap((name) => {
      const path = join(packs, name);
      const stats = statSync(path, { throwIfNoEntry: false });
      return stats === undefined ? [] : [{ path, bytes: stats.size }];
    });
  } catch {
    // There is no repository yet.
    return [];
  }
}

function argumentsOf(run: GitRun): string[] {
  const config = [
    ...FENCE,
    ...(run.testProtocols ?? []).map((name) => `protocol.${name}.allow=always`),
    ...(run.config ?? []),
  ];
  return ['--no-pager', ...config.flatMap((entry) => ['-c', entry]), ...run.args];
}

function environmentOf(run: GitRun): Record<string, string> {
  const passed = PASSED_ENVIRONMENT.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const sshOptions = ['BatchMode=yes', 'ConnectTimeout=20', ...(run.sshOptions ?? [])];
  return {
    ...Object.fromEntries(passed),
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '/bin/false',
    GIT_CEILING_DIRECTORIES: join(run.folder, '..'),
    // Read by a shell of git's own: constants, literal addresses and checked host names only.
    GIT_SSH_COMMAND: `ssh ${sshOptions.map((option) => `-o ${option}`).join(' ')}`,
  };
}

const unavailable = (why: string, cause?: unknown): RouterError =>
  new RouterError(
    'REGISTRY_UNAVAILABLE',
    `The registry could not be fetched: ${why}.`,
    { path: 'registry.git' },
    cause,
  );
