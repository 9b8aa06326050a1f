/**
 * Our router in a host, as an ordinary user without a single capability.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import type { Snapshot } from '../../router-core/index.ts';
import type { Host, Lab } from './network.ts';
import { Daemon, eventually, must, run } from './process.ts';

const ROOT = resolve(import.meta.dirname, '../..');
/** nobody, nogroup, no new privileges, an empty bounding set. */
export const AS_NOBODY = [
  'setpriv',
  '--reuid',
  'nobody',
  '--regid',
  'nogroup',
  '--clear-groups',
  '--no-new-privs',
  '--inh-caps=-all',
  '--bounding-set=-all',
];

export class OurRouter {
  readonly daemon: Daemon;
  readonly folder: string;
  private readonly host: Host;

  constructor(host: Host, daemon: Daemon, folder: string) {
    this.host = host;
    this.daemon = daemon;
    this.folder = folder;
  }

  async cli(...args: string[]): Promise<string> {
    const { stdout, stderr } = await run(
      ...this.host.inside(
        'env',
        `ROOTLESS42_DATA=${this.folder}`,
        process.execPath,
        join(ROOT, 'bin/rootless42.mjs'),
        ...args,
      ),
    );
    return stdout + stderr;
  }

  async snapshot(): Promise<Snapshot> {
    return JSON.parse(await this.cli('status', '--json')) as Snapshot;
  }

  /** Waits for a snapshot that is right. */
  reaches(
    what: string,
    isRight: (snapshot: Snapshot) => boolean,
    timeoutMs = 20_000,
  ): Promise<Snapshot> {
    return eventually(what, () => this.snapshot(), isRight, timeoutMs, 400);
  }
}

/** Starts `rootless42 node --config` in a host; `config` is the file's content as values. */
export async function startOurRouter(
  lab: Lab,
  host: Host,
  config: unknown,
  name = 'node',
): Promise<OurRouter> {
  const folder = join(lab.folder, `${name}-data`);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'node.yaml');
  writeFileSync(file, stringify(config));
  await must('chown', ['-R', 'nobody:nogroup', folder]);
  const env = { ...process.env, ROOTLESS42_DATA: folder };
  const daemon = new Daemon(
    'rootless42',
    ...host.inside(
      ...(AS_NOBODY as [string, ...string[]]),
      process.execPath,
      join(ROOT, 'bin/rootless42.mjs'),
      'node',
      '--config',
      file,
    ),
    env,
  );
  await daemon.printed(/READY/);
  return new OurRouter(host, daemon, folder);
}
