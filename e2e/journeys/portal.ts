/**
 * A portal for one file of journeys: `bin/start.mjs` on free ports, with data of its own.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { freePort } from '../../router-core/host/testing/free-port.ts';
import { Daemon, eventually } from '../lab/process.ts';

const ROOT = resolve(import.meta.dirname, '../..');
export const REGISTRY = join(ROOT, 'router-core/registry/fixtures');
export const OPERATOR_TOKEN = 'journeys-operator-token-0123456789';
const START_MS = 60_000;

type PortalOptions = {
  /** Keys of the file beside `node`; absent: no file, the set-up page asks. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly node?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Whether what the browser says about its address is believed, so that tests are many clients. */
  readonly believesForwarding?: boolean;
  /** Whether to wait for router and registry too; a node that waits for its set-up has neither. */
  readonly becomesReady?: boolean;
};

export type Portal = {
  readonly url: string;
  readonly port: number;
  readonly underlayPort: number;
  readonly folder: string;
  readonly daemon: Daemon;
  /** The one-time link of the first run. */
  readonly setupUrl: () => string;
  readonly stop: () => Promise<void>;
};

export async function startPortal(options: PortalOptions = {}): Promise<Portal> {
  const folder = mkdtempSync(join(tmpdir(), 'r42-journey-'));
  const [port, underlayPort] = [await freePort(), await freePort()];
  const daemon = startProgram({
    ...environmentOf(options, folder, underlayPort),
    PORT: String(port),
    ROOTLESS42_DATA: join(folder, 'data'),
  });
  await daemon.printed(/rootless42: http\S+\n/, START_MS);
  const url = `http://localhost:${port}`;
  if (options.config !== undefined && options.becomesReady !== false)
    await eventually(
      'ready',
      async () => (await fetch(`${url}/readyz`)).status,
      (status) => status === 200,
    );
  return {
    url,
    port,
    underlayPort,
    folder,
    daemon,
    setupUrl: () => {
      const link = /http\S+\/admin\/setup\?token=\S+/.exec(daemon.output)?.[0];
      if (link === undefined) throw new Error(`no set-up link in:\n${daemon.output}`);
      return link;
    },
    stop: async () => {
      await daemon.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** `npm start` without npm, in an environment without settings but these. */
export function startProgram(env: Readonly<Record<string, string>>): Daemon {
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(ROOTLESS42_|PORT$|HOST$|DATABASE_URL$|NODE_OPTIONS$|NODE_ENV$)/.test(name),
    ),
  );
  return new Daemon('portal', process.execPath, [join(ROOT, 'bin/start.mjs')], {
    ...clean,
    ...env,
  } as NodeJS.ProcessEnv);
}

function environmentOf(
  { config, node, env, believesForwarding = false }: PortalOptions,
  folder: string,
  underlayPort: number,
): Record<string, string> {
  return {
    ...(config === undefined
      ? {}
      : {
          ROOTLESS42_CONFIG: writeConfig(folder, {
            node: { ...nodeOf(underlayPort), ...node },
            ...config,
          }),
          ROOTLESS42_OPERATOR_TOKEN: OPERATOR_TOKEN,
        }),
    ...(believesForwarding ? { ROOTLESS42_TRUSTED_PROXIES: '127.0.0.1,::1' } : {}),
    ...env,
  };
}

/** The operator's network of the fixture registry. */
export const nodeOf = (port: number) => ({
  name: 'tokyo',
  place: 'Tokyo',
  asn: 4242426000,
  routerId: '172.21.128.1',
  addresses: ['172.21.128.1', 'fdb0:6000:100::1'],
  announce: ['172.21.128.0/27', 'fdb0:6000:100::/48'],
  linkLocal: 'fe80::6000',
  listen: { port, host: '127.0.0.1' },
  endpoint: 'node.rootless42.example',
});

export function writeConfig(folder: string, content: unknown): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'node.yaml');
  writeFileSync(file, stringify(content));
  return file;
}

/** 32 octets that are a valid public key: nobody needs the private half here. */
export function newPublicKey(): string {
  const bytes = randomBytes(32);
  bytes.writeUInt8(bytes.readUInt8(31) & 0x7f, 31);
  return bytes.toString('base64');
}
