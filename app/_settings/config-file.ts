/**
 * The YAML file as the portal reads it: text to values; keys and defaults are router-core's.
 *
 * Not standardized; docs/architecture.md §7 (keys of the file). Headless nodes read the same file
 * by the same rules. Paths in it are relative to it; unknown keys are errors.
 *
 * @module
 */
import 'server-only';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type ConfigFile, type Finding, readConfigFile } from '../../router-core/index.ts';
import { type LoadedConfigFile, SettingError } from './settings.ts';
import { readYaml, readYamlTexts } from './yaml.ts';

/** @throws SettingError naming the file and the first thing wrong in it. */
export function loadConfigFile(file: string): LoadedConfigFile {
  const where = path.resolve(file);
  return parseConfigFile(readText(where), where);
}

function readText(where: string): string {
  try {
    return readFileSync(where, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    throw new SettingError(`ROOTLESS42_CONFIG: ${where} cannot be read (${code}).`);
  }
}

/** Reads the text of a file that lies at `where`. */
export function parseConfigFile(text: string, where: string): LoadedConfigFile {
  const value = parseYaml(text, where);
  const base = path.dirname(where);
  const { file, findings } = readConfigFile(
    value,
    (relative) => path.resolve(base, relative),
    (other) => parseYaml(readText(other), other),
    (other) => parseYaml(readText(other), other, readYamlTexts),
  );
  const finding = findings[0];
  if (file === undefined || finding !== undefined)
    throw new SettingError(
      `${where}: ${finding === undefined ? 'it has no node.' : sentenceOf(finding)}`,
    );
  checkRegistry(file, where);
  const given = value as { node?: Record<string, unknown>; approval?: unknown; registry?: unknown };
  return {
    path: where,
    content: file,
    givenNodeKeys: Object.keys(given.node ?? {}),
    hasApproval: given.approval !== undefined,
    hasRegistry: file.registry !== undefined,
  };
}

function parseYaml(text: string, where: string, reader = readYaml): unknown {
  const read = reader(text);
  if ('problem' in read) throw new SettingError(`${where}: ${read.problem}`);
  return read.value;
}

/** Whoever can write the file must not make us read other files through git. */
function checkRegistry({ registry }: ConfigFile, where: string): void {
  if (registry?.kind === 'git' && !/^(https|ssh):\/\/[^\s-]\S*$/.test(registry.url))
    throw new SettingError(`${where}: registry.git must be a URL with https or ssh.`);
}

function sentenceOf({ path: key, message, hint }: Finding): string {
  const named = key === '' || message.includes(key) ? message : `${key}: ${message}`;
  return hint === undefined ? named : `${named} ${hint}`;
}
