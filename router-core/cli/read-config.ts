/**
 * The configuration file of the command line: read, checked, turned into a document.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import type { Finding } from '../base/errors.ts';
import { RouterError } from '../base/errors.ts';
import { type ConfigFile, readConfigFile } from '../router/config-file.ts';

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

/** Reads the values of a YAML file. @throws RouterError `CONFIG_UNREADABLE` or `CONFIG_SYNTAX` */
export function readValues(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new RouterError(
      'CONFIG_UNREADABLE',
      `${path} cannot be read: ${(error as Error).message}.`,
      { path },
      error,
    );
  }
  const document = parseDocument(text, { prettyErrors: true });
  const problem = document.errors[0];
  if (problem !== undefined)
    throw new RouterError('CONFIG_SYNTAX', `${path}: ${problem.message}`, { path });
  return valuesOf(document, path);
}

/** Expands aliases; one that leads nowhere, or far too many of them, is an error of the file. */
function valuesOf(document: ReturnType<typeof parseDocument>, path: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    throw new RouterError('CONFIG_SYNTAX', `${path}: ${error.message}.`, { path }, error);
  }
}

/** Returns one error that tells every finding, a line each. */
export function findingsError(path: string, findings: readonly Finding[]): RouterError {
  const errors = findings.filter((finding) => finding.severity === 'error');
  const lines = errors.map(({ code, path: place, message, hint }) => {
    // Most sentences begin with the place.
    const where = place === '' || message.startsWith(place) ? '' : `${place}: `;
    return `${where}${message}${hint === undefined ? '' : ` ${hint}`} (${code})`;
  });
  const code = errors[0]?.code ?? 'CONFIG_TYPE';
  return new RouterError(
    /^(CONFIG|POLICY)/.test(code) ? code : 'CONFIG_TYPE',
    `${path}: ${lines.join(`\n  ${path}: `)}`,
    { path },
  );
}
