/**
 * Our router in a host, as an ordinary user without a single capability.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { connectToNode } from '../../router-core/cli/running-node.ts';
import type { Snapshot } from '../../router-core/index.ts';
import type { Host, Lab } from './network.ts';
import { Daemon, eventually, must, run } from './process.ts';

const ROOT = resolve(import.meta.dirname, '../..');
/** nobody, nogroup, no new privileges, an empty bounding set. */
const AS_NOBODY = [
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

/**
 * Returns the command line that runs one of `bin/` in a host as nobody, who may not be able to reach
 * this checkout where it lies (below /root, say): then it sees it at a place of the lab's, mounted
 * in the mount namespace that `ip netns exec` makes and that ends with the program.
 */
export async function asNobody(
  lab: Lab,
  host: Host,
  script: string,
  ...args: string[]
): Promise<[string, string[]]> {
  const [program, ...options] = AS_NOBODY as [string, ...string[]];
  const { code } = await run(program, [
    ...options,
    'test',
    '-r',
    join(ROOT, script),
    '-a',
    '-x',
    process.execPath,
  ]);
  if (code === 0)
    return host.inside(program, ...options, process.execPath, join(ROOT, script), ...args);
  const place = join(lab.folder, 'checkout');
  mkdirSync(place, { recursive: true });
  const quoted = [...AS_NOBODY, process.execPath, join(place, script), ...args]
    .map((word) => `'${word}'`)
    .join(' ');
  return host.inside('sh', '-c', `mount --bind '${ROOT}' '${place}' && exec ${quoted}`);
}

const configFile = (folder: string): string => join(folder, 'node.yaml');

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

  /** What `status --json` prints, without a process for each look. @throws when no node answers */
  async snapshot(): Promise<Snapshot> {
    const client = await connectToNode(this.folder);
    try {
      return await client.call('snapshot', {});
    } finally {
      await client.close();
    }
  }

  /** Gives it another file, which it reads at once. */
  reload(config: unknown): void {
    writeFileSync(configFile(this.folder), stringify(config));
    process.kill(this.daemon.pid, 'SIGHUP');
  }

  /** Its WireGuard key, as it says when it is ready. */
  get publicKey(): string {
    return /READY .* public key (\S+)/.exec(this.daemon.output)?.[1] ?? '';
  }

  /** Waits for a snapshot that is right. */
  reaches(
    what: string,
    isRight: (snapshot: Snapshot) => boolean,
    timeoutMs = 20_000,
  ): Promise<Snapshot> {
    return eventually(what, () => this.snapshot(), isRight, timeoutMs, 100);
  }
}

/** Starts `rootless42 node --config` in a host; `config` is the file's content, `script` in this checkout. */
export async function startOurRouter(
  lab: Lab,
  host: Host,
  config: unknown,
  name = 'node',
  environment: Readonly<Record<string, string>> = {},
  script = 'bin/rootless42.mjs',
): Promise<OurRouter> {
  const folder = join(lab.folder, `${name}-data`);
  mkdirSync(folder, { recursive: true });
  const file = configFile(folder);
  writeFileSync(file, stringify(config));
  await must('chown', ['-R', 'nobody:nogroup', folder]);
  const env = { ...process.env, ...environment, ROOTLESS42_DATA: folder };
  const daemon = new Daemon(
    'rootless42',
    ...(await asNobody(lab, host, script, 'node', '--config', file)),
    env,
  );
  await daemon.printed(/READY .*\n/);
  return new OurRouter(host, daemon, folder);
}
