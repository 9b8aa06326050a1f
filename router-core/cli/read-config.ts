/**
 * The configuration file of the command line: read, checked, turned into a document.
 *
 * @module
 */
import { dirname, resolve } from 'node:path';
import type { Finding } from '../base/errors.ts';
import { RouterError } from '../base/errors.ts';
import { readYamlValues } from '../host/yaml-file.ts';
import { type ConfigFile, readConfigFile } from '../router/config-file.ts';

/** Octets of a configuration file: a thousand peerings with every key take one million. */
const CONFIG_FILE_OCTETS_MAX = 16 * 1024 * 1024;

/** Reads a file. @throws RouterError with the first thing that is wrong; all of them stand in the message. */
export const readConfig = (path: string): ConfigFile => configOf(path, readValues(path));

/** Returns the configuration that these values of the file at `path` are. @throws RouterError likewise */
export function configOf(path: string, values: unknown): ConfigFile {
  const folder = dirname(resolve(path));
  const resolvePath = (relative: string): string => resolve(folder, relative);
  const { file, findings } = readConfigFile(values, resolvePath, readValues);
  if (file === undefined) throw findingsError(path, findings);
  return file;
}

/** Reads the values of a YAML file. @throws RouterError `CONFIG_UNREADABLE`, `CONFIG_TOO_LARGE` or `CONFIG_SYNTAX` */
export const readValues = (path: string): unknown => readYamlValues(path, CONFIG_FILE_OCTETS_MAX);

/**
 * Returns one error that tells every finding, a line each; `placeOf` knows line and column of a path.
 */
export function findingsError(
  path: string,
  findings: readonly Finding[],
  placeOf: (path: string) => string | undefined = () => undefined,
): RouterError {
  const errors = findings.filter((finding) => finding.severity === 'error');
  const lines = errors.map((finding) => `${path}: ${findingText(finding, placeOf)}`);
  const code = errors[0]?.code ?? 'CONFIG_TYPE';
  return new RouterError(
    /^(CONFIG|POLICY|MESH)/.test(code) ? code : 'CONFIG_TYPE',
    lines.join('\n  '),
    { path },
  );
}

/** Returns the sentence of a finding, with its place before it and its code after it. */
export function findingText(
  { code, path, message, hint }: Finding,
  placeOf: (path: string) => string | undefined = () => undefined,
): string {
  const place = placeOf(path);
  const at = place === undefined ? '' : `${place}: `;
  // Most sentences begin with the path.
  const where = path === '' || message.startsWith(path) ? '' : `${path}: `;
  return `${at}${where}${message}${hint === undefined ? '' : ` ${hint}`} (${code})`;
}
