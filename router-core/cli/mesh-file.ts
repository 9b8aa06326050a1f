/**
 * Files of an EtherGuard mesh on the command line: read, judged, told with line and column.
 *
 * @module
 */
import { RouterError } from '../base/errors.ts';
import { createNativeCrypto } from '../host/native-crypto.ts';
import { systemRandom } from '../host/system-random.ts';
import { readYamlFile, type YamlFile } from '../host/yaml-file.ts';
import {
  CONFIG_OCTETS_MAX,
  type FreshKeys,
  freshKeys,
  type MeshMode,
  type Reading,
} from '../mesh/etherguard/config/index.ts';
import { createNobleCrypto } from '../router/index.ts';
import { findingLine, findingsError, type PlaceOf } from './read-config.ts';

export const openMeshFile = (path: string): YamlFile => readYamlFile(path, CONFIG_OCTETS_MAX);

/** Returns what was read of the file at `path`; warnings go to stderr. @throws RouterError that tells every error */
export function configOrThrow<T>(
  { config, findings }: Reading<T>,
  path: string,
  placeOf: PlaceOf = () => undefined,
): T {
  for (const finding of findings)
    if (finding.severity === 'warning')
      process.stderr.write(`warning: ${findingLine(path, finding, placeOf)}\n`);
  if (config === undefined) throw findingsError(path, findings, placeOf);
  return config;
}

/** Secrets from the operating system. */
export const systemKeys = (): FreshKeys =>
  freshKeys(systemRandom, createNativeCrypto(createNobleCrypto(systemRandom)));

/** Reads an option `--cfgmode`. @throws RouterError `CONFIG_TYPE` */
export function meshModeOf(word: string | undefined): MeshMode | undefined {
  if (word === undefined || word === 'static' || word === 'super' || word === 'p2p') return word;
  throw new RouterError('CONFIG_TYPE', '--cfgmode must be static, super or p2p.');
}

/** Returns the value of an option that must be there. @throws RouterError `CONFIG_UNREADABLE` */
export function neededConfig(path: string | undefined, command: string): string {
  if (path !== undefined) return path;
  throw new RouterError('CONFIG_UNREADABLE', `${command} needs --config FILE.`);
}
