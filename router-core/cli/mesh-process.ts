/**
 * What `edge` and `super` have in common: their options, signals, and how they end.
 *
 * Not standardized. The original's spelling of options is understood as well: `-config FILE`, `-no-uapi`, `-example`.
 *
 *   SIGTERM, SIGINT   ends it in order, exit code 0
 *   SIGHUP            reads the file again; with a mistake in it everything stays. During the start: after it
 *
 * @module
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { RouterError } from '../base/errors.ts';
import { createWasmCipher } from '../fast-path/index.ts';
import { readFastPathModule } from '../host/fast-path-module.ts';
import { ConfigSaver } from '../host/mesh/config-saver.ts';
import type { RunMeshOptions, RunningMesh } from '../host/mesh/running-mesh.ts';
import { createNativeCrypto } from '../host/native-crypto.ts';
import { findServiceManager } from '../host/services/sd-notify.ts';
import { systemRandom } from '../host/system-random.ts';
import { createNobleCrypto, type WireguardCrypto } from '../router/index.ts';
import { example } from './commands/example.ts';
import { logLine, outliveReaders } from './log-line.ts';
import { neededConfig } from './mesh-file.ts';

export const MESH_PROCESS_USAGE = '--config FILE [--no-uapi] | --example';

/** What `--help` tells of both. */
export const MESH_PROCESS_OPTIONS = [
  ['--config FILE', 'its file, as of etherguard-go v0.3.5; needed unless --example'],
  ['--no-uapi', 'no socket for `wg show`; default: one in /var/run/wireguard, or EG_UAPI_DIR'],
  ['--example', 'print a sample file with fresh keys, and end'],
] as const;
export const MESH_PROCESS_NOTES = [
  'Options are understood with one hyphen, too. Log lines go to stderr, one JSON object each; READY is one of them.',
  'SIGHUP reads the file again, SIGTERM ends it in order. Exit codes: 0 ended, 1 failed, 2 the file is wrong.',
] as const;

/** A program that ended may not be held by what the system has not given back. */
const LINGER_MS = 500;

type Start<Config> = {
  readonly name: 'edge' | 'super';
  /** @throws RouterError that tells every error */
  read(path: string): Config;
  start(
    config: Config,
    path: string,
    options: RunMeshOptions,
  ): Promise<RunningMesh<Config, unknown>>;
};

/** Runs until it ends by itself or by a signal. Returns the exit code. */
export async function runMeshProcess<Config>(
  args: string[],
  { name, read, start }: Start<Config>,
): Promise<number> {
  const { values } = parseArgs({
    args: args.map((arg) => arg.replace(/^-(?=[a-z][a-z-]+)/, '--')),
    options: {
      config: { type: 'string' },
      'no-uapi': { type: 'boolean' },
      example: { type: 'boolean' },
      cfgmode: { type: 'string' },
    },
  });
  if (values.example)
    return example.run([
      '--mode',
      name,
      ...(values.cfgmode === undefined ? [] : ['--cfgmode', values.cfgmode]),
    ]);
  const path = neededConfig(values.config, name);
  const config = read(path);
  const saver = new ConfigSaver(logLine);
  const hangup = listenForHangup();
  outliveReaders();
  const service = await findServiceManager({
    env: process.env,
    failed: ({ code, message }) => logLine('warn', message, { code }),
  });
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort());

  const running = await start(config, path, {
    crypto: fastestCrypto(),
    hasUapi: values['no-uapi'] !== true,
    environment: process.env,
    signal: stopping.signal,
    log: logLine,
    changeConfig: (changes) => saver.save(path, changes),
  }).catch((error: unknown) => {
    // What a start cannot do any more because it is not wanted any more is no failure.
    if (stopping.signal.aborted) return undefined;
    throw error;
  });
  if (running === undefined) return 0;
  if (stopping.signal.aborted) void running.stop();
  else stopping.signal.addEventListener('abort', () => void running.stop());
  logLine('info', 'READY', { command: name, ...running.about });
  service.tell({ READY: '1' });
  hangup.follow(() => {
    // What is not in the file yet would be taken back by it.
    saver.retry();
    reload(path, read, running);
  });

  const { code, message, exitCode } = await running.ended;
  saver.stop();
  service.tell({ STOPPING: '1' });
  logLine(exitCode === 0 ? 'info' : 'error', message, { code, exitCode });
  setTimeout(() => process.exit(exitCode), LINGER_MS).unref();
  return exitCode;
}

/** Those that came before anybody follows count as one; without a listener the first would end the process. */
function listenForHangup(): { follow(reload: () => void): void } {
  let isMissed = false;
  let heard = (): void => {
    isMissed = true;
  };
  process.on('SIGHUP', () => heard());
  return {
    follow(reload) {
      heard = reload;
      if (isMissed) reload();
    },
  };
}

function reload<Config>(
  path: string,
  read: (path: string) => Config,
  running: RunningMesh<Config, unknown>,
): void {
  try {
    running.configure(read(path));
    logLine('info', 'the configuration was read again', {});
  } catch (error) {
    if (!(error instanceof RouterError)) throw error;
    logLine('error', `the configuration stays as it is: ${error.message}`, { code: error.code });
  }
}

/** The cipher of WebAssembly where it runs, node:crypto elsewhere. */
function fastestCrypto(): WireguardCrypto {
  const fastPath = readFastPathModule(join(import.meta.dirname, 'fast-path.wasm'));
  if (fastPath.kind === 'missing')
    logLine('warn', 'frames are sealed and opened by node:crypto, several times slower', {
      reason: fastPath.reason,
    });
  return createNativeCrypto(
    createNobleCrypto(systemRandom),
    fastPath.kind === 'module' ? createWasmCipher(fastPath.module) : undefined,
  );
}
