/**
 * `rootless42 node --config FILE`: the router headless, with the peerings of the file.
 *
 * Prints one line containing READY when it forwards; ends in order on SIGTERM and SIGINT.
 *
 * @module
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { toBase64 } from '../../base/bytes.ts';
import { RouterError } from '../../base/errors.ts';
import { readOrMakeNodeKey } from '../../host/node-key.ts';
import { startRegistryRefresh } from '../../host/registry-refresh.ts';
import { startRouterSupervisor } from '../../host/supervisor.ts';
import { type ConfigFile, documentOfFile, parseRegistrySource } from '../../router/config-file.ts';
import type { ApplyReport, ApplyReportLine } from '../../router/types.ts';
import type { Command } from '../command.ts';
import { logLine, outliveReaders } from '../log-line.ts';
import { packetPathOfEnvironment } from '../packet-path.ts';
import { findingsError, readConfig } from '../read-config.ts';
import { VERSION } from '../version.ts';

export const node: Command = {
  usage: '--config FILE [--data FOLDER]',
  summary: 'the router without portal',
  async run(args) {
    const { values } = parseArgs({
      args,
      options: { config: { type: 'string' }, data: { type: 'string' } },
    });
    const path = values.config ?? process.env.ROOTLESS42_CONFIG;
    if (path === undefined) throw new RouterError('CONFIG_UNREADABLE', 'node needs --config FILE.');
    const file = withRegistryOfEnvironment(readConfig(path));
    const publicKey = toBase64(readOrMakeNodeKey(file.node.privateKeyFile).publicKey);
    const { config, findings } = documentOfFile(file, publicKey);
    if (config === undefined) throw findingsError(path, findings);
    for (const warning of findings)
      logLine('warn', warning.message, { code: warning.code, path: warning.path });
    const dataFolder = resolve(values.data ?? process.env.ROOTLESS42_DATA ?? 'data');
    makeFolder(dataFolder);

    const folder = import.meta.dirname;
    outliveReaders();
    const supervisor = startRouterSupervisor({
      dataFolder,
      version: VERSION,
      workerFile: join(folder, 'worker.js'),
      underlay: packetPathOfEnvironment(),
      log: logLine,
    });
    const stopped = new Promise<number>((done) => {
      const stop = (): void => {
        supervisor.stop('the node is being stopped').then(() => done(0));
      };
      process.once('SIGTERM', stop);
      process.once('SIGINT', stop);
    });
    const report = await supervisor.client
      .call('apply', { config }, 20_000)
      .catch(async (error: unknown) => {
        if (supervisor.state === 'stopped') return undefined;
        // Whoever started us sees that it failed, and starts us again or not.
        await supervisor.stop('the start failed');
        throw error;
      });
    if (report === undefined) return stopped;
    const socketFailure = logFailures(report).find((line) => line.entity === 'socket');
    if (socketFailure !== undefined) {
      await supervisor.stop('a port cannot be opened');
      throw new RouterError(
        'SOCKET_FAILED',
        socketFailure.message ?? 'A UDP port cannot be opened.',
      );
    }
    if (config.registry !== undefined) {
      startRegistryRefresh({
        source: config.registry,
        dataFolder,
        workerFile: join(folder, 'registry-worker.js'),
        client: supervisor.client,
        log: logLine,
      });
    }
    process.on('SIGHUP', () => void reload());
    process.stdout.write(
      `READY ${config.node.name}: AS${config.node.asn}, UDP port ${config.node.listen.port}, ${config.peerings.length} peerings, public key ${publicKey}\n`,
    );
    return stopped;

    /** Reads the file again and applies what changed; with a mistake in it everything stays. */
    async function reload(): Promise<void> {
      try {
        const changed = documentOfFile(
          withRegistryOfEnvironment(readConfig(path as string)),
          publicKey,
        );
        if (changed.config === undefined) throw findingsError(path as string, changed.findings);
        const report = await supervisor.client.call('apply', { config: changed.config }, 20_000);
        const failed = logFailures(report).length;
        const count = (outcome: string): number =>
          report.lines.filter((line) => line.outcome === outcome).length;
        logLine('info', 'the configuration was read again', {
          applied: count('applied'),
          removing: count('removing'),
          failed,
        });
      } catch (error) {
        if (!(error instanceof RouterError)) throw error;
        logLine('error', `the configuration stays as it is: ${error.message}`, {
          code: error.code,
        });
      }
    }
  },
};

/** The environment wins over the file. @throws RouterError when it names no folder and no git URL */
function withRegistryOfEnvironment(file: ConfigFile): ConfigFile {
  const text = process.env.ROOTLESS42_REGISTRY;
  if (text === undefined || text === '') return file;
  const registry = parseRegistrySource(text, (folder) => resolve(folder));
  if (registry !== undefined) return { ...file, registry };
  throw new RouterError(
    'SETTING_INVALID',
    `ROOTLESS42_REGISTRY is "${text}"; give a folder, or a git URL with https or ssh.`,
  );
}

/** Says what of a document failed, and returns it. */
function logFailures({ lines }: ApplyReport): readonly ApplyReportLine[] {
  const failed = lines.filter((line) => line.outcome === 'failed');
  for (const { message = 'failed', code, id: entity, path } of failed)
    logLine('error', message, { code, entity, path });
  return failed;
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new RouterError(
      'SETTING_INVALID',
      `The data folder ${path} cannot be made: ${(error as Error).message}. Set ROOTLESS42_DATA.`,
      {},
      error,
    );
  }
}
