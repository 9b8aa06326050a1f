/**
 * The configuration file of the command line: read, checked, turned into a document.
 *
 * @module
 */
import { dirname, resolve } from 'node:path';
import type { Finding } from '../base/errors.ts';
import { RouterError } from '../base/errors.ts';
import { readYamlFile, readYamlValues } from '../host/yaml-file.ts';
import { type ConfigFile, readConfigFile } from '../router/config-file.ts';

/** Octets of a configuration file: a thousand peerings with every key take one million. */
const CONFIG_FILE_OCTETS_MAX = 16 * 1024 * 1024;

/** Reads a file. @throws RouterError with the first thing that is wrong; all of them stand in the message. */
export const readConfig = (path: string): ConfigFile => configOf(path, readValues(path));

/** Returns the configuration that these values of the file at `path` are. @throws RouterError likewise */
export function configOf(path: string, values: unknown): ConfigFile {
  const folder = dirname(resolve(path));
  const resolvePath = (relative: string): string => resolve(folder, relative);
  const { file, findings } = readConfigFile(values, resolvePath, readValues, readTexts);
  if (file === undefined) throw findingsError(path, findings);
  return file;
}

/** Reads the values of a YAML file. @throws RouterError `CONFIG_UNREADABLE`, `CONFIG_TOO_LARGE` or `CONFIG_SYNTAX` */
export const readValues = (path: string): unknown => readYamlValues(path, CONFIG_FILE_OCTETS_MAX);

/** Reads one of EtherGuard's files. @throws RouterError likewise */
const readTexts = (path: string): unknown => readYamlFile(path, CONFIG_FILE_OCTETS_MAX).values();

/** Line and column of a path in a file, where they are known. */
export type PlaceOf = (path: string) => string | undefined;

/** Returns one error that tells every finding, a line each. */
export function findingsError(
  path: string,
  findings: readonly Finding[],
  placeOf: PlaceOf = () => undefined,
): RouterError {
  const errors = findings.filter((finding) => finding.severity === 'error');
  const lines = errors.map((finding) => findingLine(path, finding, placeOf));
  const code = errors[0]?.code ?? 'CONFIG_TYPE';
  return new RouterError(
    /^(CONFIG|POLICY|MESH)/.test(code) ? code : 'CONFIG_TYPE',
    lines.join('\n  '),
    { path },
  );
}

/** Returns `file:line:column: sentence (CODE)`. */
export function findingLine(
  file: string,
  { code, path, message, hint }: Finding,
  placeOf: PlaceOf,
): string {
  const place = placeOf(path);
  const at = place === undefined ? file : `${file}:${place}`;
  // Most sentences begin with the path.
  const where = path === '' || message.startsWith(path) ? '' : `${path}: `;
  return `${at}: ${where}${message}${hint === undefined ? '' : ` ${hint}`} (${code})`;
}
