/**
 * Settings from the environment, each checked where it is read.
 *
 * Not standardized; the list is in docs/architecture.md §7 and README.md.
 *
 * @module
 */
import 'server-only';
import path from 'node:path';
import {
  PACKET_PATHS,
  type PacketPath,
  parseIpAddress,
  parseIpPrefix,
  parsePacketPath,
  parseRegistrySource,
  type RegistrySource,
} from '../../router-core/index.ts';
import { DEFAULT_PORT, type RouterKind, SettingError } from './settings.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Shorter ones can be guessed by trying. */
const TOKEN_LENGTH_MIN = 16;
const SECRET_LENGTH_MIN = 16;

export function readPort(environment: Environment): number {
  const text = environment.PORT;
  if (text === undefined || text === '') return DEFAULT_PORT;
  const port = Number(text);
  if (!/^[0-9]{1,5}$/.test(text) || port < 1 || port > 65535)
    throw new SettingError(`PORT is "${text}"; give a port from 1 to 65535.`);
  return port;
}

export function readHost(environment: Environment): string {
  const host = environment.HOST;
  if (host === undefined || host === '') return '::';
  if (parseIpAddress(host) === undefined && host !== 'localhost')
    throw new SettingError(`HOST is "${host}"; give an address such as 127.0.0.1 or ::.`);
  return host;
}

export function readDataFolder(environment: Environment, rootFolder: string): string {
  return path.resolve(rootFolder, environment.ROOTLESS42_DATA || 'data');
}

export function readDatabaseUrl(environment: Environment, dataFolder: string): string {
  const url = environment.DATABASE_URL;
  if (url === undefined || url === '') return `file:${path.join(dataFolder, 'rootless42.db')}`;
  if (url.startsWith('file:') && url.length > 'file:'.length)
    return `file:${path.resolve(url.slice('file:'.length).replace(/^\/\//, ''))}`;
  if (/^postgres(ql)?:/.test(url))
    throw new SettingError(
      'DATABASE_URL names PostgreSQL, which comes with the complete portal; give file:<path>.',
    );
  throw new SettingError('DATABASE_URL is not file:<path>.');
}

/** Returns the secret of a variable; undefined when it is not set. */
export function readSecret(
  environment: Environment,
  name: 'ROOTLESS42_SECRET' | 'ROOTLESS42_OPERATOR_TOKEN',
): string | undefined {
  const value = environment[name];
  if (value === undefined || value === '') return undefined;
  const minimum = name === 'ROOTLESS42_SECRET' ? SECRET_LENGTH_MIN : TOKEN_LENGTH_MIN;
  if (value.length < minimum || !/^[\x21-\x7e]+$/.test(value))
    throw new SettingError(
      `${name} needs at least ${minimum} printable characters without spaces; \`openssl rand -hex 24\` makes one.`,
    );
  return value;
}

export function readOrigins(environment: Environment): string[] {
  return list(environment.ROOTLESS42_ORIGINS).map((text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol) || `${url.origin}` !== text)
      throw new SettingError(
        `ROOTLESS42_ORIGINS has "${text}"; give origins such as https://peer.example.net.`,
      );
    return url.origin;
  });
}

/** Checked here, used by bin/client-address.mjs, which sees requests before any handler. */
export function checkTrustedProxies(environment: Environment): void {
  for (const text of list(environment.ROOTLESS42_TRUSTED_PROXIES)) {
    if (parseIpPrefix(text) === undefined && parseIpAddress(text) === undefined)
      throw new SettingError(
        `ROOTLESS42_TRUSTED_PROXIES has "${text}"; give prefixes such as 127.0.0.1/32.`,
      );
  }
}

export function readRouterKind(environment: Environment): RouterKind {
  const text = environment.ROOTLESS42_ROUTER || 'worker';
  if (text === 'worker' || text === 'simulated') return { kind: text };
  if (text.startsWith('unix:/')) return { kind: 'unix', path: text.slice('unix:'.length) };
  throw new SettingError(
    `ROOTLESS42_ROUTER is "${text}"; give worker, simulated or unix:<absolute path>.`,
  );
}

export function readPacketPath(environment: Environment): PacketPath {
  const path = parsePacketPath(environment.ROOTLESS42_UNDERLAY);
  if (path !== undefined) return path;
  throw new SettingError(
    `ROOTLESS42_UNDERLAY is "${environment.ROOTLESS42_UNDERLAY}"; give ${PACKET_PATHS.join(', ')}.`,
  );
}

/** Reads a folder or a git URL; relative paths count from `base`. */
export function readRegistrySetting(text: string, base: string, name: string): RegistrySource {
  const source = parseRegistrySource(text, (folder) => path.resolve(base, folder));
  if (source !== undefined) return source;
  throw new SettingError(`${name} is "${text}"; give a folder, or a git URL with https or ssh.`);
}

const list = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
